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
from catchlight.camera import interpolate_cfa
from catchlight.core import ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

Weights = Float32[np.ndarray, "rows columns"]

# Error of a finished picture's detail after it was moved, as a part of its local contrast.
_DETAIL_ERROR = 0.2

# Mean news (see `lattice_news`) below which a burst stood still.
_LEAST_NEWS = 0.1


class MosaicMerge:
    """Weighted mean of a reference mosaic and any number of frames in its geometry.

    Every 2×2 quad of a frame enters with the weight that `trust` gives it and the reference with weight 1, so that what
    moved in one frame only is left out of it there.
    """

    def __init__(self, reference: LinearMosaic) -> None:
        self.reference = reference
        self._sigma = _mosaic_deviation(reference)
        self._typical_variance = reference.typical_variance()
        colours = interpolate_cfa(reference.values, reference.cfa, noise_variance=self._typical_variance)
        self._mean = _RunningMean(colours)
        # Kept from frame to frame: fresh pages for so much memory cost as much time as the arithmetic in it.
        self._moved: Float32[np.ndarray, "h w 3"] | None = None
        self._scaled: Float32[np.ndarray, "4 rows columns"] | None = None
        self._news: Float32[np.ndarray, "rows columns"] | None = None
        self._frames = 1

    def add(self, frame: LinearMosaic, alignment: Alignment, *, noise_ratio: float = 1.0) -> Weights:
        """Adds one frame and returns the weights it got.

        Args:
            frame: the other frame, brought to the reference's exposure.
            alignment: `frame_from_reference`.
            noise_ratio: its noise variance over the reference's at the same signal (1 for equal exposure and gain).
        """
        if frame.shape != self.reference.shape or frame.cfa != self.reference.cfa:
            raise ContractError("frames of one burst share size and pattern")
        h, w = frame.shape
        if self._moved is None or self._scaled is None:
            self._moved = np.empty((h, w, 3), np.float32)
            self._scaled = np.empty((4, h // 2, w // 2), np.float32)
        moved, scaled = self._moved, self._scaled
        warp_mosaic(frame, alignment, noise_variance=self._typical_variance * noise_ratio, out=moved)
        sites = np.array(frame.cfa.sites)
        unit = np.float32(1 / np.sqrt(0.5 + 0.5 * noise_ratio))
        # A frame that took more light than the reference is full where the reference is not: it says nothing there.
        full = np.inf if frame.exposure > 0.98 else 0.97 * frame.exposure
        limit = np.array([full * frame.gains[c] for c in frame.cfa.sites], np.float32)
        for_bands(partial(_scale_quads, self.reference.values, moved, sites, limit, self._sigma, unit, scaled), h // 2)
        weight = trust(scaled)
        self._mean.add(moved, weight, 1.0 / noise_ratio, noise_ratio)
        news = lattice_news(alignment)
        self._news = news if self._news is None else self._news + news
        self._frames += 1
        return weight

    def finish(self) -> LinearMosaic:
        """The mean, with the share of the noise variance that is left in every quad; closes the merge."""
        self._moved = self._scaled = None
        rgb, share = self._mean.finish()
        reference = self.reference
        values = reference.cfa.sample(rgb)
        return LinearMosaic(
            values=values,
            cfa=reference.cfa,
            gains=reference.gains,
            noise=reference.noise,
            share=share,
            detail=self._detail(rgb, values, float(share.mean())),
        )

    def _detail(
        self, rgb: Float32[np.ndarray, "h w 3"], values: Float32[np.ndarray, "h w"], share: float
    ) -> Float32[np.ndarray, "h w 3"] | None:
        """`rgb` less an interpolation of `values`, as far as the frames' lattices differ; overwrites `rgb`."""
        if self._news is None or float(self._news.mean()) < _LEAST_NEWS * (self._frames - 1):
            return None
        rgb -= interpolate_cfa(values, self.reference.cfa, noise_variance=self._typical_variance * share)
        news = self._news * np.float32(1 / (self._frames - 1))
        h, w = values.shape
        part = cv2.resize(news, (w, h), interpolation=cv2.INTER_LINEAR)
        for c in range(3):
            rgb[..., c] *= part
        return rgb


def lattice_news(alignment: Alignment) -> Float32[np.ndarray, "rows columns"]:
    """How far a frame's colour lattice lies from the reference's at every tile: 0 coincides, 1 half a sample or more.

    A frame that is shifted by whole 2×2 tiles sees the same colours at the same places and tells nothing new.
    """
    vectors = alignment.at_tiles().vectors
    apart = vectors - 2 * np.round(vectors / 2)
    return np.minimum(np.hypot(apart[..., 0], apart[..., 1]) * np.float32(2), np.float32(1))


class RgbMerge:
    """The same for frames that are RGB already: h×w×3 linear pixels, even-sized, with neighbours' noise correlated."""

    def __init__(self, reference: Float32[np.ndarray, "h w 3"], noise: NoiseModel) -> None:
        self._sigma = _rgb_deviation(reference, noise)
        self._reference = reference
        self._mean = _RunningMean(reference.copy())

    def add(self, frame: Float32[np.ndarray, "h w 3"], alignment: Alignment) -> Weights:
        """Adds one frame, brought to the reference's exposure, and returns the weights it got."""
        if frame.shape != self._reference.shape:
            raise ContractError("frames of one burst share their size")
        moved = warp_rgb(frame, alignment)
        h, w, _ = frame.shape
        scaled = np.empty((3, h // 2, w // 2), np.float32)
        for_bands(partial(_scale_colours, self._reference, moved, self._sigma, scaled), h // 2)
        weight = trust(scaled, correlated=True)
        self._mean.add(moved, weight, 1.0, 1.0)
        return weight

    def finish(self) -> tuple[Float32[np.ndarray, "h w 3"], Weights]:
        """The mean and the share of the noise variance that is left in every quad; closes the merge."""
        return self._mean.finish()


class _RunningMean:
    """Σ w·x, Σ w and Σ w²·ratio, where the samples of one 2×2 quad share their weight.

    The array that it begins with becomes the sum, and in the end the mean: nobody else may hold it.
    """

    def __init__(self, first: Float32[np.ndarray, "h w 3"]) -> None:
        rows, columns = first.shape[0] // 2, first.shape[1] // 2
        self._sum = first
        self._weight = np.ones((rows, columns), np.float32)
        self._square = np.ones((rows, columns), np.float32)

    def add(self, moved: Float32[np.ndarray, "h w 3"], weight: Weights, factor: float, ratio: float) -> None:
        work = partial(
            _add_rows, self._sum, self._weight, self._square, moved, weight, np.float32(factor), np.float32(ratio)
        )
        for_bands(work, weight.shape[0])

    def finish(self) -> tuple[Float32[np.ndarray, "h w 3"], Weights]:
        """The mean and the share of variance left; nothing can be added afterwards."""
        share = np.empty_like(self._weight)
        for_bands(partial(_divide_rows, self._sum, self._weight, self._square, share), share.shape[0])
        return self._sum, share


def _mosaic_deviation(reference: LinearMosaic) -> Float32[np.ndarray, "h w"]:
    """Deviation of the reference's noise at every sample, from the mean of its 3×3 neighbours of the same colour."""
    sigma = np.empty(reference.shape, np.float32)
    for colour, plane in reference.cfa.planes:
        mean = cv2.blur(np.ascontiguousarray(reference.values[plane]), (3, 3))
        sigma[plane] = _deviation(mean, reference.noise, colour)
    return sigma


def _rgb_deviation(reference: Float32[np.ndarray, "h w 3"], noise: NoiseModel) -> Float32[np.ndarray, "3 rows columns"]:
    """Deviation of the reference's noise, and of what resampling sharpened, compressed detail adds to it."""
    h, w, _ = reference.shape
    small = cv2.resize(reference, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    planes = []
    for c in range(3):
        mean = cv2.blur(small[..., c], (3, 3))
        contrast = np.maximum(cv2.blur(np.square(small[..., c]), (3, 3)) - np.square(mean), 0)
        variance = noise.variance_map(mean, channel=c) + np.float32(_DETAIL_ERROR**2) * contrast
        planes.append(np.sqrt(variance + np.float32(1e-12)))
    return np.stack(planes)


def _deviation(plane: Float32[np.ndarray, "_ _"], noise: NoiseModel, colour: int) -> Float32[np.ndarray, "_ _"]:
    return np.sqrt(noise.variance_map(plane, channel=colour) + np.float32(1e-12))


@njit(cache=True, nogil=True)
@no_type_check
def _scale_quads(reference, moved, sites, limit, sigma, unit, scaled, top, bottom):
    for y in range(top, bottom):
        for x in range(reference.shape[1] // 2):
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                value = moved[r, c, sites[site]]
                if value <= OUTSIDE or value >= limit[site]:
                    scaled[site, y, x] = UNSEEN
                else:
                    scaled[site, y, x] = (value - reference[r, c]) / sigma[r, c] * unit


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
def _divide_rows(total, weights, squares, share, top, bottom):
    for y in range(top, bottom):
        for x in range(weights.shape[1]):
            inverse = np.float32(1.0) / weights[y, x]
            share[y, x] = squares[y, x] * inverse * inverse
            for site in range(4):
                r, c = 2 * y + (site >> 1), 2 * x + (site & 1)
                for k in range(total.shape[2]):
                    total[r, c, k] *= inverse
