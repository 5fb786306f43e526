"""The small grey pictures by which frames are aligned and compared."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import LinearMosaic, NoiseModel

LEVELS = 3


def grey_pyramid(picture: LinearMosaic | Float32[np.ndarray, "h w 3"]) -> list[Float32[np.ndarray, "_ _"]]:
    """Half-size grey picture (mean of each 2×2 quad, all colours) and two more, each half the one before."""
    if isinstance(picture, LinearMosaic):
        h, w = picture.shape
        grey = cv2.resize(picture.values, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    else:
        h, w, _ = picture.shape
        weights = np.array([[0.25, 0.5, 0.25]], np.float32)
        grey = cv2.transform(cv2.resize(picture, (w // 2, h // 2), interpolation=cv2.INTER_AREA), weights)
    levels = [grey]
    while len(levels) < LEVELS and min(levels[-1].shape) >= 64:
        h, w = levels[-1].shape
        levels.append(cv2.resize(levels[-1], (w // 2, h // 2), interpolation=cv2.INTER_AREA))
    return levels


def grey_noise_variance(grey: Float32[np.ndarray, "h w"], noise: NoiseModel, *, rgb: bool = False) -> float:
    """Variance of the noise of the half-size grey picture at its mean brightness.

    Args:
        grey: the finest picture of `grey_pyramid`.
        noise: of one sample.
        rgb: the picture was RGB, where a quad has four samples of each colour.
    """
    level = float(grey.mean())
    red, green, blue = (noise.variance(level, channel=c) for c in range(3))
    return (red + 4 * green + blue) / 64 if rgb else (red + 2 * green + blue) / 16


def brightness_ratio(
    reference: Float32[np.ndarray, "h w"],
    frame: Float32[np.ndarray, "h w"],
    affine: Float32[np.ndarray, "2 3"],
    *,
    full: float = 1.0,
) -> float:
    """Factor that brings `frame` to the brightness of `reference` where both show the same place.

    Args:
        reference: grey picture of the coarsest level.
        frame: the same of the other frame.
        affine: `frame_from_reference` in pixels of that level, centres at 0.5.
        full: value of a full photosite of the frame; that of the reference is 1.

    The weighted median of the ratios, so that what moved does not count. 1 when too little is seen.
    """
    h, w = reference.shape
    index = affine.copy()
    index[:, 2] += affine[:, :2] @ np.array([0.5, 0.5], np.float32) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(cv2.blur(frame, (5, 5)), index, (w, h), flags=flags, borderValue=-1.0)
    still = cv2.blur(reference, (5, 5))
    usable = (moved > 0) & (still > 0) & (still < 0.9) & (moved < 0.9 * full)
    if int(usable.sum()) < 256:
        return 1.0
    weights = still[usable]
    ratios = still[usable] / moved[usable]
    order = np.argsort(ratios)
    total = np.cumsum(weights[order])
    return float(ratios[order][np.searchsorted(total, 0.5 * total[-1])])
