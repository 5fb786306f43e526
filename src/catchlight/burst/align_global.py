"""Shift and rotation of a whole frame against the reference."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

# The motion is estimated on a picture of about this many pixels on its longer side: the noise is averaged away there,
# and the tiles refine what is left (a twentieth of a pixel here is half a pixel of a 12-megapixel frame).
_LONG_SIDE = 640
_ITERATIONS, _PRECISION = 60, 1e-5
# Rotations from which the search begins, until one ends well: each reaches about two degrees either way.
_ANGLES_DEG = (0.0, 3.0, -3.0, 6.0, -6.0, 9.0, -9.0)
_GOOD_CORRELATION = 0.6
# Below this correlation the estimate is not better than no motion at all.
MIN_CORRELATION = 0.15


def estimate_rigid(
    reference: Float32[np.ndarray, "h w"], frame: Float32[np.ndarray, "h w"], *, scale: float
) -> tuple[Float64[np.ndarray, "2 3"], float]:
    """Affine `frame_from_reference` (rotation and translation only) and the correlation that it reaches.

    Args:
        reference: grey picture; any exposure.
        frame: the other, of the same size.
        scale: full-size pixels for each pixel of the pictures; the result is in full-size pixels, centres at 0.5.

    Source: phase correlation for the start (Kuglin & Hines 1975), then the enhanced correlation coefficient
    (Evangelidis & Psarakis 2008), which ignores gain and offset between the frames. Both are OpenCV's.
    """
    long_side = max(reference.shape)
    shrink = max(1.0, long_side / _LONG_SIDE)
    size = (max(8, round(reference.shape[1] / shrink)), max(8, round(reference.shape[0] / shrink)))
    a = cv2.resize(reference, size, interpolation=cv2.INTER_AREA)
    b = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    best, best_score = np.eye(2, 3, dtype=np.float32), -1.0
    everywhere = np.full(a.shape, 255, np.uint8)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ITERATIONS, _PRECISION)
    for angle_deg in _ANGLES_DEG:
        start = _shift_at(a, b, angle_deg)
        try:
            score, found = cv2.findTransformECC(a, b, start, cv2.MOTION_EUCLIDEAN, criteria, everywhere, 5)
        except cv2.error:  # it did not converge from this start
            continue
        if score > best_score:
            best, best_score = np.asarray(found, np.float32), float(score)
        if best_score > _GOOD_CORRELATION:
            break
    if best_score < MIN_CORRELATION:
        best = np.eye(2, 3, dtype=np.float32)
    # Index coordinates of the small picture → coordinates with centres at 0.5 of the full one, where both scales agree.
    zoom = np.array([scale * reference.shape[1] / size[0], scale * reference.shape[0] / size[1]])
    linear = best[:, :2].astype(np.float64)
    offset = best[:, 2].astype(np.float64) + 0.5 - linear @ np.array([0.5, 0.5])
    affine = np.empty((2, 3))
    affine[:, :2] = zoom[:, None] * linear / zoom[None, :]
    affine[:, 2] = zoom * offset
    return affine, best_score


def _shift_at(
    a: Float32[np.ndarray, "h w"], b: Float32[np.ndarray, "h w"], angle_deg: float
) -> Float32[np.ndarray, "2 3"]:
    """Affine that turns by `angle_deg` about the centre and shifts as phase correlation then finds best."""
    h, w = a.shape
    turn = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), angle_deg, 1.0)
    turned = cv2.warpAffine(
        b, turn, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    window = cv2.createHanningWindow((w, h), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(a - a.mean(), turned - turned.mean(), window)
    # A place p of `a` is at p + d in the turned picture, which is turn(p + d) in `b`.
    start = turn.astype(np.float32)
    start[:, 2] += start[:, :2] @ np.array([dx, dy], np.float32)
    return start
