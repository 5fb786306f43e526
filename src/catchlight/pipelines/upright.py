"""Turns a picture the way its EXIF orientation says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catchlight.core import Frame


def upright(frame: Frame) -> Frame:
    """The frame with its pixels turned and mirrored so that orientation becomes 1.

    Source: EXIF 2.32, tag 274: 2 mirrored, 3 half turn, 4 upside down mirrored, 5 transposed, 6 a quarter turn
    clockwise is needed, 7 transverse, 8 a quarter turn counter-clockwise is needed.
    """
    orientation = frame.metadata.orientation
    if orientation == 1:
        return frame
    pixels = frame.pixels
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return replace(frame, pixels=np.ascontiguousarray(pixels), metadata=replace(frame.metadata, orientation=1))
