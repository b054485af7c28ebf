"""The same pictures through the same model with Python's onnxruntime and Pillow, for `cargo bench --bench embedding`."""

import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

folder = Path(sys.argv[1])
session = onnxruntime.InferenceSession(str(folder / "vit/model.onnx"), providers=["CPUExecutionProvider"])
mean = np.array([0.48145466, 0.4578275, 0.40821073], dtype=np.float32)
std = np.array([0.26862954, 0.26130258, 0.27577711], dtype=np.float32)


def vector(path):
    picture = Image.open(path).convert("RGB")
    scale = 224 / min(picture.size)
    picture = picture.resize((int(picture.width * scale), int(picture.height * scale)), Image.BICUBIC)
    left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
    pixels = np.asarray(picture.crop((left, top, left + 224, top + 224)), dtype=np.float32) / 255
    pixels = ((pixels - mean) / std).transpose(2, 0, 1)[None]
    found = session.run(None, {"pixel_values": np.ascontiguousarray(pixels)})[0][0]
    return found / np.linalg.norm(found)


def timed(path):
    began = time.perf_counter()
    vector(path)
    return (time.perf_counter() - began) * 1e3


pictures = sorted((folder / "pictures").iterdir())
[timed(p) for p in pictures]
print(f"Python {onnxruntime.__version__}: from a file to its vector {statistics.median(map(timed, pictures)):.1f} ms")
large = statistics.median(timed(folder / "large.jpg") for _ in range(5))
print(f"Python {onnxruntime.__version__}: a JPEG of 12 megapixels to its vector {large:.1f} ms", flush=True)
