"""NumPy twin of `train --objective compatible`, for statistical comparison.

Needs numpy and scipy. With --check it tests itself (torch is used if importable).
"""

import argparse
import json
import sys
import time

import numpy as np
from scipy import sparse

BLOCKS, SIZE = 4, 64
DROPOUT = 0.05
MIN_MARGIN = 0.1
BATCH, TRAIN_TRIPLETS, VAL_TRIPLETS = 32, 3200, 320
LR, BETA1, BETA2, ADAM_EPS = 2e-3, 0.9, 0.999, 1e-8
COS_EPS = 1e-8


class Part:
    """A similarity matrix with its vectors, ready for sampling."""

    def __init__(self, matrix, vectors):
        m = sparse.csr_matrix(matrix, dtype=np.float64)
        if m.shape[0] != m.shape[1] or m.shape[0] != len(vectors):
            raise ValueError(f"matrix is {m.shape}, vectors are {vectors.shape}")
        m.sort_indices()
        self.n = m.shape[0]
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.start = m.indptr[:-1].astype(np.int64)
        self.degree = np.diff(m.indptr).astype(np.int64)
        self.anchors = np.flatnonzero(self.degree)
        if not len(self.anchors):
            raise ValueError("no row has neighbours")
        self.col = m.indices.astype(np.int64)
        self.sim = m.data
        # Row-major keys of the stored entries, sorted, for looking up S[x, z].
        self.key = np.repeat(np.arange(self.n), self.degree) * self.n + self.col
        if np.any(np.diff(self.key) <= 0):
            raise ValueError("the matrix stores an entry twice")
        self.low = np.full(self.n, np.nan)
        self.low[self.anchors] = np.minimum.reduceat(self.sim, self.start[self.anchors])
        high = np.maximum.reduceat(self.sim, self.start[self.anchors])
        widest = np.max(high - self.low[self.anchors])
        if not widest > MIN_MARGIN:
            raise ValueError(f"no usable triplet: margins are 0 to {widest:.4f}")

    @classmethod
    def load(cls, prefix):
        vectors = np.load(prefix + "_vectors.npy")
        with open(prefix + ".json") as f:
            ids = json.load(f)
        if len(ids) != len(vectors):
            raise ValueError(f"{prefix}: {len(ids)} ids, {len(vectors)} vectors")
        return cls(sparse.load_npz(prefix + ".npz"), vectors)

    def propose(self, count, rng):
        """Kept triplets, in order, out of `count` proposals: rows (a, p, n) and margins."""
        x = self.anchors[rng.integers(len(self.anchors), size=count)]
        at = self.start[x] + rng.integers(self.degree[x])
        y, sxy = self.col[at], self.sim[at]
        z = rng.integers(self.n - 1, size=count)
        z += z >= x  # uniform over all points but x
        key = x * self.n + z
        pos = np.minimum(np.searchsorted(self.key, key), len(self.key) - 1)
        sxz = np.where(self.key[pos] == key, self.sim[pos], self.low[x])
        margin = np.abs(sxz - sxy)
        swap = sxy < sxz
        rows = np.stack([x, np.where(swap, z, y), np.where(swap, y, z)], axis=1)
        keep = margin > MIN_MARGIN
        return rows[keep], margin[keep]

    def sample(self, count, rng):
        rows, margins, have, size = [], [], 0, 2 * count
        while have < count:
            r, m = self.propose(size, rng)
            rows.append(r)
            margins.append(m)
            have += len(m)
            size = min(2 * size, 1 << 20)
        return np.concatenate(rows)[:count], np.concatenate(margins)[:count]


def softmax_blocks(x, w, b, blocks):
    z = (x @ w.T + b).reshape(len(x), blocks, -1)
    z = np.exp(z - z.max(axis=2, keepdims=True))
    return z / z.sum(axis=2, keepdims=True)


def cosine(u, v):
    """Distance, and what its gradient needs."""
    s = np.sum(u * v, axis=1, keepdims=True)
    nu = np.sqrt(np.sum(u * u, axis=1, keepdims=True))
    nv = np.sqrt(np.sum(v * v, axis=1, keepdims=True))
    q = nu * nv + u.dtype.type(COS_EPS)
    return (1 - s / q)[:, 0], (s, nu, nv, q)


def cosine_grad(u, v, saved):
    s, nu, nv, q = saved
    r = s / (q * q)
    return r * (nv / nu) * u - v / q, r * (nu / nv) * v - u / q


