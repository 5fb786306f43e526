"""Gradient magnitude similarity deviation."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.measure.similarity.luma import luma

# Source: Xue et al. 2014, section II-C: c = 170 for values of 0…255.
_C = 170 / 255**2
_PREWITT = np.array([1, 0, -1], np.float32)
_THIRD = np.full(3, 1 / 3, np.float32)
_SMALLEST_PX = 8


def gmsd(candidate: Float32[np.ndarray, "h w *c"], truth: Float32[np.ndarray, "h w *c"]) -> float:
    """GMSD, 0 for identical pictures and larger for worse ones (0.1 is plainly visible, 0.3 is ruined).

    The luma of both pictures is halved (mean of 2×2 px), the similarity of their Prewitt gradients taken at every
    pixel, and its standard deviation over the picture returned: how unevenly structure is damaged. A change of
    brightness costs nothing; damage that is total everywhere is even again, so the score falls back at the far end.

    Args:
        candidate: the picture to judge, h×w or h×w×3; values nominally 0…1, encoded as they will be seen.
        truth: what it should be; same shape, at least 8×8.

    Raises:
        ContractError: different or too small shapes, or NaN or infinity.

    Source: Xue, Zhang, Mou and Bovik 2014, "Gradient magnitude similarity deviation: a highly efficient perceptual
    image quality index", eq. 1 to 7. Deviation: the outermost pixels are left out, where the authors' program sees an
    edge towards black.
    """
    if candidate.shape != truth.shape or candidate.ndim not in (2, 3):
        raise ContractError(f"GMSD compares two pictures of one shape; found {candidate.shape} and {truth.shape}")
    if min(truth.shape[:2]) < _SMALLEST_PX:
        raise ContractError(f"GMSD needs at least {_SMALLEST_PX}×{_SMALLEST_PX} px; found {truth.shape[:2]}")
    a, b = _gradient(luma(candidate)), _gradient(luma(truth))
    similarity = (2 * a * b + _C) / (a * a + b * b + _C)
    deviation = float(np.std(similarity, dtype=np.float64))
    if not np.isfinite(deviation):
        raise ContractError("GMSD needs finite numbers; found NaN or infinity")
    return deviation


def _gradient(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "r k"]:
    h, w = (side - side % 2 for side in plane.shape)
    half = (plane[:h:2, :w:2] + plane[1:h:2, :w:2] + plane[:h:2, 1:w:2] + plane[1:h:2, 1:w:2]) * np.float32(0.25)
    across = cv2.sepFilter2D(half, -1, _PREWITT, _THIRD)[1:-1, 1:-1]
    down = cv2.sepFilter2D(half, -1, _THIRD, _PREWITT)[1:-1, 1:-1]
    return cv2.magnitude(across, down)
