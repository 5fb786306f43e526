"""A grey frame under the global motion, as the tiles compare it with the reference."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Float64
from numba import njit

from catchlight.burst.cubic import cubic_sample
from catchlight.core.bands import for_bands


def moved_grey(
    frame: Float32[np.ndarray, "h w"],
    reference: Float32[np.ndarray, "h w"],
    affine: Float64[np.ndarray, "2 3"],
    *,
    shifts: Float32[np.ndarray, "rows columns 2"] | None = None,
    tile: int = 1,
) -> Float32[np.ndarray, "h w"]:
    """The frame under the motion that is known; the reference where the frame does not reach, which asks for no shift.

    Args:
        frame: grey picture.
        reference: the other one, of the same size.
        affine: `frame_from_reference` in pixels of these pictures, centres at 0.5.
        shifts: what a place moves by before `affine`, at the tiles' centres, bilinear between them; None: nothing.
        tile: side of a tile in the same pixels.

    Not OpenCV's warp: that rounds places to 1/32 px, which is more than the alignment's own error.
    """
    out = np.empty_like(frame)
    if shifts is None:
        for_bands(partial(_move_rows, frame, reference, affine, out), frame.shape[0])
    else:
        for_bands(partial(_move_rows_by_field, frame, reference, affine, shifts, tile, out), frame.shape[0])
    return out


def seen_share(
    shape: tuple[int, int], affine: Float64[np.ndarray, "2 3"], *, tile: int, rows: int, columns: int
) -> Float32[np.ndarray, "rows columns"]:
    """Share of every tile that the frame shows under the global motion, from 4×4 places in each.

    Args:
        shape: height and width of the pictures.
        affine: `frame_from_reference` in pixels of these pictures, centres at 0.5.
        tile: side of a tile in the same pixels.
        rows: of tiles.
        columns: of tiles.
    """
    h, w = shape
    y = np.minimum((np.arange(4 * rows) + 0.5) * tile / 4, h - 0.5)[:, None]
    x = np.minimum((np.arange(4 * columns) + 0.5) * tile / 4, w - 0.5)[None, :]
    u = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]
    v = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]
    seen = (u > 1) & (v > 1) & (u < w - 1) & (v < h - 1)
    share: Float32[np.ndarray, "rows columns"] = seen.reshape(rows, 4, columns, 4).mean(axis=(1, 3)).astype(np.float32)
    return share


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _move_rows(frame, reference, affine, out, top, bottom):
    height, width = frame.shape
    for y in range(top, bottom):
        u0 = affine[0, 0] * 0.5 + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5
        v0 = affine[1, 0] * 0.5 + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5
        for x in range(width):
            u, v = u0 + affine[0, 0] * x, v0 + affine[1, 0] * x
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu < 1 or iv < 1 or iu >= width - 2 or iv >= height - 2:
                out[y, x] = reference[y, x]
                continue
            out[y, x] = cubic_sample(frame, iv, iu, v - iv, u - iu)


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _move_rows_by_field(frame, reference, affine, shifts, tile, out, top, bottom):
    height, width = frame.shape
    rows, columns = shifts.shape[0], shifts.shape[1]
    # The field's two rows of tiles about a row of pixels, mixed for it once.
    line = np.empty((columns, 2), np.float64)
    for y in range(top, bottom):
        gy = min(max((y + 0.5) / tile - 0.5, 0.0), rows - 1.0)
        iy = min(int(gy), max(rows - 2, 0))
        jy = min(iy + 1, rows - 1)
        fy = gy - iy
        for c in range(columns):
            line[c, 0] = (1 - fy) * shifts[iy, c, 0] + fy * shifts[jy, c, 0]
            line[c, 1] = (1 - fy) * shifts[iy, c, 1] + fy * shifts[jy, c, 1]
        for x in range(width):
            gx = min(max((x + 0.5) / tile - 0.5, 0.0), columns - 1.0)
            ix = min(int(gx), max(columns - 2, 0))
            jx = min(ix + 1, columns - 1)
            fx = gx - ix
            px = x + 0.5 + (1 - fx) * line[ix, 0] + fx * line[jx, 0]
            py = y + 0.5 + (1 - fx) * line[ix, 1] + fx * line[jx, 1]
            u = affine[0, 0] * px + affine[0, 1] * py + affine[0, 2] - 0.5
            v = affine[1, 0] * px + affine[1, 1] * py + affine[1, 2] - 0.5
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu < 1 or iv < 1 or iu >= width - 2 or iv >= height - 2:
                out[y, x] = reference[y, x]
                continue
            out[y, x] = cubic_sample(frame, iv, iu, v - iv, u - iu)
