"""Noise against brightness, measured in flat places before and after merging."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

_BLOCK = 16
_MOST_LEVELS, _LEAST_BLOCKS = 12, 40
# Share of the blocks of one brightness that is taken for flat.
_FLAT_SHARE = 0.15
# Blocks above this brightness may have clipped noise.
_BRIGHTEST = 0.85


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NoiseCurve:
    """Standard deviation of flat places at rising brightness.

    Args:
        brightness: mean of the flat blocks of each level.
        before: standard deviation in one frame.
        after: the same places in the merged picture.
    """

    brightness: Float64[np.ndarray, "n"]
    before: Float64[np.ndarray, "n"]
    after: Float64[np.ndarray, "n"]


def noise_curve(
    before: Float32[np.ndarray, "h w"], after: Float32[np.ndarray, "h w"], *, white: bool
) -> NoiseCurve | None:
    """Deviation in the flattest 16×16 blocks of each brightness; None where the pictures are too small.

    Slopes are taken out of every block. Flat is where the means of 4×4 cells of the cleaner picture differ least, so
    the noise that is measured does not choose its own places; texture that is left makes both numbers too high.

    Args:
        before: one plane of the reference alone, black 0, white about 1.
        after: the same plane after merging, of the same size.
        white: the noise in `before` is not correlated (a sensor's is not); then second differences, which texture
            disturbs less, measure it where they find less. Merged noise is correlated, so never measured that way.
    """
    noisy, clean = _blocks(before), _blocks(after)
    mean = clean.mean(axis=(1, 2))
    kept = mean < _BRIGHTEST
    noisy, clean, mean = noisy[kept], clean[kept], mean[kept]
    levels = min(_MOST_LEVELS, len(mean) // _LEAST_BLOCKS)
    if levels < 2:
        return None
    structure = _structure(clean)
    variance_before, variance_after = _variance(noisy), _variance(clean)
    if white:
        variance_before = np.minimum(variance_before, _white_variance(noisy))
    rows = []
    for part in np.array_split(np.argsort(mean), levels):
        flattest = part[np.argsort(structure[part])[: max(6, round(_FLAT_SHARE * len(part)))]]
        rows.append(
            (
                float(np.median(mean[flattest])),
                float(np.sqrt(np.median(variance_before[flattest]))),
                float(np.sqrt(np.median(variance_after[flattest]))),
            )
        )
    table = np.array(rows)
    return NoiseCurve(brightness=table[:, 0], before=table[:, 1], after=table[:, 2])


def local_noise(plane: Float32[np.ndarray, "h w"]) -> float:
    """Deviation in the flattest quarter of a small picture's 8×8 blocks, slopes taken out."""
    variance = np.sort(_variance(_blocks(plane, side=8)))
    return float(np.sqrt(variance[: max(1, len(variance) // 4)].mean()))


def _blocks(plane: Float32[np.ndarray, "h w"], *, side: int = _BLOCK) -> Float32[np.ndarray, "n side side"]:
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return cut.transpose(0, 2, 1, 3).reshape(rows * columns, side, side)


def _variance(blocks: Float32[np.ndarray, "n side side"]) -> Float64[np.ndarray, "n"]:
    """Variance of each block about its own plane."""
    side = blocks.shape[1]
    ramp = np.arange(side, dtype=np.float32) - np.float32((side - 1) / 2)
    energy = float(np.square(ramp).sum()) * side
    mean = blocks.mean(axis=(1, 2), dtype=np.float64)
    total = np.square(blocks, dtype=np.float64).sum(axis=(1, 2)) - side * side * mean**2
    along_x = (blocks.sum(axis=1) @ ramp).astype(np.float64) ** 2 / energy
    along_y = (blocks.sum(axis=2) @ ramp).astype(np.float64) ** 2 / energy
    variance: Float64[np.ndarray, "n"] = np.maximum(total - along_x - along_y, 0.0) / (side * side - 3)
    return variance


def _white_variance(blocks: Float32[np.ndarray, "n side side"]) -> Float64[np.ndarray, "n"]:
    """Variance of uncorrelated noise from second differences, along the direction that shows less.

    Source: Immerkær 1996, "Fast Noise Variance Estimation", eq. 1, with one direction at a time.
    """
    along_x = np.diff(blocks, n=2, axis=2)
    along_y = np.diff(blocks, n=2, axis=1)
    least: Float64[np.ndarray, "n"] = np.minimum(
        np.square(along_x, dtype=np.float64).mean(axis=(1, 2)), np.square(along_y, dtype=np.float64).mean(axis=(1, 2))
    )
    return least / 6


def _structure(blocks: Float32[np.ndarray, "n side side"]) -> Float64[np.ndarray, "n"]:
    n = len(blocks)
    cells = blocks.reshape(n, 4, 4, 4, 4).mean(axis=(2, 4))
    return _variance(cells)
