"""Adds up aligned frames one at a time; memory does not grow with their number."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.burst.robustness import UNSEEN, trust
from catchlight.burst.warp import OUTSIDE, warp_mosaic, warp_rgb
from catchlight.core import ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

Weights = Float32[np.ndarray, "h/2 w/2"]


class MosaicMerge:
    """Weighted mean of a reference mosaic and any number of frames in its geometry.

    Every 2×2 quad of a frame enters with the weight that `trust` gives it and the reference with weight 1, so that what
    moved in one frame only is left out of it there.
    """

    def __init__(self, reference: LinearMosaic) -> None:
        self.reference = reference
        self._sigma = _mosaic_deviation(reference)
        self._mean = _RunningMean(reference.values)
        step = max(1, reference.shape[0] // 64)
        self._typical_variance = float(np.mean(np.square(self._sigma[::step])))

    def add(self, frame: LinearMosaic, alignment: Alignment, *, noise_ratio: float = 1.0) -> Weights:
        """Adds one frame and returns the weights it got.

        Args:
            frame: the other frame, brought to the reference's exposure.
            alignment: `frame_from_reference`.
            noise_ratio: its noise variance over the reference's at the same signal (1 for equal exposure and gain).
        """
        if frame.shape != self.reference.shape or frame.cfa != self.reference.cfa:
            raise ContractError("frames of one burst share size and pattern")
        moved = warp_mosaic(frame, alignment, noise_variance=self._typical_variance * noise_ratio)
        h, w = frame.shape
        scaled = np.empty((4, h // 2, w // 2), np.float32)
        unit = np.float32(1 / np.sqrt(0.5 + 0.5 * noise_ratio))
        for_bands(partial(_scale_quads, self._mean.reference, moved, self._sigma, unit, scaled), h // 2)
        weight = trust(scaled)
        del scaled
        self._mean.add(moved, weight, 1.0 / noise_ratio, noise_ratio)
        return weight

    def result(self) -> LinearMosaic:
        """The mean so far, with the share of the noise variance that is left in every quad."""
        values, share = self._mean.result()
        return LinearMosaic(
            values=values,
            cfa=self.reference.cfa,
            gains=self.reference.gains,
            noise=self.reference.noise,
            share=share,
        )


class RgbMerge:
    """The same for frames that are RGB already: h×w×3 linear pixels, even-sized, with neighbours' noise correlated."""

    def __init__(self, reference: Float32[np.ndarray, "h w 3"], noise: NoiseModel) -> None:
        self._sigma = _rgb_deviation(reference, noise)
        self._mean = _RunningMean(reference)

    def add(self, frame: Float32[np.ndarray, "h w 3"], alignment: Alignment) -> Weights:
        """Adds one frame, brought to the reference's exposure, and returns the weights it got."""
        if frame.shape != self._mean.reference.shape:
            raise ContractError("frames of one burst share their size")
        moved = warp_rgb(frame, alignment)
        h, w, _ = frame.shape
        scaled = np.empty((3, h // 2, w // 2), np.float32)
        for_bands(partial(_scale_colours, self._mean.reference, moved, self._sigma, scaled), h // 2)
        weight = trust(scaled, correlated=True)
        self._mean.add(moved, weight, 1.0, 1.0)
        return weight

    def result(self) -> tuple[Float32[np.ndarray, "h w 3"], Weights]:
        """The mean so far and the share of the noise variance that is left in every quad."""
        return self._mean.result()


class _RunningMean:
    """Σ w·x, Σ w and Σ w²·ratio, where the samples of one 2×2 quad share their weight."""

    def __init__(self, reference: Float32[np.ndarray, "h w *c"]) -> None:
        rows, columns = reference.shape[0] // 2, reference.shape[1] // 2
        self.reference = reference
        self._sum = reference.copy()
        self._weight = np.ones((rows, columns), np.float32)
        self._square = np.ones((rows, columns), np.float32)

    def add(self, moved: Float32[np.ndarray, "h w *c"], weight: Weights, factor: float, ratio: float) -> None:
        flat = (moved.shape[0], moved.shape[1], -1)
        work = partial(
            _add_rows, self._sum.reshape(flat), self._weight, self._square, moved.reshape(flat), weight,
            np.float32(factor), np.float32(ratio),
        )  # fmt: skip
        for_bands(work, weight.shape[0])

    def result(self) -> tuple[Float32[np.ndarray, "h w *c"], Weights]:
        values, share = np.empty_like(self._sum), np.empty_like(self._weight)
        flat = (values.shape[0], values.shape[1], -1)
        work = partial(_divide_rows, self._sum.reshape(flat), self._weight, self._square, values.reshape(flat), share)
        for_bands(work, share.shape[0])
        return values, share


def _mosaic_deviation(reference: LinearMosaic) -> Float32[np.ndarray, "h w"]:
    """Deviation of the reference's noise at every sample, from the mean of its 3×3 neighbours of the same colour."""
    sigma = np.empty(reference.shape, np.float32)
    for site, colour in enumerate(reference.cfa.sites):
        dy, dx = divmod(site, 2)
        plane = cv2.blur(np.ascontiguousarray(reference.values[dy::2, dx::2]), (3, 3))
        sigma[dy::2, dx::2] = _deviation(plane, reference.noise, colour)
    return sigma


def _rgb_deviation(reference: Float32[np.ndarray, "h w 3"], noise: NoiseModel) -> Float32[np.ndarray, "3 h/2 w/2"]:
    h, w, _ = reference.shape
    small = cv2.resize(reference, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    return np.stack([_deviation(cv2.blur(small[..., c], (3, 3)), noise, c) for c in range(3)])


def _deviation(plane: Float32[np.ndarray, "_ _"], noise: NoiseModel, colour: int) -> Float32[np.ndarray, "_ _"]:
    return np.sqrt(noise.variance_map(plane, channel=colour) + np.float32(1e-12))


@njit(cache=True, nogil=True)
@no_type_check
def _scale_quads(reference, moved, sigma, unit, scaled, top, bottom):
    for y in range(top, bottom):
        for x in range(reference.shape[1] // 2):
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                if moved[r, c] <= OUTSIDE:
                    scaled[site, y, x] = UNSEEN
                else:
                    scaled[site, y, x] = (moved[r, c] - reference[r, c]) / sigma[r, c] * unit


@njit(cache=True, nogil=True)
@no_type_check
def _scale_colours(reference, moved, sigma, scaled, top, bottom):
    for y in range(top, bottom):
        for x in range(reference.shape[1] // 2):
            for c in range(3):
                total = np.float32(0.0)
                seen = True
                for site in range(4):
                    r, k = 2 * y + (site >> 1), 2 * x + (site & 1)
                    seen = seen and moved[r, k, c] > OUTSIDE
                    total += moved[r, k, c] - reference[r, k, c]
                # The mean of four samples, in units of half their deviation.
                scaled[c, y, x] = np.float32(0.5) * total / sigma[c, y, x] if seen else UNSEEN


@njit(cache=True, nogil=True)
@no_type_check
def _add_rows(total, weights, squares, moved, weight, factor, ratio, top, bottom):
    for y in range(top, bottom):
        for x in range(weight.shape[1]):
            w = weight[y, x] * factor
            if w > 0:
                weights[y, x] += w
                squares[y, x] += w * w * ratio
                for site in range(4):
                    r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                    for k in range(total.shape[2]):
                        total[r, c, k] += w * moved[r, c, k]


@njit(cache=True, nogil=True)
@no_type_check
def _divide_rows(total, weights, squares, values, share, top, bottom):
    for y in range(top, bottom):
        for x in range(weights.shape[1]):
            inverse = np.float32(1.0) / weights[y, x]
            share[y, x] = squares[y, x] * inverse * inverse
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                for k in range(total.shape[2]):
                    values[r, c, k] = total[r, c, k] * inverse