def losses(y, margins):
    """Loss of each triplet; rows of y: all anchors, all positives, all negatives."""
    a, p, n = np.split(y.reshape(len(y), -1), 3)
    dp, sp = cosine(a, p)
    dn, sn = cosine(a, n)
    return np.maximum(dp - dn + margins, 0), (a, p, n, sp, sn)


def loss_and_grad(x, w, b, margins, blocks):
    probs = softmax_blocks(x, w, b, blocks)
    each, (a, p, n, sp, sn) = losses(probs, margins)
    on = ((each > 0) / len(each)).astype(x.dtype)[:, None]
    gap, gp = cosine_grad(a, p, sp)
    gan, gn = cosine_grad(a, n, sn)
    dy = np.concatenate([on * (gap - gan), on * gp, -on * gn]).reshape(probs.shape)
    dz = probs * (dy - np.sum(dy * probs, axis=2, keepdims=True))
    dz = dz.reshape(len(x), -1)
    return each.mean(), dz.T @ x, dz.sum(axis=0)


class Adam:
    def __init__(self, params):
        self.params = params
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.t = 0

    def step(self, grads, lr):
        self.t += 1
        c1, c2 = 1 - BETA1**self.t, 1 - BETA2**self.t
        for p, g, m, v in zip(self.params, grads, self.m, self.v):
            m += (1 - BETA1) * (g - m)
            v *= BETA2
            v += (1 - BETA2) * g * g
            p -= (lr / c1) * m / (np.sqrt(v) / np.sqrt(c2) + ADAM_EPS)


class Plateau:
    """ReduceLROnPlateau, mode min, relative threshold."""

    def __init__(self, lr, factor=0.5, patience=5, threshold=1e-4):
        self.lr, self.factor, self.patience, self.threshold = lr, factor, patience, threshold
        self.best, self.bad = np.inf, 0

    def step(self, loss):
        if loss < self.best * (1 - self.threshold):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.bad > self.patience:
            new = self.lr * self.factor
            if self.lr - new > 1e-8:
                self.lr = new
            self.bad = 0


def train(tr, va, epochs, seed):
    """One run. `lr` of an epoch is the rate that epoch used."""
    rng = np.random.default_rng(seed)
    f = np.float32
    dim = tr.vectors.shape[1]
    bound = 1 / np.sqrt(dim)
    w = rng.uniform(-bound, bound, (BLOCKS * SIZE, dim)).astype(f)
    b = rng.uniform(-bound, bound, BLOCKS * SIZE).astype(f)
    val_rows, val_margins = va.sample(VAL_TRIPLETS, rng)
    val_x, val_margins = va.vectors[val_rows.T.ravel()], val_margins.astype(f)
    adam, plateau, log = Adam([w, b]), Plateau(LR), []
    for _ in range(epochs):
        rows, margins = tr.sample(TRAIN_TRIPLETS, rng)
        margins = margins.astype(f)
        batch_losses = []
        for i in range(0, TRAIN_TRIPLETS, BATCH):
            x = tr.vectors[rows[i : i + BATCH].T.ravel()]
            mask = rng.random(x.shape, dtype=f) >= DROPOUT
            x *= mask * f(1 / (1 - DROPOUT))
            loss, gw, gb = loss_and_grad(x, w, b, margins[i : i + BATCH], BLOCKS)
            adam.step([gw, gb], plateau.lr)
            batch_losses.append(float(loss))
        each, _ = losses(softmax_blocks(val_x, w, b, BLOCKS), val_margins)
        val_loss = float(each.mean(dtype=np.float64))
        log.append(
            {
                "train_loss": float(np.mean(batch_losses)),
                "val_loss": val_loss,
                "val_failed_triplets": int(np.sum(each > 0)),
                "lr": plateau.lr,
            }
        )
        plateau.step(val_loss)
    return log, w, b


def entropy(counts):
    p = counts[counts > 0] / counts.sum()
    return float(-np.sum(p * np.log(p)))


def nmi(a, b, size):
    """Arithmetic normalisation; 1 if both are constant."""
    joint = np.bincount(a * size + b, minlength=size * size)
    ha = entropy(np.bincount(a, minlength=size))
    hb = entropy(np.bincount(b, minlength=size))
    return 2 * (ha + hb - entropy(joint)) / (ha + hb) if ha + hb > 0 else 1.0


def code_metrics(vectors, w, b):
    """Dead share, usage perplexity / V and NMI of the winners over the given points."""
    win = softmax_blocks(vectors, w, b, BLOCKS).argmax(axis=2)
    counts = [np.bincount(win[:, k], minlength=SIZE) for k in range(BLOCKS)]
    pairs = [(i, j) for i in range(BLOCKS) for j in range(i)]
    return {
        "points": len(vectors),
        "dead": float(np.mean(np.stack(counts) == 0)),
        "perplexity": float(np.mean([np.exp(entropy(c)) / SIZE for c in counts])),
        "nmi": float(np.mean([nmi(win[:, i], win[:, j], SIZE) for i, j in pairs])),
    }


