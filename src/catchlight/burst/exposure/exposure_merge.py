"""Adds up aligned frames of different exposure, one at a time: high dynamic range without a response curve to guess."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.alignment import Alignment
from catchlight.burst.exposure.clear import ceilings, clear_of_clipping, doubt_width, full_sigma
from catchlight.burst.exposure.fallback import CELL_QUADS, bound_rows, fill_colours, finish_rows, gather_rows
from catchlight.burst.exposure.weights import add_rows, begin_rows, clear_rows, kept_rows, scale_rows
from catchlight.burst.merge.lattice_noise import quad_noise
from catchlight.burst.merge.robustness import trust
from catchlight.burst.merge.warp import warp_mosaic
from catchlight.camera.noise_root import under_root
from catchlight.core import ContractError, LinearMosaic, NoiseModel
from catchlight.core.bands import for_bands

Quads = Float32[np.ndarray, "rows columns"]
Samples = Float32[np.ndarray, "h w"]

# How far a clipped photosite is felt in an interpolated frame, in quads: with little noise, and where a full photosite
# has more than `_NOISY` of its value. The kernels reach seven photosites, but under the root what they bring from three
# and more is small: of 0…3, on four photos as brackets of ±3 EV, 1 gave the best pictures at gain 1 (0: -0.3 dB) and 0
# at gain 8 (1: -0.7 dB). Frames that need no resampling keep their samples.
_REACH, _REACH_IN_NOISE, _NOISY = 1, 0, 0.02
# A motion below this is a tripod's: resampling costs more than so small a shift.
_STILL_PX = 0.1
_LEAST_VARIANCE = 1e-12


class ExposureMerge:
    """Weighted mean of a reference mosaic and frames of other exposures in its geometry, in linear light.

    Every sample weighs the inverse of its own noise variance at the brightness of the place, plus that of the
    squared difference that `trust` found; clipped samples, and what interpolation drew from them, weigh nothing. Where
    the reference is clipped, a frame must be at least as bright as that, and agree with the frames added before it;
    where none is, the reference stays, its clipped samples raised to neutral white; where all are clipped, the shortest
    tells how bright the place is at least.

    The result may exceed the reference's ceiling; its `exposure` says by how much.

    Source: inverse-variance weights are those of Hasinoff et al. 2010, "Noise-optimal capture for high dynamic range
    photography", section 3; here with a term for what is not noise.
    """

    def __init__(self, reference: LinearMosaic) -> None:
        self.reference = reference
        self._level = _level_map(reference)
        self._width = np.float32(doubt_width(reference))
        self._full = np.array([ceilings(reference)[c] for c in reference.cfa.sites], np.float32)
        self._sites = np.array(reference.cfa.sites)
        self._sum: Samples = np.empty(reference.shape, np.float32)
        self._weight: Samples = np.empty(reference.shape, np.float32)
        self._square: Samples = np.empty(reference.shape, np.float32)
        # How far each quad is told by an unclipped frame that is trusted.
        self._seen: Quads = np.empty((reference.shape[0] // 2, reference.shape[1] // 2), np.float32)
        begin = partial(
            begin_rows, reference.values, self._level, self._full, self._width, *_by_site(reference),
            self._sum, self._weight, self._square, self._seen,
        )  # fmt: skip
        for_bands(begin, reference.shape[0] // 2)
        self._ceiling = reference.exposure
        # What is known at least where nothing unclipped speaks; its own array once a shorter frame tells more.
        self._bound: Samples = reference.values
        self._moved: Float32[np.ndarray, "h w 3"] | None = None
        self._scaled: Float32[np.ndarray, "4 rows columns"] | None = None

    def add(self, frame: LinearMosaic, alignment: Alignment) -> Quads:
        """Adds one frame and returns the trust it got, 0…1, with 0 where it is clipped.

        Args:
            frame: another frame, brought to the reference's exposure: its `exposure` says where it clips, its `noise`
                how noisy it is after that.
            alignment: `frame_from_reference`.
        """
        if frame.shape != self.reference.shape or frame.cfa != self.reference.cfa:
            raise ContractError("frames of one burst share size and pattern")
        h, w = frame.shape
        if self._moved is None or self._scaled is None:
            self._moved = np.empty((h, w, 3), np.float32)
            self._scaled = np.empty((4, h // 2, w // 2), np.float32)
        moved, scaled = self._moved, self._scaled
        still = _stands_still(alignment)
        if still:
            alignment = Alignment.identity(frame.shape, alignment.cell_px)
        self._warp(frame, alignment, moved)
        clear = clear_of_clipping(frame, reach=0) if still else _moved_clear(frame, alignment)
        kept = np.ones_like(clear) if still else _kept_noise(self.reference, alignment)
        own = _by_site(self.reference)
        theirs = _by_site(frame)
        state = (self._level, self._sum, self._weight, self._square, self._sites, self._full, *own, *theirs)
        for_bands(partial(scale_rows, self.reference.values, moved, clear, *state, scaled), h // 2)
        weight = trust(scaled)
        for_bands(partial(add_rows, self.reference.values, moved, clear, weight, kept, *state), h // 2)
        if frame.exposure > self.reference.exposure:
            if self._bound is self.reference.values:
                self._bound = self.reference.values.copy()
            most = np.array([frame.exposure * frame.gains[c] for c in frame.cfa.sites], np.float32)
            bound = partial(bound_rows, self.reference.values, moved, self._sites, self._full, most, self._bound)
            for_bands(bound, h // 2)
        weight *= clear
        np.maximum(self._seen, weight, out=self._seen)
        if float(weight.max()) > 0:
            self._ceiling = max(self._ceiling, frame.exposure)
        return weight

    def finish(self) -> LinearMosaic:
        """The mean, the share of the reference's noise model that is left in every quad, and the new ceiling.

        The share exceeds 1 where only a shorter frame speaks. Closes the merge.
        """
        self._moved = self._scaled = None
        reference = self.reference
        share = np.empty_like(self._seen)
        around = self._colours_around()
        finish = partial(
            finish_rows, reference.values, self._bound, around, self._level, self._seen, self._sites, self._full,
            *_by_site(reference), self._sum, self._weight, self._square, share,
        )  # fmt: skip
        for_bands(finish, reference.shape[0] // 2)
        return LinearMosaic(
            values=self._sum,
            cfa=reference.cfa,
            gains=reference.gains,
            noise=reference.noise,
            exposure=self._ceiling,
            share=share,
        )

    def _colours_around(self) -> Float32[np.ndarray, "r c 3"]:
        """What the other frames tell of the reference's clipped places, in cells of quads; 0 where they tell nothing.

        It is continued over the places where none of them can be trusted: behind something that moved, a bright wall
        goes on.
        """
        rows, columns = (-(-side // CELL_QUADS) for side in self._seen.shape)
        value, weight = np.zeros((rows, columns, 3), np.float32), np.zeros((rows, columns), np.float32)
        if self._bound is not self.reference.values:
            gather = partial(
                gather_rows, self.reference.values, self._sites, self._full, self._seen, self._sum, self._weight,
                value, weight,
            )  # fmt: skip
            for_bands(gather, rows, step=1, at_most=16)
        return fill_colours(value, weight) if weight.any() else value

    def _warp(self, frame: LinearMosaic, alignment: Alignment, moved: Float32[np.ndarray, "h w 3"]) -> None:
        """All three colours of the frame at the reference's places, into `moved`."""
        rooted = under_root(frame)
        if rooted is None:
            warp_mosaic(frame, alignment, noise_variance=frame.typical_variance(), out=moved)
            return
        inner, root = rooted
        warp_mosaic(inner, alignment, noise_variance=root.variance, out=moved)
        root.invert(moved)


