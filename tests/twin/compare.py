"""Compare Blockscope's training losses with the twin's, epoch by epoch.

  compare.py --twin twin.json --ours 'runs/*.json'

A file holds {"runs": [{"epochs": [...]}, ...]} or one run, {"epochs": [...]}.
Exit status: 0 all differences under the limit, 1 some at or over it, 2 unusable input.
"""

import argparse
import glob
import json
import math
import sys

KEYS = ("train_loss", "val_loss")


def read(patterns):
    runs = []
    for pattern in patterns:
        paths = sorted(glob.glob(pattern))
        if not paths:
            raise ValueError(f"{pattern}: no such file")
        for path in paths:
            with open(path) as f:
                doc = json.load(f)
            for run in doc["runs"] if "runs" in doc else [doc]:
                if not run.get("epochs"):
                    raise ValueError(f"{path}: a run without epochs")
                runs.append([[float(e[k]) for k in KEYS] for e in run["epochs"]])
    if len(runs) < 2:
        raise ValueError(f"{' '.join(patterns)}: {len(runs)} run, at least 2 are needed")
    if len({len(r) for r in runs}) != 1:
        raise ValueError(f"{' '.join(patterns)}: runs differ in their number of epochs")
    return runs


def mean_se(values):
    n = len(values)
    mean = math.fsum(values) / n
    return mean, math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1) / n)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--twin", required=True, nargs="+", metavar="FILE")
    ap.add_argument("--ours", required=True, nargs="+", metavar="GLOB")
    ap.add_argument("--limit", type=float, default=3.0, help="in standard errors")
    args = ap.parse_args()
    try:
        twin, ours = read(args.twin), read(args.ours)
        if len(twin[0]) != len(ours[0]):
            raise ValueError(f"twin has {len(twin[0])} epochs, ours {len(ours[0])}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        print(f"compare.py: {type(e).__name__}: {e}", file=sys.stderr)
        return 2
    print(f"{len(ours)} runs of ours, {len(twin)} of the twin; mean ± standard error")
    print(f"{'epoch':>5} {'loss':<10} {'ours':>19} {'twin':>19} {'difference':>10} {'in SE':>7}")
    worst, bad = 0.0, 0
    for epoch in range(len(twin[0])):
        for k, key in enumerate(KEYS):
            mo, so = mean_se([r[epoch][k] for r in ours])
            mt, st = mean_se([r[epoch][k] for r in twin])
            diff, se = mo - mt, math.hypot(so, st)
            z = diff / se if se > 0 else (0.0 if diff == 0 else math.copysign(math.inf, diff))
            ok = abs(z) < args.limit  # false for NaN
            bad += not ok
            worst = max(worst, abs(z)) if z == z else z
            print(
                f"{epoch + 1:5d} {key:<10} {mo:9.5f} ± {so:7.5f} {mt:9.5f} ± {st:7.5f}"
                f" {diff:+10.5f} {z:+7.2f}{'' if ok else '  <--'}"
            )
    print(f"largest |difference|: {worst:.2f} SE; {bad} at or over {args.limit:g}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
