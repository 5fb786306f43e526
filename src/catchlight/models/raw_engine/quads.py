"""A mosaic's samples as the engine reads them, and its answer as a picture."""

from __future__ import annotations

import math
from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.core.bands import for_bands
from catchlight.models.raw_engine.curve import EngineCurve

Deviation = tuple[float, float, float]
# Deviations beyond this say no more: there is hardly a picture under such noise.
_MOST_DEVIATION = 0.5


def pack_quads(
    values: Float32[np.ndarray, "h w"],
    share: Float32[np.ndarray, "_ _"] | None,
    *,
    begin: tuple[int, int],
    shape: tuple[int, int],
    scale: float,
    curve: EngineCurve,
    deviation: Deviation,
) -> Float32[np.ndarray, "1 8 n m"]:
    """The engine's input for a part of a mosaic; what lies outside is reflected about the outermost samples.

    Args:
        values: linear samples.
        share: part of the noise variance that is left in each 2×2 quad of the mosaic; None where it is 1.
        begin: row and column of the first sample, a red one; may lie outside.
        shape: height and width in samples, even.
        scale: what samples are multiplied by, so that white is 1.
        curve: under which the engine sees them.
        deviation: of one frame's noise under the curve, for red, green, blue.
    """
    out = np.empty((1, 8, shape[0] // 2, shape[1] // 2), np.float32)
    offset, origin, slope = _numbers(curve)
    shares = np.ones((1, 1), np.float32) if share is None else share
    work = partial(
        _pack_rows, values, shares, share is not None, begin[0], begin[1], np.float32(scale), offset, origin, slope,
        np.array(deviation, np.float32), np.float32(_MOST_DEVIATION), out[0],
    )  # fmt: skip
    for_bands(work, shape[0] // 2, step=1)
    return out


def unpack_quads(
    answer: Float32[np.ndarray, "12 n m"],
    out: Float32[np.ndarray, "h w 3"],
    *,
    at: tuple[int, int],
    rows: tuple[int, int],
    columns: tuple[int, int],
    scale: float,
    curve: EngineCurve,
) -> None:
    """Writes a part of the engine's answer into the picture, as light.

    Args:
        answer: red of the four samples of each quad, then green, then blue.
        out: the picture, which the caller owns.
        at: row and column of the picture where the answer's first sample lies; may lie outside.
        rows: first and last + 1 row of the picture that is written.
        columns: the same across.
        scale: as for `pack_quads`.
        curve: the same.
    """
    offset, origin, slope = _numbers(curve)
    work = partial(
        _unpack_rows, answer, out, at[0], at[1], rows[0], columns[0], columns[1], np.float32(1 / scale), offset, origin,
        np.float32(1 / slope),
    )  # fmt: skip
    for_bands(work, rows[1] - rows[0], step=1)


def _numbers(curve: EngineCurve) -> tuple[np.float32, np.float32, np.float32]:
    """Offset, its root, slope; a negative offset stands for the straight line."""
    if math.isinf(curve.offset):
        return np.float32(-1), np.float32(0), np.float32(1)
    return np.float32(curve.offset), np.float32(math.sqrt(curve.offset)), np.float32(curve.slope)


@njit(cache=True, nogil=True)
@no_type_check
def _inside(place, size):
    """A place brought into 0…size - 1 by reflection about the outermost samples."""
    while place < 0 or place >= size:
        place = -place if place < 0 else 2 * (size - 1) - place
    return place


@njit(cache=True, nogil=True)
@no_type_check
def _pack_rows(
    values, shares, has_share, top, left, scale, offset, origin, slope, deviation, most, out, first, last
):  # fmt: skip
    h, w = values.shape
    for qy in range(first, last):
        for k in range(4):
            y = _inside(top + 2 * qy + k // 2, h)
            level = deviation[(k + 1) // 2]
            for qx in range(out.shape[2]):
                x = _inside(left + 2 * qx + k % 2, w)
                u = values[y, x] * scale
                if offset >= 0:
                    u += offset
                    u = (np.sqrt(u) if u >= 0 else -np.sqrt(-u)) - origin
                    u *= slope
                out[k, qy, qx] = u
                d = level * np.sqrt(shares[y // 2, x // 2]) if has_share else level
                out[4 + k, qy, qx] = min(d, most)


@njit(cache=True, nogil=True)
@no_type_check
def _unpack_rows(answer, out, top, left, begin, x0, x1, scale, offset, origin, step, first, last):
    for y in range(begin + first, begin + last):
        sy = y - top
        row = 2 * (sy % 2)
        for x in range(x0, x1):
            sx = x - left
            site = row + sx % 2
            for c in range(3):
                u = answer[4 * c + site, sy // 2, sx // 2]
                if offset >= 0:
                    u = u * step + origin
                    u = u * abs(u) - offset
                out[y, x, c] = u * scale