# --- self-check ---


def tiny_case(seed):
    rng = np.random.default_rng(seed)
    blocks, size, dim, n = 3, 4, 5, 8
    x = rng.normal(size=(3 * n, dim)) * (rng.random((3 * n, dim)) >= 0.2) / 0.8
    w = rng.normal(size=(blocks * size, dim)) * 0.8
    b = rng.normal(size=blocks * size) * 0.3
    y = softmax_blocks(x, w, b, blocks).reshape(3 * n, -1)
    gap = cosine(y[:n], y[n : 2 * n])[0] - cosine(y[:n], y[2 * n :])[0]
    # Half the triplets active, all well away from the hinge.
    margins = -gap + np.where(np.arange(n) % 2, 0.2, -0.2)
    return x, w, b, margins, blocks


def check_gradient():
    worst = 0.0
    for seed in range(5):
        x, w, b, margins, blocks = tiny_case(seed)
        _, gw, gb = loss_and_grad(x, w, b, margins, blocks)
        for p, g in ((w, gw), (b, gb)):
            for i in np.ndindex(p.shape):
                old, h = p[i], 1e-5
                p[i] = old + h
                up = loss_and_grad(x, w, b, margins, blocks)[0]
                p[i] = old - h
                down = loss_and_grad(x, w, b, margins, blocks)[0]
                p[i] = old
                worst = max(worst, abs((up - down) / (2 * h) - g[i]) / np.abs(g).max())
    return "gradient against finite differences", worst, 1e-7


def check_adam():
    # Textbook form, one step at a time.
    rng = np.random.default_rng(0)
    p = rng.normal(size=7)
    q, m, v, adam = p.copy(), np.zeros(7), np.zeros(7), Adam([p])
    for t in range(1, 30):
        g = rng.normal(size=7) * 10.0 ** rng.integers(-8, 2, 7)
        adam.step([g], LR)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        q = q - LR * (m / (1 - BETA1**t)) / (np.sqrt(v / (1 - BETA2**t)) + ADAM_EPS)
    return "Adam against its formula", float(np.abs(p - q).max()), 1e-12


def check_plateau():
    s = Plateau(1.0)
    s.step(1.0)
    got = []
    for _ in range(6):
        s.step(1.0 - 0.5e-4)  # better, but by less than the threshold
        got.append(s.lr)
    s.step(0.5)
    for _ in range(6):
        s.step(0.5)
        got.append(s.lr)
    want = [1.0] * 5 + [0.5] * 6 + [0.25]
    return "plateau schedule", float(np.abs(np.array(got) - want).max()), 0.0


def check_sampler():
    """Frequencies against full enumeration of (x, y, z)."""
    rng = np.random.default_rng(3)
    n = 7
    dense = np.round(rng.uniform(0.1, 0.9, (n, n)), 3) * (rng.random((n, n)) < 0.5)
    np.fill_diagonal(dense, 0)
    dense[4] = 0  # a row without neighbours
    part = Part(sparse.csr_matrix(dense), np.zeros((n, 2)))
    expect = {}
    for x in range(n):
        near = [j for j in range(n) if dense[x, j] != 0]
        for y in near:
            for z in range(n):
                if z == x:
                    continue
                sxy = dense[x, y]
                sxz = dense[x, z] if z in near else min(dense[x, j] for j in near)
                if abs(sxz - sxy) > MIN_MARGIN:
                    k = (x, z, y) if sxz > sxy else (x, y, z)
                    weight, _ = expect.get(k, (0.0, 0.0))
                    expect[k] = (weight + 1 / len(near), abs(sxz - sxy))
    total = sum(v for v, _ in expect.values())
    draws = 200_000
    rows, margins = part.sample(draws, np.random.default_rng(4))
    seen, where, count = np.unique(rows, axis=0, return_index=True, return_counts=True)
    if {tuple(map(int, k)) for k in seen} != set(expect):
        return "sampler frequencies (largest z)", np.inf, 5.0
    worst = 0.0
    for k, i, c in zip(seen, where, count):
        weight, margin = expect[tuple(map(int, k))]
        if abs(margins[i] - margin) > 1e-12:
            return "sampler frequencies (largest z)", np.inf, 5.0
        q = weight / total
        worst = max(worst, abs(c - draws * q) / np.sqrt(draws * q * (1 - q)))
    return "sampler frequencies (largest z)", worst, 5.0


