"""Structural similarity over five scales."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.measure.similarity.ssim import WINDOW_PX, similarity_maps

# Source: Wang et al. 2003, section 3.2: the weights of scales 1 (full size) to 5, found with observers.
_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
# The smallest side whose fifth scale, halved four times and rounded up, still holds one window.
_SMALLEST_PX = (WINDOW_PX - 1) * 2 ** (len(_WEIGHTS) - 1) + 1


def ms_ssim(candidate: Float32[np.ndarray, "h w *c"], truth: Float32[np.ndarray, "h w *c"]) -> float:
    """Multi-scale SSIM, 1 for identical pictures; 0 when a scale does not resemble the truth at all.

    Each scale is the mean of 2×2 px of the one before (an odd last row or column counts twice). Contrast and structure
    are averaged over every scale, luminance over the coarsest, and the averages multiplied with the paper's weights,
    as in the authors' program; a negative average counts as 0 there.

    Args:
        candidate: the picture to judge, h×w or h×w×channels; values nominally 0…1, encoded as they will be seen.
        truth: what it should be; same shape, at least 161×161.

    Raises:
        ContractError: different or too small shapes, or NaN or infinity.

    Source: Wang, Simoncelli and Bovik 2003, "Multi-scale structural similarity for image quality assessment", eq. 7.
    Colour: each channel by itself, then the mean.
    """
    if candidate.shape != truth.shape or candidate.ndim not in (2, 3):
        raise ContractError(f"MS-SSIM compares two pictures of one shape; found {candidate.shape} and {truth.shape}")
    if min(truth.shape[:2]) < _SMALLEST_PX:
        raise ContractError(
            f"MS-SSIM halves a picture four times and needs {_SMALLEST_PX}×{_SMALLEST_PX} px; "
            f"found {truth.shape[:2]}; use ssim for smaller ones"
        )
    if truth.ndim == 2:
        return _plane(candidate, truth)
    return float(np.mean([_plane(candidate[..., c], truth[..., c]) for c in range(truth.shape[2])]))


def _plane(a: Float32[np.ndarray, "h w"], b: Float32[np.ndarray, "h w"]) -> float:
    result = 1.0
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            a, b = _halved(a), _halved(b)
        luminance, structure = similarity_maps(a, b)
        average = float(np.mean(structure if weight != _WEIGHTS[-1] else luminance * structure, dtype=np.float64))
        if not math.isfinite(average):
            raise ContractError("MS-SSIM needs finite numbers; found NaN or infinity")
        result *= max(average, 0.0) ** weight
    return result


def _halved(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "r k"]:
    h, w = plane.shape
    even = np.pad(plane, ((0, h % 2), (0, w % 2)), mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) * np.float32(0.25)
