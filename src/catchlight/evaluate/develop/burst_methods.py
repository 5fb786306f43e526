"""What a burst becomes in other hands: the baselines of the develop benchmark, all with Catchlight's demosaic."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera import interpolate_mosaic
from catchlight.core import LinearMosaic, NoiseModel, RawFrame
from catchlight.develop import linearise, render_linear

_NO_NOISE = NoiseModel.same(shot=0.0, read=0.0)
_ECC_STEPS, _ECC_EPSILON, _ECC_BLUR_PX = 60, 1e-5, 5
# A correlation with which no other start is tried.
_ECC_GOOD = 0.7

Picture = Float32[np.ndarray, "h w 3"]


def plain_linear(raw: RawFrame) -> LinearMosaic:
    """One frame, linear and white-balanced, without defect repair."""
    return linearise(raw, noise=raw.noise or _NO_NOISE, gains=raw.colour.white_balance(), repair_defects=False)


def mean_mosaic(frames: Sequence[RawFrame]) -> LinearMosaic:
    """The plain mean of the mosaics, whatever moved."""
    linear = [plain_linear(raw) for raw in frames]
    first = linear[0]
    values = np.asarray(np.mean([m.values for m in linear], axis=0, dtype=np.float64), np.float32)
    return LinearMosaic(values=values, cfa=first.cfa, gains=first.gains, noise=first.noise.averaged(float(len(linear))))


def picture_from(mosaic: LinearMosaic, raw: RawFrame) -> Picture:
    """Demosaiced and brought to linear sRGB as `develop --render linear` does; `raw` gives the camera's colours."""
    return render_linear(demosaiced(mosaic), wb=mosaic.gains, colour=raw.colour).pixels


def demosaiced(mosaic: LinearMosaic) -> Picture:
    """White-balanced camera RGB."""
    return interpolate_mosaic(mosaic)


def aligned_mean(frames: Sequence[RawFrame]) -> Picture:
    """Mean of the demosaiced frames, each moved onto the first by OpenCV's ECC with a rotation and a shift.

    ECC starts at the shift that phase correlation finds and works on half-size pictures under a square root, where
    noise is about even; what a frame does not see is left out of the mean there. Nothing guards against moving objects.

    Source: Evangelidis & Psarakis 2008, "Parametric image alignment using enhanced correlation coefficient
    maximization", as cv2.findTransformECC.
    """
    linear = [plain_linear(raw) for raw in frames]
    still = _half_grey(linear[0])
    h, w = linear[0].shape
    total = demosaiced(linear[0])
    weight = np.ones((h, w), np.float32)
    inverse = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    for mosaic in linear[1:]:
        warp = _full_size(_euclidean(still, _half_grey(mosaic)))
        total += (
            cv2.warpAffine(demosaiced(mosaic), warp, (w, h), flags=inverse, borderMode=cv2.BORDER_REFLECT)
            * (seen := _seen(warp, h, w))[..., None]
        )
        weight += seen
    total /= weight[..., None]
    return render_linear(total, wb=linear[0].gains, colour=frames[0].colour).pixels


def _half_grey(mosaic: LinearMosaic) -> Float32[np.ndarray, "_ _"]:
    h, w = mosaic.shape
    grey = cv2.resize(mosaic.values, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return np.sqrt(np.maximum(grey, 0))


def _euclidean(still: Float32[np.ndarray, "h w"], moved: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "2 3"]:
    """Where the still picture's pixels are found in the moved one, in OpenCV's coordinates."""
    window = cv2.createHanningWindow((still.shape[1], still.shape[0]), cv2.CV_32F)
    # OpenCV multiplies what it is given by the window, in place: it gets copies.
    (dx, dy), _ = cv2.phaseCorrelate(still.copy(), moved.copy(), window)
    start = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ECC_STEPS, _ECC_EPSILON)
    every = np.full(moved.shape, 255, np.uint8)
    best, best_score = start, -1.0
    for guess in (start, np.eye(2, 3, dtype=np.float32)):
        try:
            score, found = cv2.findTransformECC(
                still, moved, guess.copy(), cv2.MOTION_EUCLIDEAN, criteria, every, _ECC_BLUR_PX
            )
        except cv2.error:
            continue  # it did not converge
        if score > best_score:
            best, best_score = np.asarray(found, np.float32), float(score)
        if best_score > _ECC_GOOD:
            break
    return best


def _full_size(warp: Float32[np.ndarray, "2 3"]) -> Float64[np.ndarray, "2 3"]:
    """The same motion for pictures of twice the size; OpenCV counts from the centre of the first pixel."""
    full = warp.astype(np.float64)
    half = np.array([0.5, 0.5])
    centred = full[:, 2] + half - full[:, :2] @ half
    full[:, 2] = 2 * centred - half + full[:, :2] @ half
    return full


def _seen(warp: Float64[np.ndarray, "2 3"], height: int, width: int) -> Float32[np.ndarray, "h w"]:
    """1 where the moved frame covers the still one, 0 elsewhere."""
    y, x = np.mgrid[:height, :width]
    u = warp[0, 0] * x + warp[0, 1] * y + warp[0, 2]
    v = warp[1, 0] * x + warp[1, 1] * y + warp[1, 2]
    inside: np.ndarray = (u >= 0) & (u <= width - 1) & (v >= 0) & (v <= height - 1)
    return inside.astype(np.float32)
