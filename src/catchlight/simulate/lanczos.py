"""Samples one colour per photosite from a picture under an affine transform, without an intermediate RGB frame."""

from __future__ import annotations

from functools import cache
from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Float64, Int64
from numba import njit

from catchlight.core.bands import for_bands
from catchlight.core.errors import ContractError

LANCZOS_REACH_PX = 4
# Positions are rounded to 1/1024 px: OpenCV's 1/32 px would leave an error of about 50 dB on sharp edges.
_PHASES = 1024


@cache
def _weights() -> Float32[np.ndarray, "phases 8"]:
    phase = np.arange(_PHASES + 1)[:, None] / _PHASES
    distance = np.arange(8)[None, :] - 3 - phase
    weight = np.sinc(distance) * np.sinc(distance / LANCZOS_REACH_PX)
    weight[np.abs(distance) >= LANCZOS_REACH_PX] = 0
    table: Float32[np.ndarray, "phases 8"] = (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)
    return table


def sample_tile(
    source: Float32[np.ndarray, "sh sw c"],
    source_from_output: Float64[np.ndarray, "*lines 2 3"],
    *,
    tile: Int64[np.ndarray, "rows columns"],
    window: tuple[int, int, int, int],
) -> Float32[np.ndarray, "h w"]:
    """One channel of `source` per output pixel, chosen by the pixel's place in a periodic tile; Lanczos, reach 4.

    Args:
        source: linear light; read with its edge repeated outside.
        source_from_output: where an output point (x, y) lies in the source; pixel centres at 0.5 in both. One
            transform, or one for every row of the whole output: a rolling shutter.
        tile: channel for each row and column of the output, repeated over it: a filter array's tile, or one number.
        window: top, left, bottom, right of the part of the output that is wanted.

    Returns:
        The window's pixels; may overshoot the source's range by a few per cent at sharp edges.

    Raises:
        ContractError: an empty window, or one that has rows without a transform.

    Source: Duchon 1979, "Lanczos filtering in one and two dimensions".
    """
    top, left, bottom, right = window
    transforms = np.ascontiguousarray(source_from_output).reshape(-1, 2, 3)
    if not (0 <= top < bottom and 0 <= left < right) or (len(transforms) > 1 and bottom > len(transforms)):
        raise ContractError(f"a window is top < bottom and left < right, from 0 within the output; found {window}")
    out = np.empty((bottom - top, right - left), np.float32)
    weights = _weights()
    pixels = np.ascontiguousarray(source)

    def work(first: int, last: int) -> None:
        _sample_rows(pixels, transforms, tile, weights, out, top, left, first, last)

    for_bands(work, bottom - top)
    return out


# no_type_check: the checker that wraps every function in tests would hand Numba its wrapper instead of the kernel.
@njit(cache=True, nogil=True, fastmath=True)
@no_type_check
def _sample_rows(source, transforms, tile, weights, out, top, left, first, last):
    h, w, _ = source.shape
    phases = weights.shape[0] - 1
    tile_rows, tile_columns = tile.shape
    for row in range(first, last):
        y = row + top + 0.5
        tile_row = (row + top) % tile_rows
        transform = transforms[row + top] if transforms.shape[0] > 1 else transforms[0]
        for column in range(out.shape[1]):
            x = column + left + 0.5
            sx = transform[0, 0] * x + transform[0, 1] * y + transform[0, 2] - 0.5
            sy = transform[1, 0] * x + transform[1, 1] * y + transform[1, 2] - 0.5
            ix, iy = int(np.floor(sx)), int(np.floor(sy))
            px, py = int((sx - ix) * phases + 0.5), int((sy - iy) * phases + 0.5)
            channel = tile[tile_row, (column + left) % tile_columns]
            total = np.float32(0)
            inside = 3 <= ix < w - 4 and 3 <= iy < h - 4
            for j in range(8):
                line = np.float32(0)
                yy = iy + j - 3
                if inside:
                    for i in range(8):
                        line += weights[px, i] * source[yy, ix + i - 3, channel]
                else:
                    yy = min(max(yy, 0), h - 1)
                    for i in range(8):
                        line += weights[px, i] * source[yy, min(max(ix + i - 3, 0), w - 1), channel]
                total += weights[py, j] * line
            out[row, column] = total
