"""Frames of different brightness made comparable before their tiles are aligned."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.burst.grey import brightness_ratio

Pyramid = list[Float32[np.ndarray, "_ _"]]

# The grey picture mixes colours that are full one after the other, and noise: it stops short of full here.
_SAFE = 0.9
# Brightness is compared on pictures of about this size, and a difference below this share is left: it costs a tile
# 0.1 % of what it shows.
_SIDE_PX, _ALIKE = 192, 0.03
# A larger factor is not light that changed: the frames show different things.
_MOST = 8.0


def equally_exposed(reference: Pyramid, frame: Pyramid, full: tuple[float, float]) -> tuple[Pyramid, Pyramid]:
    """Both pyramids cut at the lower of the two levels at which photosites are full.

    Args:
        reference: grey pyramid, linear.
        frame: that of the other frame, scaled to the reference's brightness.
        full: values of a full photosite of the reference and of the frame, on that scale.

    A light that is full in one frame only has other borders and another brightness there, which would be taken for
    motion; cut at one level it looks the same in both.
    """
    level = np.float32(_SAFE * min(full))
    return [np.minimum(picture, level) for picture in reference], [np.minimum(picture, level) for picture in frame]


def as_bright(reference: Pyramid, frame: Pyramid, affine: Float64[np.ndarray, "2 3"]) -> Pyramid:
    """The frame's pyramid, made as bright as the reference's where both show the same place: flicker, a flash.

    Args:
        reference: grey pyramid, linear; the finest is the half-size picture.
        frame: that of the other frame.
        affine: `frame_from_reference` in full-size pixels, centres at 0.5.
    """
    h, w = reference[-1].shape
    shrink = max(1.0, max(h, w) / _SIDE_PX)
    size = (max(1, round(w / shrink)), max(1, round(h / shrink)))
    a, b = (cv2.resize(pyramid[-1], size, interpolation=cv2.INTER_AREA) for pyramid in (reference, frame))
    small = affine.astype(np.float32)
    small[:, 2] *= np.array([size[0] / reference[0].shape[1], size[1] / reference[0].shape[0]], np.float32) / 2
    factor = float(np.clip(brightness_ratio(a, b, small), 1 / _MOST, _MOST))
    if abs(factor - 1) < _ALIKE:
        return frame
    return [picture * np.float32(factor) for picture in frame]
