"""Which blocks of a static scene really held still."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float64

from catchlight.measure.noise.photon_transfer import weighted_line

Blocks = Float64[np.ndarray, "planes rows columns"]

# A block counts as moved where its variance lies this many of its own deviations from the model, either way: a
# one-sided cut would bias what is left.
_SIGMAS = 5.0
_ROUNDS = 6
# The first line goes through this quantile of every level's blocks: motion only ever adds.
_QUANTILE = 0.2
_QUANTILE_SIGMAS = 0.8416  # of a normal distribution
_LEVELS = 24
# The model need not hold to less than this part of one block's deviation.
_WIDE_SLACK = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaticBlocks:
    """The blocks whose variance is noise alone, and the noise that they agree on.

    Args:
        kept: which blocks those are.
        shot: slope of their variance, normalised.
        read: the same at no signal.
    """

    kept: Bool[np.ndarray, "rows columns"]
    shot: float
    read: float


def static_blocks(
    mean: Blocks, square: Blocks, variance: Blocks, sound: Bool[np.ndarray, "rows columns"], *, freedom: float
) -> StaticBlocks:
    """Leaves out blocks that show more (or less) variance than blocks as bright do.

    Args:
        mean: signal of each block, for every colour plane.
        square: mean of the squared signal: a block with one bright point in it scatters more than an even one.
        variance: variance in time of each block.
        sound: blocks that are not clipped.
        freedom: degrees of freedom of one block's variance.
    """
    planes = mean.shape[0]
    kept = sound.copy()
    shot, read = _first_line(mean[:, sound], variance[:, sound], float(np.sqrt(2 / freedom)))
    for _ in range(_ROUNDS):
        v = np.maximum(shot * np.maximum(mean, 0) + read, 1e-30)
        v_square = np.maximum(shot**2 * square + 2 * shot * read * np.maximum(mean, 0) + read**2, v * v)
        sd = np.sqrt((2 / freedom * v_square / (v * v)).sum(axis=0)) / planes
        ratio = (variance / v).mean(axis=0)
        centre = float(np.median(ratio[kept]))
        # White noise scatters by 1; the heavier tails of real noise are allowed for, motion is not.
        unit = float(np.clip(1.4826 * np.median(np.abs(ratio[kept] - centre) / sd[kept]), 1.0, 2.0))
        weight = kept / (unit * sd) ** 2
        support = _around(weight)
        wide = np.where(support > 0, _around(ratio * weight) / np.maximum(support, 1e-30), ratio)
        wide_sd = np.sqrt(1 / np.maximum(support, 1 / (unit * sd) ** 2) + (_WIDE_SLACK * unit * sd) ** 2)
        update = sound & (np.abs(ratio - centre) < _SIGMAS * unit * sd) & (np.abs(wide - centre) < _SIGMAS * wide_sd)
        if update.sum() < 4 or (update == kept).all():
            break
        kept = update
        weights = np.broadcast_to(1 / sd[kept] ** 2, (planes, int(kept.sum()))).ravel()
        shot, read = weighted_line(mean[:, kept].ravel(), variance[:, kept].ravel(), weights)
    return StaticBlocks(kept=kept, shot=shot, read=read)


def _first_line(
    mean: Float64[np.ndarray, "planes n"], variance: Float64[np.ndarray, "planes n"], sd: float
) -> tuple[float, float]:
    x, y = np.maximum(mean.ravel(), 0), variance.ravel()
    levels = np.array_split(np.argsort(x), min(_LEVELS, max(1, x.size // 16)))
    at = np.array([float(x[level].mean()) for level in levels])
    expected, at_level = np.ones_like(x), np.ones_like(at)
    shot, read = 0.0, 0.0
    for _ in range(4):
        # Ranked by the ratio to what the round before expects: else a level's darkest blocks would be taken.
        low = np.array([float(np.quantile(y[level] / expected[level], _QUANTILE)) for level in levels])
        shot, read = weighted_line(at, low / max(1 - _QUANTILE_SIGMAS * sd, 0.3) * at_level, np.ones_like(at))
        expected, at_level = (np.maximum(shot * a + read, 1e-30) for a in (x, at))
    return shot, read


def _around(values: Float64[np.ndarray, "rows columns"]) -> Float64[np.ndarray, "rows columns"]:
    """Sum over the 3×3 blocks around each: slow motion shows over an area."""
    total = cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return total.reshape(values.shape)
