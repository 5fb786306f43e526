"""The truth, moved to where a program put its picture: the picture itself is never resampled."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core import InputError

# Programs crop a few pixels of border, centre their crop or take another frame for the reference; no more than that.
_FURTHEST_PX, _MOST_TURN_DEG = 64.0, 2.0
_ECC_STEPS, _ECC_EPSILON, _ECC_BLUR_PX = 100, 1e-6, 5
# Below this correlation the two do not show the same scene.
_LEAST_SCORE = 0.5
# OpenCV resamples on a grid of 1/32 px: a motion that stays below half a step everywhere changes nothing, so a picture
# that kept the reference's geometry is compared with the truth itself.
_STEP_PX = 1 / 32

Affine = Float64[np.ndarray, "2 3"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlacedTruth:
    """The truth in the geometry of a picture.

    Args:
        pixels: linear sRGB, of the picture's size.
        seen: where the truth has something to say.
        truth_from_picture: 2×3, both counted with pixel centres at 0.5.
    """

    pixels: Float32[np.ndarray, "h w 3"]
    seen: Bool[np.ndarray, "h w"]
    truth_from_picture: Affine


def place_truth(truth: Float32[np.ndarray, "truth_h truth_w 3"], picture: Float32[np.ndarray, "h w 3"]) -> PlacedTruth:
    """Finds the shift and rotation between a picture and the truth, and moves the truth onto the picture.

    The search starts at equal middles, at equal corners and at the shift that phase correlation finds, and works on
    the square root of green, standardised, so that a different tone hardly matters.

    Args:
        truth: linear sRGB, h×w×3.
        picture: linear, any tone and colour, at most 64 px smaller, larger or shifted.

    Raises:
        InputError: sizes too far apart, or the picture does not show the scene.

    Source: Evangelidis & Psarakis 2008, "Parametric image alignment using enhanced correlation coefficient
    maximization", as cv2.findTransformECC.
    """
    (h, w), (truth_h, truth_w) = picture.shape[:2], truth.shape[:2]
    if max(abs(h - truth_h), abs(w - truth_w)) > _FURTHEST_PX:
        raise InputError(f"expected a picture of about {truth_w}×{truth_h} px; found {w}×{h}")
    still, moved = _grey(picture), _grey(truth)
    warp = _best_warp(still, moved)
    turn_deg = float(np.degrees(np.arctan2(warp[1, 0], warp[0, 0])))
    far = np.abs(_at_corners(warp, h, w)).max()
    if far > _FURTHEST_PX or abs(turn_deg) > _MOST_TURN_DEG:
        raise InputError(f"the picture lies {far:.0f} px and {turn_deg:.1f}° away from the scene")
    if (h, w) == (truth_h, truth_w) and far < _STEP_PX / 2:
        warp = np.eye(2, 3)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpAffine(truth, warp, (w, h), flags=flags, borderMode=cv2.BORDER_REFLECT)
    y, x = np.mgrid[:h, :w]
    u, v = (warp[k, 0] * x + warp[k, 1] * y + warp[k, 2] for k in (0, 1))
    seen: Bool[np.ndarray, "h w"] = (u >= 0) & (u <= truth_w - 1) & (v >= 0) & (v <= truth_h - 1)
    centred = warp.copy()
    centred[:, 2] += 0.5 - warp[:, :2] @ np.array([0.5, 0.5])
    return PlacedTruth(pixels=np.asarray(pixels, np.float32), seen=seen, truth_from_picture=centred)


def _grey(picture: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    grey = np.sqrt(np.clip(picture[..., 1], 0, None))
    standard: Float32[np.ndarray, "h w"] = (grey - grey.mean()) / max(float(grey.std()), 1e-9)
    return standard.astype(np.float32)


def _best_warp(still: Float32[np.ndarray, "h w"], moved: Float32[np.ndarray, "h2 w2"]) -> Affine:
    """Where the still picture's pixels are found in the moved one, in OpenCV's coordinates."""
    middle = np.array([(b - a) / 2 for a, b in zip(still.shape[::-1], moved.shape[::-1], strict=True)])
    h, w = (min(sides) for sides in zip(still.shape, moved.shape, strict=True))
    window = cv2.createHanningWindow((w, h), cv2.CV_32F)
    # OpenCV multiplies what it is given by the window, in place: it gets copies.
    shift, _ = cv2.phaseCorrelate(still[:h, :w].copy(), moved[:h, :w].copy(), window)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ECC_STEPS, _ECC_EPSILON)
    every = np.full(moved.shape, 255, np.uint8)
    best, best_score = np.eye(2, 3), -1.0
    for start in (middle, np.zeros(2), np.array(shift)):
        guess = np.array([[1, 0, start[0]], [0, 1, start[1]]], np.float32)
        try:
            score, found = cv2.findTransformECC(
                still, moved, guess, cv2.MOTION_EUCLIDEAN, criteria, every, _ECC_BLUR_PX
            )
        except cv2.error:
            continue  # it did not converge
        if score > best_score:
            best, best_score = np.asarray(found, np.float64), float(score)
    if best_score < _LEAST_SCORE:
        raise InputError("the picture does not show the scene, or lies too far away from it")
    return best


def _at_corners(warp: Affine, h: int, w: int) -> Float64[np.ndarray, "4 2"]:
    corners = np.array([(x, y) for x in (0, w - 1) for y in (0, h - 1)], np.float64)
    motion: Float64[np.ndarray, "4 2"] = corners @ warp[:, :2].T + warp[:, 2] - corners
    return motion
