"""Cubic convolution between samples, for numba kernels."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def cubic_weights(f):
    """Weights of the samples at -1…2 for the place f between 0 and 1, a float32.

    Source: Keys 1981, "Cubic convolution interpolation for digital image processing", a = -1/2.
    """
    half, one, three, five = np.float32(0.5), np.float32(1.0), np.float32(3.0), np.float32(5.0)
    g = one - f
    return (
        -half * f * g * g,
        one + half * f * f * (three * f - five),
        half * f * (one + f + three * f * g),
        -half * f * f * g,
    )


@njit(cache=True, nogil=True, inline="always")
@no_type_check
def cubic_sample(picture, row, column, down, across):
    """Value of a plane at (row + down, column + across), `down` and `across` between 0 and 1.

    All 4×4 samples about the place must lie in the picture.
    """
    p, q, r, s = cubic_weights(np.float32(across))
    weights = cubic_weights(np.float32(down))
    total = np.float32(0.0)
    for j in range(4):
        line = picture[row - 1 + j]
        total += weights[j] * (p * line[column - 1] + q * line[column] + r * line[column + 1] + s * line[column + 2])
    return total
