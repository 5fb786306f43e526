"""Where a candidate loses most against a baseline: an average hides a ghost, a block does not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError

# A block without any error would have infinite PSNR and every difference with it: 100 dB stands for "exact".
_EXACT_MSE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstBlock:
    """The block in which a candidate is furthest below a baseline.

    Args:
        loss_db: PSNR of the baseline minus PSNR of the candidate in this block; negative: it is better everywhere.
        top_px: first row of the block.
        left_px: first column of the block.
        size_px: side of the block.
        candidate_db: the candidate's PSNR there.
        baseline_db: the baseline's PSNR there.
    """

    loss_db: float
    top_px: int
    left_px: int
    size_px: int
    candidate_db: float
    baseline_db: float


def block_psnr(
    candidate: Float32[np.ndarray, "h w *c"], truth: Float32[np.ndarray, "h w *c"], *, size_px: int = 64
) -> Float64[np.ndarray, "rows columns"]:
    """PSNR in dB (peak 1, at most 100) of every block.

    The blocks tile the picture from the top left; the last row and column of blocks are moved inwards so that each
    block is whole and every pixel is in one.

    Raises:
        ContractError: different shapes, or a picture smaller than one block.
    """
    if candidate.shape != truth.shape or candidate.ndim not in (2, 3):
        raise ContractError(f"blocks compare two pictures of one shape; found {candidate.shape} and {truth.shape}")
    h, w = truth.shape[:2]
    if not 1 <= size_px <= min(h, w):
        raise ContractError(f"a block of {size_px} px lies inside the picture; found one of {h}×{w}")
    tops, lefts = _starts(h, size_px), _starts(w, size_px)
    mse = np.empty((len(tops), len(lefts)))
    for i, top in enumerate(tops):
        rows = slice(top, top + size_px)
        squared = np.square(candidate[rows].astype(np.float64) - truth[rows])
        for j, left in enumerate(lefts):
            mse[i, j] = squared[:, left : left + size_px].mean()
    if not np.isfinite(mse).all():
        raise ContractError("block PSNR needs finite numbers; found NaN or infinity")
    return -10.0 * np.log10(np.maximum(mse, _EXACT_MSE))


def worst_block(
    candidate: Float32[np.ndarray, "h w *c"],
    baseline: Float32[np.ndarray, "h w *c"],
    truth: Float32[np.ndarray, "h w *c"],
    *,
    size_px: int = 64,
) -> WorstBlock:
    """The block in which `candidate` loses most PSNR against `baseline`, both judged by `truth` (peak 1).

    Args:
        candidate: a merged picture, say.
        baseline: what it must not fall below: a single frame, say; same shape.
        truth: the clean picture; same shape, h×w or h×w×channels.
        size_px: side of a block.

    Raises:
        ContractError: as `block_psnr`.
    """
    ours, theirs = block_psnr(candidate, truth, size_px=size_px), block_psnr(baseline, truth, size_px=size_px)
    i, j = (int(k) for k in np.unravel_index(int(np.argmax(theirs - ours)), ours.shape))
    return WorstBlock(
        loss_db=float(theirs[i, j] - ours[i, j]),
        top_px=_starts(truth.shape[0], size_px)[i],
        left_px=_starts(truth.shape[1], size_px)[j],
        size_px=size_px,
        candidate_db=float(ours[i, j]),
        baseline_db=float(theirs[i, j]),
    )


def _starts(length: int, size: int) -> list[int]:
    return [min(start, length - size) for start in range(0, length, size)]
