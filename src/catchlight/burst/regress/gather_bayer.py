"""3×3 samples of a Bayer mosaic: the centre, those beside it, those above and below, and the corners are one colour."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit

from catchlight.burst.regress.gather_place import (
    AFTER_PLACE,
    COLUMN,
    FU,
    FV,
    INDEX,
    INTS,
    ROW,
    W,
    add_to,
    biweight,
    look_up,
    place,
)
from catchlight.burst.regress.row_chunk import CHUNK, PIECES, take

# Further parts of `work`: the nine samples, and sums and weights of red, green, blue.
_TAPS = AFTER_PLACE
_SUMS = _TAPS + 9 * CHUNK
_END = _SUMS + 6 * CHUNK


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def gather_bayer(
    red_y, red_x, samples, weight, first_row, whole, affine, shifts, cell, scale, support, origin, sums,
    weights, top, bottom,
):  # fmt: skip
    """Rows top…bottom of `gather_rows` for a reach of 1."""
    height, width = samples.shape
    flat, flat_weight = samples.reshape(height * width), weight.reshape(height * width)
    columns = sums.shape[2]
    work = np.empty(_END, np.float32)
    knots = np.empty((2, PIECES + 1), np.float64)
    ints, ends = np.empty(INTS, np.int32), np.empty(CHUNK, np.int64)
    for line in range(top, bottom):
        y = (origin + line + 0.5) / scale
        for start in range(0, columns, CHUNK):
            look_up(affine, shifts, cell, scale, start, y, knots)
            runs, some = place(knots, first_row, 2, flat_weight, samples.shape, work, ints, ends)
            if not some:
                continue
            for j in range(3):
                for i in range(3):
                    offset = (j - 1) * width + i - 1
                    take(flat, ints, INDEX, offset, ends, runs, work, _TAPS + (3 * j + i) * CHUNK)
            _weigh(
                work, ints, np.int32(red_x), np.int32(red_y - first_row), np.int32(first_row),
                np.int32(width), np.int32(whole), np.float32(1.0) / support,
            )  # fmt: skip
            for c in range(3):
                add_to(sums[c, line], start, columns, work, _SUMS + 2 * c * CHUNK)
                add_to(weights[c, line], start, columns, work, _SUMS + (2 * c + 1) * CHUNK)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _weigh(work, ints, red_x, red_y, first_row, width, whole, inv):
    one, zero = np.float32(1.0), np.float32(0.0)
    for k in range(CHUNK):
        fu, fv, w = work[FU + k], work[FV + k], work[W + k]
        x, y = ints[COLUMN + k], ints[ROW + k]
        west, mid_x, east = biweight(fu + one, inv), biweight(fu, inv), biweight(one - fu, inv)
        north, mid_y, south = biweight(fv + one, inv) * w, biweight(fv, inv) * w, biweight(one - fv, inv) * w
        # Nothing lies beyond the frame's rim.
        west = west if x > 0 else zero
        east = east if x < width - 1 else zero
        north = north if y + first_row > 0 else zero
        south = south if y + first_row < whole - 1 else zero
        t = _TAPS + k
        centre = mid_y * mid_x * work[t + 4 * CHUNK]
        beside = mid_y * (west * work[t + 3 * CHUNK] + east * work[t + 5 * CHUNK])
        above = mid_x * (north * work[t + CHUNK] + south * work[t + 7 * CHUNK])
        corner = north * (west * work[t] + east * work[t + 2 * CHUNK])
        corner += south * (west * work[t + 6 * CHUNK] + east * work[t + 8 * CHUNK])
        sides, poles = west + east, north + south
        n_centre, n_beside, n_above, n_corner = mid_y * mid_x, mid_y * sides, mid_x * poles, poles * sides
        in_red_row = (y - red_y) & 1 == 0
        in_red_column = (x - red_x) & 1 == 0
        # Of the row's own colour other than green, and of the third.
        row_has_it = in_red_row == in_red_column
        own = centre if row_has_it else beside
        n_own = n_centre if row_has_it else n_beside
        other = corner if row_has_it else above
        n_other = n_corner if row_has_it else n_above
        s = _SUMS + k
        work[s] = own if in_red_row else other
        work[s + CHUNK] = n_own if in_red_row else n_other
        work[s + 2 * CHUNK] = beside + above if row_has_it else centre + corner
        work[s + 3 * CHUNK] = n_beside + n_above if row_has_it else n_centre + n_corner
        work[s + 4 * CHUNK] = other if in_red_row else own
        work[s + 5 * CHUNK] = n_other if in_red_row else n_own
