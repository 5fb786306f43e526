"""Adds up aligned frames one at a time; memory does not grow with their number."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.burst.robustness import standard_deviation, trust
from catchlight.burst.warp_mosaic import warp_mosaic
from catchlight.core import ContractError, LinearMosaic
from catchlight.core.bands import for_bands


class MosaicMerge:
    """Weighted mean of a reference mosaic and any number of frames in its geometry.

    Every 2×2 quad of a frame enters with the weight that `trust` gives it and the reference with weight 1, so that what
    moved in one frame only is left out of it there.
    """

    def __init__(self, reference: LinearMosaic) -> None:
        self.reference = reference
        self._sigma = standard_deviation(reference)
        self._sum = reference.values.copy()
        rows, columns = reference.shape[0] // 2, reference.shape[1] // 2
        self._weight = np.ones((rows, columns), np.float32)
        self._weight_square = np.ones((rows, columns), np.float32)
        self._typical_variance = float(np.mean(np.square(self._sigma[:: max(1, rows // 64)])))

    def add(self, frame: LinearMosaic, alignment: Alignment) -> Float32[np.ndarray, "h/2 w/2"]:
        """Adds one frame and returns the weights it got."""
        if frame.shape != self.reference.shape or frame.cfa != self.reference.cfa:
            raise ContractError("frames of one burst share size and pattern")
        moved = warp_mosaic(frame, alignment, noise_variance=self._typical_variance)
        weight = trust(self.reference.values, moved, self._sigma)
        work = partial(_add_rows, self._sum, self._weight, self._weight_square, moved, weight)
        for_bands(work, weight.shape[0])
        return weight

    def result(self) -> LinearMosaic:
        """The mean so far, with the share of the noise variance that is left in every quad."""
        values = np.empty_like(self._sum)
        share = np.empty_like(self._weight)
        work = partial(_divide_rows, self._sum, self._weight, self._weight_square, values, share)
        for_bands(work, share.shape[0])
        return LinearMosaic(
            values=values,
            cfa=self.reference.cfa,
            gains=self.reference.gains,
            noise=self.reference.noise,
            share=share,
        )


@njit(cache=True, nogil=True)
@no_type_check
def _add_rows(total, weights, squares, moved, weight, top, bottom):
    for y in range(top, bottom):
        for x in range(weight.shape[1]):
            w = weight[y, x]
            if w > 0:
                weights[y, x] += w
                squares[y, x] += w * w
                for dy in range(2):
                    for dx in range(2):
                        total[2 * y + dy, 2 * x + dx] += w * moved[2 * y + dy, 2 * x + dx]


@njit(cache=True, nogil=True)
@no_type_check
def _divide_rows(total, weights, squares, values, share, top, bottom):
    for y in range(top, bottom):
        for x in range(weights.shape[1]):
            inverse = np.float32(1.0) / weights[y, x]
            share[y, x] = squares[y, x] * inverse * inverse
            for dy in range(2):
                for dx in range(2):
                    values[2 * y + dy, 2 * x + dx] = total[2 * y + dy, 2 * x + dx] * inverse
