"""What training minimises."""

import numpy as np
import torch
from torch.nn import functional

from drawings import FACTORS, NONE

# How much of a drawing's direction each factor takes: the square of the cosine to the factor's own direction.
SHARES = {"kind": 0.40, "colour": 0.20, "count": 0.14, "topping": 0.08, "plate": 0.10, "table": 0.08}


def contrastive(logits, fits):
    """Texts x drawings, both ways; all drawings that a text fits are right, and all texts that fit a drawing."""

    def one_way(logits, fits):
        number = fits.sum(1)
        has = number > 0
        right = (functional.log_softmax(logits, 1) * fits).sum(1)[has] / number[has]
        return -right.mean()

    fits = fits.float()
    return (one_way(logits, fits) + one_way(logits.t(), fits.t())) / 2


def prompted(logits, fits):
    """Cross entropy among the prompts of a factor, over the drawings that one of the prompts fits."""
    has, target = fits.any(0), fits.float().argmax(0)
    if not has.any():
        return logits.sum() * 0.0
    return functional.cross_entropy(logits.t()[has], target[has])


def likeness(codes):
    """drawings x drawings: the cosine that two drawings should have, from the factors that they share.

    Food and non-food share nothing, so that each lies across the other: what is learnt of food alone, as the demo's
    encoder does, has nothing to say of the rest.
    """
    total = np.zeros((len(codes), len(codes)), dtype=np.float32)
    own = np.zeros(len(codes), dtype=np.float32)
    for factor, share in SHARES.items():
        code = codes[:, FACTORS.index(factor)]
        has = code != NONE
        total += share * ((code[:, None] == code[None]) & has[:, None])
        own += share * has
    food = codes[:, FACTORS.index("food")]
    total *= food[:, None] == food[None]
    return torch.from_numpy(total / np.sqrt(own[:, None] * own[None]))


def arrangement(images, codes):
    """How far the drawings' cosines are from what they should be."""
    wanted = likeness(codes)
    error = (images @ images.t() - wanted).square()
    error.fill_diagonal_(0.0)
    kind = torch.from_numpy(codes[:, FACTORS.index("kind")])
    same = (kind[:, None] == kind[None]).float().fill_diagonal_(0.0)
    loss = error.mean() + 0.3 * (error * same).sum() / same.sum().clamp(min=1.0)
    food = torch.from_numpy(codes[:, FACTORS.index("food")] == 1)
    if food.any() and not food.all():
        # Few dishes and things look alike, so that the mean passes over them: the nearest dish of every thing counts.
        loss = loss + 0.25 * error[food][:, ~food].amax(0).mean()
    return loss
