"""How far each place of a frame may be trusted: what differs by more than noise is not the same thing."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.warp_mosaic import OUTSIDE
from catchlight.core import LinearMosaic
from catchlight.core.bands import for_bands

# Squared difference from the reference, in units of the noise variance of one frame, up to which a sample is taken
# whole: the mean of eight frames that are all off by d has error 0.77 d² + 0.125 σ², no more than one frame's σ² at d = σ.
_FREE = 0.4
# Beyond this many variances nothing is taken at all.
_CUT = 6.0
# Chance alone moves the three statistics below by about this much (1.5 to 2 deviations).
_FINE_SLACK, _MEAN_SLACK, _WIDE_SLACK = 0.45, 3.5, 3.5
_FINE, _WIDE = 5, 13
# Rows and columns of quads that a weight depends on, on each side.
_HALO = _WIDE // 2 + 1


def standard_deviation(reference: LinearMosaic) -> Float32[np.ndarray, "h w"]:
    """Deviation of the reference's noise at every sample, from the mean of its 3×3 neighbours of the same colour."""
    h, w = reference.shape
    sigma = np.empty((h, w), np.float32)
    for site, colour in enumerate(reference.cfa.sites):
        dy, dx = divmod(site, 2)
        plane = cv2.blur(np.ascontiguousarray(reference.values[dy::2, dx::2]), (3, 3))
        np.maximum(plane, 0, out=plane)
        plane *= np.float32(reference.noise.shot[colour])
        plane += np.float32(reference.noise.read[colour] + 1e-12)
        np.sqrt(plane, out=plane)
        sigma[dy::2, dx::2] = plane
    return sigma


def trust(
    reference: Float32[np.ndarray, "h w"],
    moved: Float32[np.ndarray, "h w"],
    sigma: Float32[np.ndarray, "h w"],
) -> Float32[np.ndarray, "h/2 w/2"]:
    """Weight 0…1 of every 2×2 quad of `moved`, where 1 is that of the reference itself.

    Three statistics of the difference in units of its noise, all of expected value 1: its mean square over 5×5 quads
    (misplaced detail), the square of its mean over 5×5 quads and over 13×13 quads for each colour (a different brightness
    or colour, seen far below the noise). The largest excess over chance is taken for the squared bias d² and the weight
    falls as 1/d², the inverse of what the sample would add to the error. The least weight of each 3×3 quads is kept, so
    that the rim of a moving object goes with it.

    Source: the aim is that of Wronski et al. 2019, "Handheld multi-frame super-resolution", section 5.2; the statistics
    are plain tests of variance and mean.
    """
    h, w = reference.shape
    rows, columns = h // 2, w // 2
    scaled = np.empty((4, rows, columns), np.float32)
    for_bands(partial(_scale_rows, reference, moved, sigma, scaled), rows)
    # Resampling between samples averages noise: what the difference has in quiet places tells how much of it is left.
    square = np.empty((rows, columns), np.float32)
    for_bands(partial(_square_rows, scaled, square), rows)
    expected = _quiet_level(square)
    raw_weight = np.empty((rows, columns), np.float32)

    def weigh(top: int, bottom: int) -> None:
        start, stop = max(top - _HALO, 0), min(bottom + _HALO, rows)
        inner = slice(top - start, bottom - start)
        fine = cv2.blur(square[start:stop], (_FINE, _FINE))[inner]
        near = np.zeros_like(fine)
        wide = np.zeros_like(fine)
        for site in range(4):
            band = scaled[site, start:stop]
            near += np.square(cv2.blur(band, (_FINE, _FINE))[inner])
            wide += np.square(cv2.blur(band, (_WIDE, _WIDE))[inner])
        bias = np.maximum(fine / expected - (1 + _FINE_SLACK), 0) * expected
        # The mean of n samples has variance 2/n (both frames); four colours.
        unit = 2.0 / _FINE**2
        np.maximum(bias, near / 4 - unit * (1 + _MEAN_SLACK), out=bias)
        unit = 2.0 / _WIDE**2
        np.maximum(bias, (wide / 4 - unit * (1 + _WIDE_SLACK)) * 2, out=bias)
        weight = np.minimum(_FREE / np.maximum(bias, 1e-6), 1.0)
        weight[bias > _CUT] = 0
        weight[square[top:bottom] >= _UNSEEN] = 0
        raw_weight[top:bottom] = weight

    for_bands(weigh, rows, at_most=64)
    weight = cv2.erode(raw_weight, np.ones((3, 3), np.uint8))
    return cv2.blur(weight, (3, 3))


_UNSEEN = np.float32(1e6)


@njit(cache=True, nogil=True)
@no_type_check
def _scale_rows(reference, moved, sigma, scaled, top, bottom):
    for y in range(top, bottom):
        for x in range(reference.shape[1] // 2):
            for dy in range(2):
                for dx in range(2):
                    r, c = 2 * y + dy, 2 * x + dx
                    if moved[r, c] <= OUTSIDE:
                        scaled[2 * dy + dx, y, x] = 2e3
                    else:
                        scaled[2 * dy + dx, y, x] = (moved[r, c] - reference[r, c]) / sigma[r, c]


@njit(cache=True, nogil=True)
@no_type_check
def _square_rows(scaled, square, top, bottom):
    for y in range(top, bottom):
        for x in range(scaled.shape[2]):
            total = np.float32(0.0)
            for k in range(4):
                total += scaled[k, y, x] * scaled[k, y, x]
            square[y, x] = min(total * np.float32(0.25), _UNSEEN)


def _quiet_level(square: Float32[np.ndarray, "_ _"]) -> float:
    """Expected mean square of the difference: the level of the quieter places, between 1 and 2.2 variances."""
    small = cv2.resize(square, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_AREA)
    seen = small[small < _UNSEEN / 36]
    if seen.size < 16:
        return 2.0
    # Means of 144 squares scatter by 12 %; their 30th percentile lies 6 % below the level.
    return float(np.clip(np.percentile(seen, 30) * 1.06, 1.0, 2.2))
