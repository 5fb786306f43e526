"""Turns a picture the way its EXIF orientation says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from catchlight.core import Frame


def upright(frame: Frame) -> Frame:
    """The frame with its pixels and its gain map turned and mirrored so that orientation becomes 1.

    Source: EXIF 2.32, tag 274: 2 mirrored, 3 half turn, 4 upside down mirrored, 5 transposed, 6 a quarter turn
    clockwise is needed, 7 transverse, 8 a quarter turn counter-clockwise is needed.
    """
    orientation = frame.metadata.orientation
    if orientation == 1:
        return frame
    gain_map = frame.gain_map
    if gain_map is not None:
        gain_map = replace(gain_map, log2_gain=_turned(gain_map.log2_gain, orientation))
    return replace(
        frame,
        pixels=_turned(frame.pixels, orientation),
        metadata=replace(frame.metadata, orientation=1),
        gain_map=gain_map,
    )


def _turned(picture: Float32[np.ndarray, "h w *channels"], orientation: int) -> Float32[np.ndarray, "a b *channels"]:
    if orientation in (5, 6, 7, 8):
        picture = picture.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return np.ascontiguousarray(picture)
