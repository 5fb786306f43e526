"""Where a chunk of the result lies in a frame, and what its rim leaves of the kernel there."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.burst.regress.places import PIECE, in_frame
from catchlight.burst.regress.row_chunk import CHUNK, PIECES, along, runs_of, take

# Parts of `work`, each CHUNK long: distance from the nearest sample's middle, the weight there, and two for the places.
FU, FV, W, _U, _V = 0, CHUNK, 2 * CHUNK, 3 * CHUNK, 4 * CHUNK
AFTER_PLACE = 5 * CHUNK
# Parts of `ints`: column, row and flat index of the nearest samples.
COLUMN, ROW, INDEX, INTS = 0, CHUNK, 2 * CHUNK, 3 * CHUNK


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def biweight(distance, per_support):
    """(1 - t²)² for t = distance / support; 0 beyond 1."""
    t = distance * per_support
    t = max(np.float32(1.0) - t * t, np.float32(0.0))
    return t * t


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def look_up(affine, shifts, cell, scale, start, y, knots):
    """Places in the frame of a row's columns from `start` on, PIECE columns apart."""
    for piece in range(PIECES + 1):
        x = (start + piece * PIECE + 0.5) / scale
        knots[0, piece], knots[1, piece] = in_frame(affine, shifts, cell, x, y)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def place(knots, first_row, room, weight, shape, work, ints, ends):
    """Fills work's FU, FV and W and all of `ints`.

    What lies outside (or within `room` rows of the first or last) gets the weight 0 and the index of another sample.
    Returns (runs, whether any weight is over 0).
    """
    height, width = shape
    u0, v0 = np.floor(knots[0, 0]), np.floor(knots[1, 0])
    along(knots[0], u0, work, _U)
    along(knots[1], v0, work, _V)
    base_u, base_v = np.int32(u0), np.int32(v0) - np.int32(first_row)
    half, zero, one = np.float32(0.5), np.float32(0.0), np.float32(1.0)
    for k in range(CHUNK):
        whole = np.floor(work[_U + k])
        work[FU + k] = work[_U + k] - whole - half
        ints[COLUMN + k] = base_u + np.int32(whole)
    for k in range(CHUNK):
        whole = np.floor(work[_V + k])
        work[FV + k] = work[_V + k] - whole - half
        ints[ROW + k] = base_v + np.int32(whole)
    last_u, first_v, last_v = np.int32(width - 1), np.int32(room), np.int32(height - 1 - room)
    for k in range(CHUNK):
        x, y = ints[COLUMN + k], ints[ROW + k]
        a, b = min(max(x, np.int32(0)), last_u), min(max(y, first_v), last_v)
        work[_U + k] = one if a == x and b == y else zero
        ints[COLUMN + k] = a
        ints[ROW + k] = b
        ints[INDEX + k] = b * np.int32(width) + a
    runs = runs_of(ints, INDEX, ends)
    take(weight, ints, INDEX, 0, ends, runs, work, W)
    some = zero
    for k in range(CHUNK):
        work[W + k] *= work[_U + k]
        some += work[W + k]
    return runs, some > zero


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def add_to(target, start, end, work, at):
    """target[start + k] += work[at + k] for those before `end`."""
    count = min(end - start, CHUNK)
    line, source = target[start : start + count], work[at : at + count]
    for k in range(line.size):
        line[k] += source[k]
