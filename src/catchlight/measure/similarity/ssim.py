"""Structural similarity."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError

# Side of the square in which the Gaussian window is cut off.
WINDOW_PX, _SIGMA_PX = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2


def ssim(candidate: Float32[np.ndarray, "h w *c"], truth: Float32[np.ndarray, "h w *c"]) -> float:
    """Mean SSIM, 1 for identical pictures: Gaussian window of 11×11 px with σ 1.5 px, dynamic range 1.

    The mean is over channels and over the pixels whose window lies inside the picture (5 px are cut on each side).

    Args:
        candidate: the picture to judge, h×w or h×w×channels; values nominally 0…1, encoded as they will be seen.
        truth: what it should be; same shape, at least 11×11.

    Raises:
        ContractError: different or too small shapes.

    Source: Wang, Bovik, Sheikh and Simoncelli 2004, "Image quality assessment: from error visibility to structural
    similarity", eq. 13 with K1 = 0.01, K2 = 0.03. Colour: each channel by itself, then the mean.
    """
    if candidate.shape != truth.shape or candidate.ndim not in (2, 3):
        raise ContractError(f"SSIM compares two pictures of one shape; found {candidate.shape} and {truth.shape}")
    if min(truth.shape[:2]) < WINDOW_PX:
        raise ContractError(f"SSIM needs at least {WINDOW_PX}×{WINDOW_PX} px; found {truth.shape[:2]}")
    if truth.ndim == 2:
        return _plane(candidate, truth)
    channels = range(truth.shape[2])
    return float(np.mean([_plane(candidate[..., c], truth[..., c]) for c in channels]))


def _plane(a: Float32[np.ndarray, "h w"], b: Float32[np.ndarray, "h w"]) -> float:
    luminance, structure = similarity_maps(a, b)
    return float(np.mean(luminance * structure, dtype=np.float64))


def similarity_maps(
    a: Float32[np.ndarray, "h w"], b: Float32[np.ndarray, "h w"]
) -> tuple[Float32[np.ndarray, "r k"], Float32[np.ndarray, "r k"]]:
    """The luminance term, and contrast times structure, at every pixel whose window lies inside two planes."""
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    var_a = _local_mean(a * a) - mean_a * mean_a
    var_b = _local_mean(b * b) - mean_b * mean_b
    covariance = _local_mean(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a * mean_a + mean_b * mean_b + _C1)
    return luminance, (2 * covariance + _C2) / (var_a + var_b + _C2)


def _local_mean(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "r k"]:
    """Gaussian mean over the windows that lie inside the plane."""
    smooth: Float32[np.ndarray, "h w"] = cv2.GaussianBlur(
        np.ascontiguousarray(plane), (WINDOW_PX, WINDOW_PX), _SIGMA_PX, borderType=cv2.BORDER_REFLECT
    )
    cut = WINDOW_PX // 2
    return smooth[cut:-cut, cut:-cut]
