"""A bilateral grid: what each place's surroundings of about its own brightness are like, in a few thousand numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter

# Nodes along the short side; a node's neighbourhood has a deviation of one node, a twentieth of the picture: wide
# enough for whole objects to be lifted together, narrow enough for a street and the sky above it to differ.
_NODES_SHORT_SIDE = 20
_STEPS_PER_EV = 4
# Deviation in brightness of what counts as the same surface. A step of 1 EV is 2.5 of these: a neighbour beyond it has
# 4 % of the weight; texture of ±0.2 EV stays in the detail.
_SIGMA_EV = 0.4
# Brightnesses that hardly occur near by (a thousandth of a neighbourhood) are their own surroundings.
_OWN_SHARE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BilateralGrid:
    """Edge-aware means of log2 brightness.

    Args:
        base_ev: mean over the surroundings of a place (row, column of nodes) that are about as bright as the level.
        low_ev: brightness (log2) of the first level; levels are `1 / steps_per_ev` apart.
        steps_per_ev: levels per EV.
        node_cells: distance of nodes (rows, columns) in cells of the guide; the first node lies on the outer edge.
    """

    base_ev: Float32[np.ndarray, "r c n"]
    low_ev: float
    steps_per_ev: int
    node_cells: tuple[float, float]


def bilateral_grid(guide_ev: Float32[np.ndarray, "r c"]) -> BilateralGrid:
    """The grid of a small picture; its levels reach half an EV beyond the darkest and the brightest cell.

    Args:
        guide_ev: log2 of brightness, finite.

    Source: Chen, Paris & Durand 2007, "Real-time edge-aware image processing with the bilateral grid", section 3.
    Deviation: levels without data near by fall back to themselves, so that every pixel of the large picture can be
    looked up.
    """
    rows, columns = guide_ev.shape
    spacing = max(1.0, min(rows, columns) / _NODES_SHORT_SIDE)
    shape = tuple(max(2, round(n / spacing) + 1) for n in (rows, columns))
    pitch = (rows / (shape[0] - 1), columns / (shape[1] - 1))
    low_ev = math.floor(float(guide_ev.min())) - 0.5
    levels = math.ceil((float(guide_ev.max()) + 0.5 - low_ev) * _STEPS_PER_EV) + 1
    weight, total = _splat(guide_ev, (*shape, levels), pitch, low_ev)
    sigma = (1.0, 1.0, _SIGMA_EV * _STEPS_PER_EV)
    weight, total = (gaussian_filter(a, sigma, mode="constant", truncate=3.0) for a in (weight, total))
    own = low_ev + np.arange(levels) / _STEPS_PER_EV
    # A node at the border has less around it: the share counts of what there is.
    prior = _OWN_SHARE * weight.sum(axis=2, keepdims=True) + 1e-12
    base = own + (total - own * weight) / (weight + prior)
    return BilateralGrid(
        base_ev=np.ascontiguousarray(base, dtype=np.float32),
        low_ev=low_ev,
        steps_per_ev=_STEPS_PER_EV,
        node_cells=pitch,
    )


def _splat(
    guide_ev: Float32[np.ndarray, "r c"], shape: tuple[int, int, int], pitch: tuple[float, float], low_ev: float
) -> tuple[Float64[np.ndarray, "a b n"], Float64[np.ndarray, "a b n"]]:
    """Every cell goes to the nearest node, shared out between two levels: number of cells, and their brightness summed.

    The blur that follows is wider than the corners this leaves.
    """
    rows, columns = guide_ev.shape
    row, column = (
        np.rint((np.arange(n) + 0.5) / p).astype(np.intp) for n, p in zip((rows, columns), pitch, strict=True)
    )
    at = (guide_ev - np.float32(low_ev)) * np.float32(_STEPS_PER_EV)
    level = at.astype(np.intp)
    upper = at - level
    index = ((row[:, None] * shape[1] + column) * shape[2] + level).ravel()
    size = shape[0] * shape[1] * shape[2]
    above, both = np.bincount(index, upper.ravel(), size), np.bincount(index, minlength=size)
    square = np.bincount(index, (upper * at).ravel(), size)
    value = np.bincount(index, at.ravel(), size)
    weight, total = both - above, value - square
    # The share of the level above; the last level is never reached from below, so nothing runs into the next node.
    weight[1:] += above[:-1]
    total[1:] += square[:-1]
    return weight.reshape(shape), low_ev * weight.reshape(shape) + total.reshape(shape) / _STEPS_PER_EV