def _stands_still(alignment: Alignment) -> bool:
    """Whether three quarters of the tiles do not move; the others are clipped, or something moves there by itself."""
    vectors = alignment.at_tiles().vectors
    return float(np.quantile(np.hypot(vectors[..., 0], vectors[..., 1]), 0.75)) < _STILL_PX


def _moved_clear(frame: LinearMosaic, alignment: Alignment) -> Quads:
    """How far the frame is clear of clipping at every quad of the reference."""
    noisy = full_sigma(frame) > _NOISY
    own = clear_of_clipping(frame, reach=_REACH_IN_NOISE if noisy else _REACH)
    if float(own.min()) >= 1:
        return own
    moved = np.empty_like(own)
    work = partial(clear_rows, own, alignment.affine, alignment.shifts, alignment.cell_px, moved)
    for_bands(work, own.shape[0])
    return moved


def _kept_noise(reference: LinearMosaic, alignment: Alignment) -> Quads:
    """Part of its noise variance that resampling leaves of a moved frame at every quad."""
    kept, _ = quad_noise(reference, 1.0)
    out = np.empty((reference.shape[0] // 2, reference.shape[1] // 2), np.float32)
    for_bands(partial(kept_rows, kept, alignment.affine, alignment.shifts, alignment.cell_px, out), out.shape[0])
    return out


def _level_map(reference: LinearMosaic) -> Samples:
    """Brightness at every sample: the mean of its 3×3 neighbours of the same colour, 0 at least."""
    level = np.empty(reference.shape, np.float32)
    for _, plane in reference.cfa.planes:
        level[plane] = np.maximum(cv2.blur(np.ascontiguousarray(reference.values[plane]), (3, 3)), 0)
    return level


def _by_site(mosaic: LinearMosaic) -> tuple[Float32[np.ndarray, "4"], Float32[np.ndarray, "4"]]:
    """Shot and read variance of the four sites of a quad."""
    noise: NoiseModel = mosaic.noise
    shot = np.array([noise.shot[c] for c in mosaic.cfa.sites], np.float32)
    read = np.array([noise.read[c] + _LEAST_VARIANCE for c in mosaic.cfa.sites], np.float32)
    return shot, read
