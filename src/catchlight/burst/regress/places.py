"""Where the pixels of a row lie in another frame, along pieces that are short enough to be straight."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from jaxtyping import Float64
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.burst.merge.warp import shift_at

# Steps between two places that are looked up; between them the way is straight. The field of shifts bends at the
# tiles' centres only, 64 px apart and by a fraction of a pixel.
PIECE = 16


def inverse_of(alignment: Alignment) -> Float64[np.ndarray, "2 3"]:
    """The affine part of `reference_from_frame`."""
    linear = np.linalg.inv(alignment.affine[:, :2])
    return np.column_stack([linear, -linear @ alignment.affine[:, 2]])


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def in_frame(affine, shifts, cell, x, y):
    """Place in the frame of the reference's place (x, y)."""
    dx, dy = shift_at(shifts, cell, x, y)
    return (
        affine[0, 0] * x + affine[0, 1] * y + affine[0, 2] + dx,
        affine[1, 0] * x + affine[1, 1] * y + affine[1, 2] + dy,
    )


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def in_reference(inverse, shifts, cell, u, v):
    """Place in the reference of the frame's place (u, v).

    The shift belongs to the place that is looked for; the field is smooth, so a second look is near enough.
    """
    x = inverse[0, 0] * u + inverse[0, 1] * v + inverse[0, 2]
    y = inverse[1, 0] * u + inverse[1, 1] * v + inverse[1, 2]
    ax, ay = x, y
    for _ in range(2):
        dx, dy = shift_at(shifts, cell, ax, ay)
        ax = x - inverse[0, 0] * dx - inverse[0, 1] * dy
        ay = y - inverse[1, 0] * dx - inverse[1, 1] * dy
    return ax, ay