def check_torch():
    try:
        import torch
        from torch.optim.lr_scheduler import ReduceLROnPlateau
    except ImportError:
        return []
    out = []
    x, w, b, margins, blocks = tiny_case(11)
    tw = torch.tensor(w, requires_grad=True)
    tb = torch.tensor(b, requires_grad=True)

    def torch_loss(x, margins):
        z = torch.nn.functional.linear(torch.tensor(x), tw, tb)
        y = torch.softmax(z.reshape(len(x), blocks, -1), dim=2).reshape(len(x), -1)
        a, p, n = y.chunk(3)

        def d(u, v):
            return 1 - (u * v).sum(1) / (u.norm(dim=1) * v.norm(dim=1) + COS_EPS)

        return torch.relu(d(a, p) - d(a, n) + torch.tensor(margins)).mean()

    loss, gw, gb = loss_and_grad(x, w, b, margins, blocks)
    want = torch_loss(x, margins)
    want.backward()
    diff = max(
        abs(want.item() - loss),
        np.abs(tw.grad.numpy() - gw).max(),
        np.abs(tb.grad.numpy() - gb).max(),
    )
    out.append(("loss and gradient against torch", float(diff), 1e-12))

    # Training with both, the schedule driven by a noisy series.
    opt = torch.optim.Adam([tw, tb], lr=LR)
    sched = ReduceLROnPlateau(opt, mode="min", factor=0.5, patience=5, threshold=1e-4)
    w, b = w.copy(), b.copy()
    adam, plateau = Adam([w, b]), Plateau(LR)
    rng = np.random.default_rng(5)
    lr_diff = 0.0
    for t in range(60):
        x = rng.normal(size=x.shape)
        opt.zero_grad()
        torch_loss(x, margins).backward()
        opt.step()
        _, gw, gb = loss_and_grad(x, w, b, margins, blocks)
        adam.step([gw, gb], plateau.lr)
        value = 1 / (1 + min(t, 20)) + 0.01 * rng.random()
        sched.step(value)
        plateau.step(value)
        lr_diff = max(lr_diff, abs(plateau.lr - opt.param_groups[0]["lr"]))
    diff = max(np.abs(tw.detach().numpy() - w).max(), np.abs(tb.detach().numpy() - b).max())
    out.append(("60 Adam steps against torch", float(diff), 1e-10))
    out.append(("plateau schedule against torch", lr_diff, 0.0))
    return out


def check():
    results = [check_gradient(), check_adam(), check_plateau(), check_sampler()]
    from_torch = check_torch()
    bad = 0
    for name, value, limit in results + from_torch:
        ok = value <= limit  # false for NaN
        bad += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {value:.3g} (limit {limit:g})")
    if not from_torch:
        print("skip torch is not importable")
    return 1 if bad else 0


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--check", action="store_true", help="test this file and exit")
    ap.add_argument("--train", help="prefix of the training part")
    ap.add_argument("--val", help="prefix of the validation part")
    ap.add_argument("--epochs", type=int, default=10)
    ap.add_argument("--seeds", type=int, default=10, help="number of runs")
    ap.add_argument("--first-seed", type=int, default=1000)
    ap.add_argument("--json", help="where to write the runs")
    args = ap.parse_args()
    if args.check:
        return check()
    if not (args.train and args.val and args.json):
        ap.error("--train, --val and --json are needed")
    tr, va = Part.load(args.train), Part.load(args.val)
    everything = np.concatenate([tr.vectors, va.vectors])
    runs = []
    for seed in range(args.first_seed, args.first_seed + args.seeds):
        began = time.perf_counter()
        log, w, b = train(tr, va, args.epochs, seed)
        took = time.perf_counter() - began
        code = {"val": code_metrics(va.vectors, w, b), "all": code_metrics(everything, w, b)}
        runs.append({"seed": seed, "epochs": log, "code": code, "seconds": took})
        last = log[-1]
        print(
            f"seed {seed}: {took:.1f} s, train {last['train_loss']:.5f}, val {last['val_loss']:.5f},"
            f" failed {last['val_failed_triplets']}/{VAL_TRIPLETS}; "
            + "; ".join(
                f"{k}: dead {c['dead']:.3f}, perplexity/V {c['perplexity']:.3f}, NMI {c['nmi']:.3f}"
                for k, c in code.items()
            ),
            flush=True,
        )
    with open(args.json, "w") as f:
        json.dump({"runs": runs}, f, indent=1)
        f.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
