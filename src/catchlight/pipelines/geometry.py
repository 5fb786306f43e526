"""The stored picture of the reference, in which alignments and maps are, against the finished one."""

from __future__ import annotations

import numpy as np

from catchlight.burst import Alignment
from catchlight.pipelines.development import Development


def stored_shape(development: Development) -> tuple[int, int]:
    """Height and width before the picture was turned upright."""
    if development.reference_raw is not None:
        return development.reference_raw.shape
    assert development.frame is not None
    h, w = development.frame.shape
    return (w, h) if (shown_orientation(development) or 1) >= 5 else (h, w)


def shown_orientation(development: Development) -> int | None:
    """EXIF orientation by which maps must be turned to lie over the picture; None without a picture."""
    frame = development.frame
    if frame is None:
        return None
    return development.orientation if frame.metadata.orientation == 1 else 1


def centre_shift_px(alignment: Alignment, shape: tuple[int, int]) -> tuple[float, float]:
    """Where the picture's centre moves to, (dx, dy) in stored pixels."""
    centre = np.array([shape[1] / 2, shape[0] / 2])
    dx, dy = alignment.affine[:, :2] @ centre + alignment.affine[:, 2] - centre
    return float(dx), float(dy)
