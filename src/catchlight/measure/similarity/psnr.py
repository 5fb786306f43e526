"""Peak signal-to-noise ratio, of any picture and of a colour picture."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError

# Rows summed at a time: keeps the float64 differences of a 12 MP picture out of memory.
_ROWS = 256


def psnr(
    candidate: Float32[np.ndarray, "h w *c"], truth: Float32[np.ndarray, "h w *c"], *, border_px: int = 0
) -> float:
    """PSNR in dB with a peak of 1: 10 · log10(1 / MSE), the squared errors of all values pooled.

    Args:
        candidate: the picture to judge, h×w or h×w×channels; 0…1, not clipped here.
        truth: what it should be; same shape.
        border_px: pixels ignored along each edge.

    Returns:
        Decibels; infinite for identical pictures.

    Raises:
        ContractError: different shapes, a border that leaves nothing, or NaN or infinity.

    >>> bool(round(psnr(np.full((8, 8), 0.5, np.float32), np.full((8, 8), 0.6, np.float32)), 3) == 20.0)
    True
    """
    if candidate.shape != truth.shape or candidate.ndim not in (2, 3):
        raise ContractError(f"PSNR compares two pictures of one shape; found {candidate.shape} and {truth.shape}")
    h, w = truth.shape[:2]
    if border_px < 0 or 2 * border_px >= min(h, w):
        raise ContractError(f"a border leaves part of the {h}×{w} picture; found {border_px} px")
    columns = slice(border_px, w - border_px)
    total, count = 0.0, 0
    for top in range(border_px, h - border_px, _ROWS):
        rows = slice(top, min(top + _ROWS, h - border_px))
        difference = candidate[rows, columns].astype(np.float64) - truth[rows, columns]
        total += float(np.vdot(difference, difference))
        count += difference.size
    if not math.isfinite(total):
        raise ContractError("PSNR needs finite numbers; found NaN or infinity")
    return math.inf if total == 0 else -10.0 * math.log10(total / count)


def cpsnr(candidate: Float32[np.ndarray, "h w 3"], truth: Float32[np.ndarray, "h w 3"], *, border_px: int = 0) -> float:
    """Colour PSNR in dB, as demosaicking papers report it: one MSE over red, green and blue together, peak 1.

    Both pictures are clipped to 0…1 first, as an 8-bit file would; 10 px of border are usually cut.

    Raises:
        ContractError: not two colour pictures of one shape, or as `psnr`.

    Source: Alleysson, Süsstrunk and Hérault 2005, "Linear demosaicing inspired by the human visual system".
    """
    if candidate.ndim != 3 or candidate.shape[2:] != (3,):
        raise ContractError(f"colour PSNR compares h×w×3 pictures; found {candidate.shape}")
    return psnr(np.clip(candidate, 0, 1), np.clip(truth, 0, 1), border_px=border_px)
