"""The last step of a merge: from sums to means."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
@no_type_check
def mean_rows(total, weights, squares, top, bottom):
    """Quads top…bottom, in place: sums become means, and squared weights the share of variance that is left."""
    width = total.shape[1]
    inverse = np.empty(width, np.float32)
    one = np.float32(1.0)
    for q in range(top, bottom):
        for x in range(width // 2):
            part = one / weights[q, x]
            squares[q, x] *= part * part
            inverse[2 * x] = part
            inverse[2 * x + 1] = part
        for y in range(2 * q, 2 * q + 2):
            line = total[y]
            for x in range(width):
                line[x] *= inverse[x]
