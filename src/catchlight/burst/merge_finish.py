"""The last steps of a merge: from sums to means, and from means to what they know beyond an interpolation."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def mean_rows(total, weights, squares, sites, values, top, bottom):
    """Quads top…bottom: sums become means, squared weights the share of variance left, the own colours `values`."""
    width = values.shape[1]
    inverse = np.empty(width, np.float32)
    one = np.float32(1.0)
    for q in range(top, bottom):
        for x in range(width // 2):
            part = one / weights[q, x]
            squares[q, x] *= part * part
            inverse[2 * x] = part
            inverse[2 * x + 1] = part
        for k in range(2):
            y = 2 * q + k
            for c in range(3):
                line = total[c, y]
                for x in range(width):
                    line[x] *= inverse[x]
            even, odd, out = total[sites[2 * k], y], total[sites[2 * k + 1], y], values[y]
            for x in range(width):
                out[x] = even[x] if x & 1 == 0 else odd[x]


@njit(cache=True, nogil=True)
@no_type_check
def detail_rows(total, plain, news, cell, top, bottom):
    """Rows top…bottom: total ← (total - plain) · news, where `news` has one number a tile of side `cell`.

    `plain` begins with the row `top`; news is bilinear between the tiles' centres.
    """
    rows, columns = news.shape
    width = total.shape[2]
    part = np.empty(width, np.float32)
    for y in range(top, bottom):
        gy = min(max((y + 0.5) / cell - 0.5, 0.0), rows - 1.0)
        iy = min(int(gy), max(rows - 2, 0))
        upper, lower, fy = news[iy], news[min(iy + 1, rows - 1)], np.float32(gy - iy)
        for x in range(width):
            gx = min(max((x + 0.5) / cell - 0.5, 0.0), columns - 1.0)
            ix = min(int(gx), max(columns - 2, 0))
            jx, fx = min(ix + 1, columns - 1), np.float32(gx - ix)
            a, b = upper[ix] + fx * (upper[jx] - upper[ix]), lower[ix] + fx * (lower[jx] - lower[ix])
            part[x] = a + fy * (b - a)
        for c in range(3):
            line, other = total[c, y], plain[c, y - top]
            for x in range(width):
                line[x] = (line[x] - other[x]) * part[x]
