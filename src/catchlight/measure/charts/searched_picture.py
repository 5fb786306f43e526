"""A picture as charts are looked for in it: small enough, and bright enough to be seen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchedPicture:
    """A picture of a limited size.

    Args:
        linear: linear light, as it was.
        relative: the same with its brightest places at 1, clipped to 0…1.
        back: pixels of the whole picture per pixel of this one, along x and y.
    """

    linear: Float32[np.ndarray, "h w *c"]
    relative: Float32[np.ndarray, "h w *c"]
    back: Float64[np.ndarray, "2"]


def searched_picture(linear: Float32[np.ndarray, "a b *c"], *, longest_px: int) -> SearchedPicture:
    """The picture at `longest_px` on its longer side, or as it is where it is smaller.

    Args:
        linear: linear light, any exposure; a plane or RGB.
        longest_px: limit of the longer side.
    """
    h, w = linear.shape[:2]
    scale = min(1.0, longest_px / max(h, w))
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    small = linear if scale == 1.0 else np.asarray(cv2.resize(linear, size, interpolation=cv2.INTER_AREA))
    # A few sparkling points are brighter than what counts as white.
    white = max(float(np.percentile(small, 99.5)), 1e-6)
    return SearchedPicture(
        linear=small,
        relative=np.clip(small / np.float32(white), 0, 1),
        back=np.array([w / size[0], h / size[1]]),
    )
