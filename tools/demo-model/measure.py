"""Measures the exported models on drawings of a seed not trained on, through ONNX Runtime alone."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

import captions
import drawings
from model import MEAN, STD

COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white", "black"]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Models:
    """The two models as a program would use them."""

    def __init__(self, folder):
        self.vision = onnxruntime.InferenceSession(folder / "vision" / "model.onnx")
        self.text = onnxruntime.InferenceSession(folder / "text" / "model.onnx")
        self.tokenizer = Tokenizer.from_file(str(folder / "text" / "tokenizer.json"))

    def pictures(self, pictures):
        out = []
        for at in range(0, len(pictures), 64):
            x = np.asarray(pictures[at : at + 64], dtype=np.float32).transpose(0, 3, 1, 2) / 255
            x = (x - np.float32(MEAN)[:, None, None]) / np.float32(STD)[:, None, None]
            out.append(self.vision.run(None, {"pixel_values": x})[0])
        return unit(np.concatenate(out))

    def texts(self, texts):
        out = []
        for at in range(0, len(texts), 64):
            encoded = self.tokenizer.encode_batch(texts[at : at + 64])
            ids = np.array([e.ids for e in encoded], dtype=np.int64)
            mask = np.array([e.attention_mask for e in encoded], dtype=np.int64)
            out.append(self.text.run(None, {"input_ids": ids, "attention_mask": mask})[0])
        return unit(np.concatenate(out))


def zero_shot(models, images, facts, catalogue):
    """The share that the right prompt of a set gets, for each set of prompts."""
    food = np.array([fact["group"] == "food" for fact in facts])
    dishes, kinds = catalogue.dishes(), catalogue.values["kind"]

    def right(values, prompts, rows, wanted):
        best = (images[rows] @ models.texts(prompts).T).argmax(1)
        return np.array([values[b] == wanted(facts[row]) for b, row in zip(best, rows)])

    every, of_food, not_food = np.arange(len(facts)), np.flatnonzero(food), np.flatnonzero(~food)
    article = captions.article
    sets = {
        "dish": (dishes, [f"a drawing of {article(d)} {d}" for d in dishes], of_food, lambda f: f["kind"]),
        "dish, always 'a'": (dishes, [f"a drawing of a {d}" for d in dishes], of_food, lambda f: f["kind"]),
        "dish, plural": (dishes, [f"a drawing of {catalogue.plurals[d]}" for d in dishes], of_food, lambda f: f["kind"]),
        "any kind": (kinds, [f"a drawing of {article(k)} {k}" for k in kinds], every, lambda f: f["kind"]),
        "colour of food": (COLOURS, [f"something {c}" for c in COLOURS], of_food, lambda f: f["colour"]),
        "colour of things": (COLOURS, [f"something {c}" for c in COLOURS], not_food, lambda f: f["colour"]),
        "count of food": ([1, 2, 3, 4, 5], [f"{n} of them" for n in captions.NUMBERS], of_food, lambda f: f["count"]),
        "food or not": (
            [False, True],
            ["a drawing of a thing that is not food", "a drawing of food"],
            every,
            lambda f: f["group"] == "food",
        ),
    }
    for factor, form in (("plate", "on a {}"), ("table", "on a {} table"), ("topping", "with {}")):
        values = sorted({fact[factor] for fact in facts if fact["group"] == "food" and fact[factor] is not None})
        rows = np.array([row for row in of_food if facts[row][factor] is not None])
        sets[factor] = (values, [form.format(v) for v in values], rows, lambda f, factor=factor: f[factor])
    result, each = {}, {}
    for name, group in sets.items():
        got = right(*group)
        result[name] = got.mean()
        each[name] = (group[2], got)
    result["count with its dish"] = counted(models, images, facts, catalogue, of_food)
    return result, each


def counted(models, images, facts, catalogue, rows):
    """The count among "a drawing of three doughnuts" and its like, of the right dish."""
    good = 0
    for kind in catalogue.dishes():
        mine = [row for row in rows if facts[row]["kind"] == kind]
        names = [kind] + [catalogue.plurals[kind]] * 4
        best = (images[mine] @ models.texts([f"a drawing of {n} {k}" for n, k in zip(captions.NUMBERS, names)]).T).argmax(1)
        good += sum(int(b) + 1 == facts[row]["count"] for b, row in zip(best, mine))
    return good / len(rows)


def recall(models, images, facts, at=10):
    """How often a caption's own picture is among the first ones, of 1,000 pictures of food."""
    rows = [row for row, fact in enumerate(facts) if fact["group"] == "food"][:1000]
    scores = models.texts([facts[row]["caption"] for row in rows]) @ images[rows].T
    rank = (scores > scores.diagonal()[:, None]).sum(1)
    return (rank < at).mean(), (rank < 1).mean()


