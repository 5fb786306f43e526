"""Lamps that flicker with the mains, seen by a rolling shutter: bands of rows are brighter or darker than another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import gaussian_filter1d

from catchlight.core import ContractError, LinearMosaic

# The curve is smooth over this share of the height: 100 or 120 flashes a second make at most a dozen bands in the
# 1/10 s that slow sensors need, and a band is resolved by its tenth.
_SMOOTH = 1 / 120
# Bands below this depth are hardly seen: the eye's threshold at its best frequency is a contrast of 0.005 (Campbell &
# Robson 1968, figure 2), and a picture's own detail masks four times that. Small frames without flicker read up to
# 0.015.
_LEAST_DEPTH = 0.02
# The halves of the picture (left and right) see the same lamp: the bands must exceed what they differ by.
_SURE = 3.0
# Rows with fewer usable pixels in either half tell nothing.
_FEWEST = 12
# A place that is interpolated within this of the pixels is known; less only rounding takes away.
_INSIDE = 0.999
# The deepest bands of two frames differ by less than this factor; beyond it another thing is seen.
_OTHER_THING = 6.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowGains:
    """Gain of every row of a frame that makes its brightness that of the reference.

    Args:
        log_gains: natural logarithm for each row of the grey picture, mean 0.
        depth: half of the range of the gains between their 2nd and 98th percentile, as a share.
        significant: whether the bands are deeper than what is seen and than what the measurement's errors make.
    """

    log_gains: Float64[np.ndarray, "rows"]
    depth: float
    significant: bool

    def __post_init__(self) -> None:
        if not np.isfinite(self.log_gains).all():
            raise ContractError("the gains of rows are finite")

    def for_height(self, height: int) -> Float32[np.ndarray, "h"]:
        """Gains for the rows of a picture of another height; 1 everywhere where they are not significant."""
        if not self.significant:
            return np.ones(height, np.float32)
        rows = len(self.log_gains)
        place = (np.arange(height) + 0.5) * rows / height - 0.5
        return np.exp(np.interp(place, np.arange(rows), self.log_gains)).astype(np.float32)


def row_gains(
    reference: Float32[np.ndarray, "h w"],
    frame: Float32[np.ndarray, "h w"],
    affine: Float32[np.ndarray, "2 3"],
    *,
    full: float = 1.0,
    reference_full: float = 1.0,
) -> RowGains:
    """Gain of every row of `frame` against the reference, from the median ratio of what both show.

    Args:
        reference: grey picture, linear.
        frame: the other, of the same size and exposure; bands belong to its own rows.
        affine: `frame_from_reference` in pixels of these pictures, centres at 0.5.
        full: value from which the frame may be clipped; brighter pixels do not count.
        reference_full: the same of the reference.
    """
    h, w = frame.shape
    index = affine.astype(np.float32).copy()
    index[:, 2] += affine[:, :2] @ np.array([0.5, 0.5], np.float32) - 0.5
    # The reference as the frame sees it: OpenCV inverts the transform when it is not told that it is one already.
    seen = cv2.warpAffine(cv2.blur(reference, (3, 3)), index, (w, h), flags=cv2.INTER_LINEAR, borderValue=-1.0)
    own = cv2.blur(frame, (3, 3))
    # A pixel at the border is blurred and interpolated with what the picture does not hold: it looks like a band.
    inside = np.zeros((h, w), np.float32)
    inside[1:-1, 1:-1] = 1
    inside *= cv2.warpAffine(inside, index, (w, h), flags=cv2.INTER_LINEAR, borderValue=0.0)
    usable = (inside > _INSIDE) & (seen > 0) & (own > 0) & (seen < 0.9 * reference_full) & (own < 0.9 * full)
    ratio = np.zeros((h, w))
    ratio[usable] = np.log(seen[usable].astype(np.float64) / own[usable])
    middle = float(np.median(ratio[usable])) if usable.any() else 0.0
    usable &= np.abs(ratio - middle) < np.log(_OTHER_THING)
    # Bright pixels have the less noise: those in the darker third are left out. Chosen by the sum of both pictures with
    # the rows made alike: by one of them alone, its noise would choose, and dark rows would seem brighter in it.
    if usable.any():
        rows = np.ma.median(np.ma.masked_array(ratio, ~usable), axis=1).filled(middle)
        light = seen + own * np.exp(rows)[:, None]
        usable &= light >= np.quantile(light[usable], 1 / 3)
    left, right = (_curve(ratio[:, half], usable[:, half]) for half in (slice(0, w // 2), slice(w // 2, w)))
    if left is None or right is None:
        return RowGains(log_gains=np.zeros(h), depth=0.0, significant=False)
    curve = (left + right) / 2
    # A slope or a broad arch is shading or a lamp nearer to one end, not flicker, and no reason to refuse it.
    curve -= curve.mean()
    error = float(np.sqrt(np.mean(np.square(left - left.mean() - right + right.mean())))) / 2
    low, high = np.percentile(curve, [2, 98])
    depth = float(high - low) / 2
    size = float(np.sqrt(np.mean(np.square(curve))))
    return RowGains(log_gains=curve, depth=depth, significant=depth > _LEAST_DEPTH and size > _SURE * error)


def own_bands(curves: Sequence[RowGains]) -> RowGains:
    """Gains that take the reference's own bands out, from the curves of its frames.

    Each curve is the reference's bands less the frame's. With phases that differ from frame to frame the mean of the
    frames is flat but for a share of 1/√n, so that the mean curve is the reference's bands; the gain is its inverse.
    """
    if not curves:
        raise ContractError("the reference's bands are told by other frames; found none")
    banded = [c for c in curves if c.significant]
    rows = len(curves[0].log_gains)
    if len(banded) < 3:
        return RowGains(log_gains=np.zeros(rows), depth=0.0, significant=False)
    mean = -np.mean([c.log_gains for c in curves], axis=0)
    low, high = np.percentile(mean, [2, 98])
    depth = float(high - low) / 2
    # What is left of n frames of random phase: the mean depth over √n. Only what exceeds it is the reference's.
    chance = float(np.mean([c.depth for c in curves]) / np.sqrt(len(curves)))
    return RowGains(log_gains=mean, depth=depth, significant=depth > max(_LEAST_DEPTH, chance))


def with_row_gains(mosaic: LinearMosaic, gains: RowGains) -> LinearMosaic:
    """The mosaic with every row multiplied by its gain; itself where there is nothing to correct."""
    if not gains.significant:
        return mosaic
    return replace(mosaic, values=mosaic.values * gains.for_height(mosaic.shape[0])[:, None])


def _curve(ratio: Float64[np.ndarray, "h w"], usable: np.ndarray) -> Float64[np.ndarray, "h"] | None:
    """Smooth curve through the median of every row; None when too few rows tell anything."""
    counts = usable.sum(axis=1)
    told = counts >= _FEWEST
    if int(told.sum()) < ratio.shape[0] // 2:
        return None
    values = np.ma.masked_array(ratio, ~usable)
    medians = np.ma.median(values, axis=1).filled(0.0)
    weight = np.where(told, counts, 0).astype(np.float64)
    sigma = max(_SMOOTH * ratio.shape[0], 1.0)
    level = gaussian_filter1d(weight, sigma, mode="nearest")
    smooth = gaussian_filter1d(medians * weight, sigma, mode="nearest") / np.maximum(level, 1e-9)
    # Rows far from any that tells something: no correction.
    return np.where(level > 0.05 * weight.max(), smooth, np.average(medians, weights=weight))
