"""Adds up aligned frames one at a time; memory does not grow with their number."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.burst.merge.finish import mean_rows
from catchlight.burst.merge.lattice_noise import quad_noise
from catchlight.burst.merge.robustness import UNSEEN, trust
from catchlight.burst.merge.rows import Judgement, Warp, merge_rows, sample_squares
from catchlight.burst.merge.warp import OUTSIDE, warp_rgb
from catchlight.burst.merge.warp_tile import PATCH, TILE, lanczos_weights, warp_rows
from catchlight.camera.cfa_interpolation import noise_floor
from catchlight.core import ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

Weights = Float32[np.ndarray, "rows columns"]

# Error of a finished picture's detail after it was moved, as a part of its local contrast.
_DETAIL_ERROR = 0.2

# Rows that one thread works through on its own: the fewer bands, the less is warped twice at their seams.
_BAND = 768
# Tiles by which the usual level of differences is judged, and the step between them as a share of all.
_QUIET_TILES, _GOLDEN = 32, 0.6180339887498949


class MosaicMerge:
    """Weighted mean of a reference mosaic and any number of frames in its geometry.

    Every 2×2 quad of a frame enters with a weight by what `merge_rows` finds there and the reference with weight 1, so
    that what moved in one frame only is left out of it there. Frames are warped, judged and added strip by strip.
    """

    def __init__(self, reference: LinearMosaic) -> None:
        self.reference = reference
        h, w = reference.shape
        self._typical_variance = reference.typical_variance()
        self._kernel = lanczos_weights()
        self._sum = reference.values.copy()
        self._weight = np.ones((h // 2, w // 2), np.float32)
        self._square = np.ones((h // 2, w // 2), np.float32)

    def add(self, frame: LinearMosaic, alignment: Alignment, *, noise_ratio: float = 1.0) -> Weights:
        """Adds one frame and returns the weights it got.

        Args:
            frame: the other frame, brought to the reference's exposure.
            alignment: `frame_from_reference`.
            noise_ratio: its noise variance over the reference's at the same signal (1 for equal exposure and gain).
        """
        reference = self.reference
        if frame.shape != reference.shape or frame.cfa != reference.cfa:
            raise ContractError("frames of one burst share size and pattern")
        if alignment.cell_px % (2 * PATCH):
            raise ContractError(f"tiles of an alignment are multiples of {2 * PATCH} px; found {alignment.cell_px}")
        h, w = frame.shape
        # A frame that took more light than the reference is full where the reference is not: it says nothing there.
        full = np.inf if frame.exposure > 0.98 else 0.97 * frame.exposure
        motion = np.ascontiguousarray(alignment.affine), np.ascontiguousarray(alignment.shifts), alignment.cell_px
        floor = noise_floor(self._typical_variance * noise_ratio)
        warp = partial(warp_rows, frame.values, *motion, *frame.cfa.red_yx, floor, self._kernel)
        kept, difference = quad_noise(reference, noise_ratio)
        of_site = frame.cfa.sites
        judgement = Judgement(
            shots=np.array([reference.noise.shot[c] for c in of_site], np.float32),
            reads=np.array([reference.noise.read[c] for c in of_site], np.float32),
            limits=np.array([full * frame.gains[c] for c in of_site], np.float32),
            unit=np.float32(1 / np.sqrt(0.5 + 0.5 * noise_ratio)),
            difference=difference,
            kept=kept,
            factor=np.float32(1 / noise_ratio),
            ratio=np.float32(noise_ratio),
        )
        quiet = _quiet_level(warp, reference.values, judgement)
        weight = np.empty((h // 2, w // 2), np.float32)
        sums = self._sum, self._weight, self._square, weight
        work = partial(merge_rows, warp, reference.values, judgement, quiet, *sums)
        for_bands(work, h, step=TILE, at_most=_BAND)
        return weight

    def finish(self) -> LinearMosaic:
        """The mean, with the share of the noise variance that is left in every quad; closes the merge."""
        reference = self.reference
        for_bands(partial(mean_rows, self._sum, self._weight, self._square), reference.shape[0] // 2)
        return LinearMosaic(
            values=self._sum, cfa=reference.cfa, gains=reference.gains, noise=reference.noise, share=self._square
        )


def _quiet_level(warp: Warp, reference: Float32[np.ndarray, "h w"], judgement: Judgement) -> float:
    """Mean square of the differences in the quieter places, 2 where the noise model is right; judged on some tiles."""
    h, w = reference.shape
    rows, columns = -(-h // TILE), -(-w // TILE)
    count = rows * columns
    spread = range(count) if count <= _QUIET_TILES else (int(k * _GOLDEN % 1 * count) for k in range(_QUIET_TILES))
    picked = sorted(set(spread))
    found: list[Float32[np.ndarray, "_"]] = [np.empty(0, np.float32)] * len(picked)

    def judge(begin: int, end: int) -> None:
        for k in range(begin, end):
            top, left = picked[k] // columns * TILE, picked[k] % columns * TILE
            found[k] = sample_squares(warp, reference, judgement, top, left)

    for_bands(judge, len(picked), step=1, at_most=4)
    seen = np.concatenate(found)
    if seen.size < 16:
        return 2.0
    # Means of 144 squares scatter by 12 %; their 30th percentile lies 6 % below the level.
    return float(np.clip(np.percentile(seen, 30) * 1.06, 1.0, 2.2))


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