def auroc(high, low):
    """The chance that one of `high` is above one of `low`."""
    rank = np.concatenate([high, low]).argsort(kind="stable").argsort() + 1.0
    return (rank[: len(high)].sum() - len(high) * (len(high) + 1) / 2) / (len(high) * len(low))


def outliers(blockscope, train, food, things, options=()):
    """The block encoder of `train` alone: how well its confidence tells fresh food from things."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def run(*command):
            command = [blockscope, "-q", *command]
            return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout

        def confidence(name, rows):
            np.save(folder / f"{name}.npy", rows.astype(np.float32))
            outputs = folder / f"{name}.out.npy"
            run("encode", "--encoder", encoder, "--vectors", folder / f"{name}.npy", "--output", outputs)
            return np.load(outputs).reshape(len(rows), -1, 64).max(2).mean(1)

        encoder = folder / "encoder.safetensors"
        np.save(folder / "train.npy", train.astype(np.float32))
        said = run("--json", "train", "--vectors", folder / "train.npy", "--output", encoder, "--log-dir", folder, *options)
        high, low = confidence("food", food), confidence("things", things)
        return {
            "auroc": auroc(high, low),
            "food": high.mean(),
            "things": low.mean(),
            "seconds": json.loads(said)["seconds"],
        }


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", type=Path, help="folder that holds vision/ and text/")
    parser.add_argument("drawings", type=Path, help="folder of drawings not trained on")
    parser.add_argument("--blockscope", help="to try the block encoder as well")
    parser.add_argument("--encoder-options", default="", help="options of `blockscope train`")
    parser.add_argument("--each", action="store_true", help="the weakest kinds as well")
    options = parser.parse_args()
    pictures, facts = drawings.load(options.drawings)
    catalogue = drawings.Catalogue(facts, captions.SORTS)
    models = Models(options.models)
    images = models.pictures(pictures)
    scores, each = zero_shot(models, images, facts, catalogue)
    for name, score in scores.items():
        print(f"{name:24} {score:7.2%}")
    ten, one = recall(models, images, facts)
    print(f"{'caption to picture':24} recall@10 {ten:.2%}, @1 {one:.2%}")
    if options.each:
        for name in ("dish", "colour of food", "count of food", "topping"):
            rows, got = each[name]
            kinds = np.array([facts[row]["kind"] for row in rows])
            means = sorted((got[kinds == kind].mean(), kind) for kind in set(kinds))
            print(f"{name}: " + ", ".join(f"{kind} {mean:.0%}" for mean, kind in means[:8]))
    if options.blockscope:
        food = images[[fact["group"] == "food" for fact in facts]]
        things = images[[fact["group"] == "thing" for fact in facts]][:500]
        fresh = food[-500:]
        print(f"cosine of food and things: mean {(fresh @ things.T).mean():.3f}, largest {(fresh @ things.T).max():.3f}")
        print(outliers(options.blockscope, food[:-500], fresh, things, options.encoder_options.split()))


if __name__ == "__main__":
    main()
