"""What OpenCV makes of the same bracket: frames demosaiced by Catchlight, merged by Debevec's or Robertson's method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.burst.align.align import align
from catchlight.burst.exposure.clear import greys_alike
from catchlight.burst.grey import grey_noise_variance
from catchlight.burst.merge.warp import OUTSIDE, warp_rgb
from catchlight.camera.noise_root import interpolate_mosaic
from catchlight.core import LinearMosaic, srgb_decode, srgb_encode

Picture = Float32[np.ndarray, "h w 3"]
Method = Literal["debevec", "robertson"]
# Brightness of the truth between which the scale of a peer's picture is fitted: neither clipped nor noise.
_FIT_FROM, _FIT_TO = 0.05, 0.5


def opencv_merge(
    linear: Sequence[LinearMosaic], method: Method, *, aligned_by: Literal["catchlight", "mtb"]
) -> Picture:
    """Radiance of a bracket as OpenCV sees it, on an arbitrary scale.

    OpenCV merges 8-bit pictures: each frame is demosaiced in the way of Catchlight's result, clipped where its own
    green is full, and encoded with the curve of sRGB, whose inverse OpenCV is told. So it need not guess a response.

    Args:
        linear: the frames at the exposure of the first, each with its own `exposure`.
        method: Debevec & Malik 1997 or Robertson et al. 1999.
        aligned_by: with Catchlight's alignment, so that the merges alone differ, or with OpenCV's median threshold
            bitmaps (Ward 2003), which know shifts only.
    """
    pictures = [_eight_bit(mosaic) for mosaic in linear]
    if aligned_by == "mtb":
        found: list[UInt8[np.ndarray, "h w 3"]] = [p.copy() for p in pictures]
        cv2.createAlignMTB().process(pictures, found)
        pictures = found
    else:
        pictures = [pictures[0], *(_moved(linear[0], m, p) for m, p in zip(linear[1:], pictures[1:], strict=True))]
    # A frame whose photosites are full at `exposure` collected 1/exposure of the first one's light.
    times_s = np.array([1 / m.exposure for m in linear], np.float32)
    levels = srgb_decode(np.arange(256, dtype=np.float32) / np.float32(255))
    levels[0] = levels[1] / 2  # it takes logarithms
    response = np.repeat(levels[:, None, None], 3, axis=2).astype(np.float32)
    merge = cv2.createMergeDebevec() if method == "debevec" else cv2.createMergeRobertson()
    return np.nan_to_num(np.asarray(merge.process(pictures, times_s, response), np.float32), posinf=0.0, neginf=0.0)


def fitted(picture: Picture, truth: Picture) -> Picture:
    """The picture with each channel scaled so that its median ratio to the truth is 1 where that is well exposed."""
    result = picture.copy()
    for c in range(3):
        sure = (truth[..., c] > _FIT_FROM) & (truth[..., c] < _FIT_TO) & (picture[..., c] > 0)
        if sure.any():
            result[..., c] *= np.float32(np.median(truth[..., c][sure] / picture[..., c][sure]))
    return result


def _eight_bit(mosaic: LinearMosaic) -> UInt8[np.ndarray, "h w 3"]:
    own = np.clip(interpolate_mosaic(mosaic) * np.float32(1 / mosaic.exposure), 0, 1)
    return np.round(srgb_encode(own) * 255).astype(np.uint8)


def _moved(first: LinearMosaic, other: LinearMosaic, picture: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """A picture in the first frame's geometry; black, which weighs nothing, where it does not reach."""
    still, moved = greys_alike(first, other)
    alignment = align(still, moved, noise_variance=grey_noise_variance(still[0], first.noise))
    found = warp_rgb(picture.astype(np.float32), alignment)
    return np.where(found <= OUTSIDE, 0, np.clip(np.round(found), 0, 255)).astype(np.uint8)
