"""Writes the towers as ONNX models, with the side files of CLIP's."""

import argparse
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer

from model import MEAN, SIZE, STD, Towers
from tokens import write_side_files

OPSET = 14


def export(towers, tokenizer, folder):
    """vision/ and text/ under `folder`: a model.onnx each, and what says how to feed it."""
    vision, text = folder / "vision", folder / "text"
    for part in (vision, text):
        part.mkdir(parents=True, exist_ok=True)
    towers = towers.float().eval()
    # In its plain layout, so that the exporter sees ordinary convolutions and folds the normalisation into them.
    towers.vision.to(memory_format=torch.contiguous_format)
    torch.onnx.export(
        towers.vision,
        (torch.zeros(2, 3, SIZE, SIZE),),
        str(vision / "model.onnx"),
        input_names=["pixel_values"],
        output_names=["image_embeds"],
        dynamic_axes={"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    both = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        towers.text,
        (torch.ones(2, 7, dtype=torch.int64), torch.ones(2, 7, dtype=torch.int64)),
        str(text / "model.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["text_embeds"],
        dynamic_axes={"input_ids": both, "attention_mask": both, "text_embeds": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    preprocessing = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": SIZE},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": SIZE, "width": SIZE},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": STD,
        "do_convert_rgb": True,
    }
    (vision / "preprocessor_config.json").write_text(json.dumps(preprocessing, indent=2) + "\n", encoding="utf-8")
    write_side_files(tokenizer, text, towers.text.width)


def restore(checkpoint):
    """The towers and the tokeniser of a checkpoint, and its catalogue's state."""
    state = torch.load(checkpoint, weights_only=False)
    tokenizer = Tokenizer.from_str(state["tokenizer"])
    towers = Towers(tokenizer.get_vocab_size())
    towers.load_state_dict(state["weights"])
    return towers, tokenizer, state["catalogue"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    export(*restore(options.checkpoint)[:2], options.folder)
