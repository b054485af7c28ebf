"""Drawings: pictures with what they show, as `blockscope draw` writes them."""

import json
import subprocess
from pathlib import Path

import numpy as np

# What a caption can be about. `food` is 1 for dishes and 0 for all else; `sort` is a wider class, as in captions.SORTS.
FACTORS = ("kind", "colour", "count", "topping", "plate", "table", "group", "food", "sort")
NONE = -1  # the drawing has none of it: no topping, no plate


def draw(blockscope, folder, number, seed, size, group=None):
    """Let the artist draw `number` pictures into `folder`; done once for the same folder."""
    if (Path(folder) / "drawings.jsonl").exists():
        return
    command = [blockscope, "draw", "--output", folder, "--number", number, "--seed", seed, "--size", size]
    subprocess.run([str(part) for part in command + (["--group", group] if group else [])], check=True)


def load(folder):
    """The pictures, rows x size x size x 3 bytes, and a dictionary for each."""
    pictures = np.load(Path(folder) / "pictures.npy", mmap_mode="r")
    with open(Path(folder) / "drawings.jsonl", encoding="utf-8") as lines:
        facts = [json.loads(line) for line in lines]
    if len(pictures) != len(facts):
        raise ValueError(f"{folder}: {len(pictures)} pictures and {len(facts)} lines")
    return pictures, facts


class Catalogue:
    """The values that each factor takes, and the words for them."""

    def __init__(self, facts, sorts):
        self.sorts = sorts
        self.kinds = {}
        self.plurals = {}
        for fact in facts:
            self.kinds[fact["kind"]] = fact["group"]
            if fact["count"] > 1:
                self.plurals[fact["kind"]] = plural(fact)
        for kind in self.kinds:
            self.plurals.setdefault(kind, kind)
        self.values = {factor: self._values(factor, facts) for factor in FACTORS}
        self.places = {f: {value: i for i, value in enumerate(values)} for f, values in self.values.items()}

    def _values(self, factor, facts):
        if factor == "food":
            return [0, 1]
        if factor == "count":
            return [1, 2, 3, 4, 5]
        return sorted({value for fact in facts if (value := self.value(fact, factor)) is not None})

    def value(self, fact, factor):
        if factor == "food":
            return int(fact["group"] == "food")
        if factor == "sort":
            return self.sorts.get(fact["kind"])
        return fact[factor]

    def codes(self, facts):
        """A row a drawing, a column a factor: the place of its value, or NONE."""
        rows = [[self.places[f].get(self.value(fact, f), NONE) for f in FACTORS] for fact in facts]
        return np.array(rows, dtype=np.int16)

    def dishes(self):
        return [kind for kind in self.values["kind"] if self.kinds[kind] == "food"]

    def state(self):
        return {"sorts": self.sorts, "kinds": self.kinds, "plurals": self.plurals, "values": self.values}

    @classmethod
    def restore(cls, state):
        self = cls([], state["sorts"])
        self.kinds, self.plurals, self.values = state["kinds"], state["plurals"], state["values"]
        self.places = {f: {value: i for i, value in enumerate(values)} for f, values in self.values.items()}
        return self


def plural(fact):
    """ "ice creams", out of "a drawing of two pink ice creams with ...": the caption alone holds the plural."""
    words = fact["caption"].split(f" {fact['colour']} ", 1)[1]
    ends = [f" with {fact['topping']}", f" on a {fact['plate']}", f" in a {fact['plate']}", f", {fact['table']}"]
    ends += [f", on a {fact['table']} table", f" {fact['table']}"]
    return min((words.split(end, 1)[0] for end in ends), key=len)
