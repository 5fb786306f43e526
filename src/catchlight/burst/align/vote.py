"""Which of two shifts shows more of a tile as it is: by area, not by brightness."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32

Grey = Float32[np.ndarray, "h w"]

# A difference is none when it is within this many deviations of the noise, and of what a quarter of a pixel makes.
_DEVIATIONS, _MISPLACED_PX = 4.0, 0.25
# Of the tile's area, what the new shift must show more.
_MARGIN = 0.03


def shows_more(
    reference: Grey,
    moved: Grey,
    before: Float32[np.ndarray, "rows columns 2"],
    after: Float32[np.ndarray, "rows columns 2"],
    asked: Bool[np.ndarray, "rows columns"],
    *,
    tile: int,
    noise_sigma: float,
) -> Bool[np.ndarray, "rows columns"]:
    """Tiles, of those asked for, of which more area agrees with the reference under `after` than under `before`.

    Args:
        reference: finest grey picture, blurred.
        moved: the other frame under the global motion, blurred.
        before: shifts, in pixels of these pictures.
        after: the others.
        asked: tiles to judge; False in the result elsewhere.
        tile: side of a tile in the same pixels.
        noise_sigma: deviation of the noise in each picture.

    A small bright thing that moves decides a sum of squares, and would take the dim ground around it along.
    """
    more = np.zeros_like(asked)
    for row, column in np.argwhere(asked):
        top, left = int(row) * tile, int(column) * tile
        old = _share(reference, moved, top, left, tile, before[row, column], noise_sigma)
        new = _share(reference, moved, top, left, tile, after[row, column], noise_sigma)
        more[row, column] = new > old + _MARGIN
    return more


def _share(
    a: Grey, b: Grey, top: int, left: int, tile: int, shift: Float32[np.ndarray, "2"], noise_sigma: float
) -> float:
    """Share of a tile that agrees under a shift; 0 where most of it leaves the picture."""
    h, w = a.shape
    ix, iy = int(np.floor(shift[0])), int(np.floor(shift[1]))
    y0, y1 = max(top, 1, -iy), min(top + tile, h - 1, h - 1 - iy)
    x0, x1 = max(left, 1, -ix), min(left + tile, w - 1, w - 1 - ix)
    if 2 * (y1 - y0) < tile or 2 * (x1 - x0) < tile:
        return 0.0
    fx, fy = np.float32(shift[0] - ix), np.float32(shift[1] - iy)
    there = b[y0 + iy : y1 + iy + 1, x0 + ix : x1 + ix + 1]
    lines = (1 - fy) * there[:-1] + fy * there[1:]
    here = a[y0:y1, x0:x1]
    difference = (1 - fx) * lines[:, :-1] + fx * lines[:, 1:] - here
    slope = np.abs(a[y0:y1, x0 + 1 : x1 + 1] - a[y0:y1, x0 - 1 : x1 - 1])
    slope = 0.5 * (slope + np.abs(a[y0 + 1 : y1 + 1, x0:x1] - a[y0 - 1 : y1 - 1, x0:x1]))
    limit = _DEVIATIONS * np.float32(np.sqrt(2) * noise_sigma) + np.float32(_MISPLACED_PX) * slope
    return float((np.abs(difference) < limit).mean())
