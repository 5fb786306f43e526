"""Dynamic range from a wedge of known levels: from the ceiling down to where signal equals noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from catchlight.core.errors import ContractError

# Patches whose SNR lies within this of 1, either way, tell where it is 1: a line through some averages their errors.
_NEAR_EV = 2.0
_ENOUGH_TO_BEND = 6
# A patch that differs by more than this from the linear response is clipped.
_LINEAR_WITHIN = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicRange:
    """The range of light that a picture holds.

    Args:
        ev: base-2 logarithm of the ratio of the two ends.
        full: brightest level that is not clipped, in the unit of the wedge's levels.
        floor: level at which signal and noise are equal.
        full_is_bound: nothing in the wedge was clipped: `full` and `ev` are at least this.
    """

    ev: float
    full: float
    floor: float
    full_is_bound: bool

    def __post_init__(self) -> None:
        if not (0 < self.floor < math.inf and 0 < self.full < math.inf):
            raise ContractError(f"the ends of a dynamic range are levels > 0; found {self.floor} and {self.full}")


def dynamic_range(
    levels: Float64[np.ndarray, "n"], signal: Float64[np.ndarray, "n"], noise: Float64[np.ndarray, "n"]
) -> DynamicRange:
    """Dynamic range from the patches of a wedge.

    The lower end is where the curve of log level against log SNR of the patches near it, a parabola where there are
    enough of them, meets SNR 1. The upper end is where the response, as its unclipped part continues, would reach the
    plateau that the brightest patches form.

    Args:
        levels: known light of the patches, > 0, in any order.
        signal: mean value of each, black 0.
        noise: standard deviation of each, of whatever size of detail is asked for.

    Raises:
        ContractError: fewer than four patches, a level that is not > 0, numbers that are not finite, or a wedge that
            does not reach down to SNR 1.

    Source: ISO 15739:2013, section 6.3 and annex D (luminance ratio of saturation to the level of SNR 1); the standard
    extrapolates the lower end from the noise of black, here it is measured.
    """
    if len(levels) < 4 or not (levels > 0).all():
        raise ContractError(f"a wedge has four or more levels > 0; found {len(levels)}")
    if not (np.isfinite(levels).all() and np.isfinite(signal).all() and np.isfinite(noise).all()):
        raise ContractError("the levels, signals and noises of a wedge are finite")
    order = np.argsort(levels)
    levels, signal, noise = levels[order], signal[order], noise[order]
    floor = _floor(levels, signal, noise)
    full, bound = _full(levels, signal, signal > 3 * noise)
    return DynamicRange(ev=math.log2(full / floor), full=full, floor=floor, full_is_bound=bound)


def _floor(
    levels: Float64[np.ndarray, "n"], signal: Float64[np.ndarray, "n"], noise: Float64[np.ndarray, "n"]
) -> float:
    seen = (signal > 0) & (noise > 0)
    ratio = np.log2(signal[seen] / noise[seen])
    light = np.log2(levels[seen])
    # From the bright end down, the first patch below 1: beyond it chance decides.
    below = np.flatnonzero(ratio <= 0)
    last = int(below.max()) if len(below) else -1
    near = np.abs(ratio) <= _NEAR_EV
    if last < 0 or last == len(ratio) - 1 or int(near.sum()) < 2:
        raise ContractError(
            f"a wedge reaches from below SNR 1 to above it; found SNR from {2 ** float(ratio.min()):.2g} "
            f"to {2 ** float(ratio.max()):.2g}; take a longer wedge"
            if len(ratio)
            else "a wedge has patches brighter than black; found none"
        )
    # Between photon and read noise log SNR bends: with patches enough to tell, the line may bend too.
    degree = 2 if int(near.sum()) >= _ENOUGH_TO_BEND else 1
    return float(2.0 ** np.polyfit(ratio[near], light[near], degree)[-1])


def _full(
    levels: Float64[np.ndarray, "n"], signal: Float64[np.ndarray, "n"], sure: Bool[np.ndarray, "n"]
) -> tuple[float, bool]:
    scale = float(np.median(signal[sure] / levels[sure])) if bool(sure.any()) else 0.0
    if scale <= 0:
        raise ContractError("a wedge has patches clearly above their noise; found none")
    clipped = np.flatnonzero(signal < (1 - _LINEAR_WITHIN) * scale * levels)
    clipped = clipped[levels[clipped] > float(levels[sure].min())]
    # Only what stays clipped up to the brightest patch is a ceiling.
    first = len(levels)
    while first > 0 and first - 1 in clipped:
        first -= 1
    if first == len(levels):
        return float(levels[-1]), True
    linear = sure & (np.arange(len(levels)) < first)
    scale = float(np.median(signal[linear] / levels[linear])) if bool(linear.any()) else scale
    return float(signal[first:].max()) / scale, False
