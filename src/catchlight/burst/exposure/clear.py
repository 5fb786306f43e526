"""Where the samples of a frame are sure not to be clipped, and the mosaic as a lower ceiling would show it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.grey import grey_pyramid
from catchlight.core import LinearMosaic

# Share of a full photosite from which a sample counts as clipped: converters and defect repair round a little below 1.
CLIPPED = 0.97
# Two ceilings nearer than this are one: exposure times are told to about a hundredth.
_SAME_CEILING = 1.02
# A level this many deviations of its noise below the clip is reached by chance in one sample of 30 000.
_SAFE_SIGMAS = 4.0
# At least this share of full lies between the first doubt and none: the hand-over is a ramp at low noise, too.
_RAMP = 0.1
_CRUMB = 1e-3

Quads = Float32[np.ndarray, "rows columns"]


def ceilings(mosaic: LinearMosaic) -> tuple[float, float, float]:
    """Value from which a red, green or blue sample counts as clipped."""
    red, green, blue = (CLIPPED * mosaic.exposure * gain for gain in mosaic.gains)
    return red, green, blue


def clear_of_clipping(mosaic: LinearMosaic, *, reach: int) -> Quads:
    """0 (clipped, or within `reach` quads of it) to 1 (well below) for every 2×2 quad, without steps.

    A quad is judged by its brightest sample against that colour's ceiling.

    Args:
        mosaic: one frame.
        reach: how far a clipped sample is felt, in quads: 0 for samples as they are, more for interpolated ones.
    """
    h, w = mosaic.shape
    share = np.zeros((h // 2, w // 2), np.float32)
    for colour, plane in mosaic.cfa.planes:
        np.maximum(share, mosaic.values[plane] * np.float32(1 / (mosaic.exposure * mosaic.gains[colour])), out=share)
    width = doubt_width(mosaic)
    if float(share.max()) < CLIPPED - width:
        return np.ones_like(share)
    clear = np.clip((np.float32(CLIPPED) - share) * np.float32(1 / width), 0, 1)
    if reach > 0:
        # The least within one quad more than the reach, then smoothed by one: what is within reach stays at 0.
        clear = cv2.blur(cv2.erode(clear, np.ones((2 * reach + 3,) * 2, np.uint8)), (3, 3))
    # A running mean leaves crumbs where all it adds up is 0.
    clear[clear < _CRUMB] = 0
    return clear


def doubt_width(mosaic: LinearMosaic) -> float:
    """Share of a full photosite, below CLIPPED, from which on a sample counts less: what noise may have cut off."""
    return max(_RAMP, _SAFE_SIGMAS * full_sigma(mosaic))


def full_sigma(mosaic: LinearMosaic) -> float:
    """Deviation of the noise of a full photosite as a share of its value, of the colour where it is largest."""
    full = [mosaic.exposure * gain for gain in mosaic.gains]
    return max(float(np.sqrt(mosaic.noise.variance(v, channel=c))) / v for c, v in enumerate(full))


def clip_alike(reference: LinearMosaic, frame: LinearMosaic) -> tuple[LinearMosaic, LinearMosaic]:
    """Both mosaics as if the lower of their two ceilings were that of both; one that stays as it is is not copied.

    What one of them shows above the other's ceiling would else look like a difference, and pull the alignment.
    """
    if max(reference.exposure, frame.exposure) < _SAME_CEILING * min(reference.exposure, frame.exposure):
        return reference, frame
    lower = min(reference.exposure, frame.exposure)
    return _clipped_at(reference, lower), _clipped_at(frame, lower)


def greys_alike(
    reference: LinearMosaic, frame: LinearMosaic
) -> tuple[list[Float32[np.ndarray, "_ _"]], list[Float32[np.ndarray, "_ _"]]]:
    """The grey pyramids of both, clipped alike: what `align` needs for frames of different exposure."""
    first, second = clip_alike(reference, frame)
    return grey_pyramid(first), grey_pyramid(second)


def _clipped_at(mosaic: LinearMosaic, exposure: float) -> LinearMosaic:
    if mosaic.exposure <= exposure:
        return mosaic
    values = mosaic.values.copy()
    for colour, plane in mosaic.cfa.planes:
        np.minimum(values[plane], np.float32(mosaic.gains[colour] * exposure), out=values[plane])
    return replace(mosaic, values=values, exposure=exposure)
