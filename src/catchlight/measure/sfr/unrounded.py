"""The levels of an edge without noise, of which a file with few bits has kept only whole numbers."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr, ndtri

from catchlight.measure.sfr.edge_samples import EdgeSamples

# Steps from one whole number to the next, counted from a flat side inwards, whose places are looked at.
_MOST_STEPS, _LEAST_STEPS = 14, 4
# Where noise or texture blurs a step's place by more than this, the numbers average out by themselves.
_CLEAN_PX = 0.05
# The tail is a Gaussian's to this accuracy (in units of its σ), or the blur is of another kind.
_MOST_MISFIT = 0.02
_SHARES = np.linspace(-0.49, 0.49, 99)


def unrounded(samples: EdgeSamples, across: Float64[np.ndarray, "n"], *, sigma_px: float, rising: bool) -> EdgeSamples:
    """The samples with their flat sides at the levels that the edge runs up to, as far as that can be told.

    Without noise a whole side rounds to one number, and the contrast is off by up to half a step on each side. But the
    place where the edge crosses from one number to the next is known well: the edge has a half there exactly. Put
    through the inverse of the normal distribution, the tail of a blur that falls like a Gaussian is a straight line for
    the right level and a bent one for others. A tail that no level makes straight is left as it is.

    Args:
        samples: as in the file, in linear light.
        across: signed distance of every sample from the edge.
        sigma_px: width of the blur.
        rising: the positive side is the brighter.

    Returns:
        the samples themselves where there is noise, an overshoot, or nothing to tell from; sides are judged singly.
    """
    levels = np.unique(samples.value)
    if not 2 * _LEAST_STEPS < len(levels) < min(4096, len(samples) / 4):
        return samples
    value, changed = samples.value.copy(), False
    for side in (-1, 1):
        tail = _tail(samples.value, side * across, levels, sigma_px, inwards=-1 if (side > 0) == rising else 1)
        if tail is None:
            continue
        changed = True
        level, inwards, first_px, line = tail
        beyond = side * across > first_px
        deviate = np.minimum(np.polyval(line, side * across[beyond]), np.polyval(line, first_px))
        value[beyond] = level + inwards * float(np.ptp(levels)) * ndtr(deviate)
    return EdgeSamples(x=samples.x, y=samples.y, value=value) if changed else samples


def _tail(
    value: Float64[np.ndarray, "n"],
    outward_px: Float64[np.ndarray, "n"],
    levels: Float64[np.ndarray, "m"],
    sigma_px: float,
    *,
    inwards: int,
) -> tuple[float, int, float, Float64[np.ndarray, "2"]] | None:
    """Level of one side, the sign of what is left to it, the place of the last step, and the line of its deviates.

    Args:
        value: samples.
        outward_px: distance from the edge, positive on this side.
        levels: all numbers that occur, rising.
        sigma_px: width of the blur.
        inwards: whether the numbers rise (1) or fall (-1) from this side towards the edge.
    """
    # Far out: a level just beside a half changes its number late.
    flat = value[outward_px > max(3 * sigma_px + 1, 0.5 * float(outward_px.max(initial=0.0)))]
    if flat.size < 8 or float(np.ptp(flat)) > 0:
        # Not one number: there is noise, or light that is not even.
        return None
    index = int(np.searchsorted(levels, flat[0])) + inwards * np.arange(_MOST_STEPS + 1)
    near = levels[index[(index >= 0) & (index < len(levels))]]
    halves = (near[:-1] + near[1:]) / 2
    places = []
    for half in halves:
        inner, outer = outward_px[(value - half) * inwards > 0], outward_px[(value - half) * inwards < 0]
        if not inner.size or not outer.size or float(inner.max() - outer.min()) > _CLEAN_PX:
            break
        places.append(float(inner.max() + outer.min()) / 2)
    if len(places) < _LEAST_STEPS or np.any(np.diff(places) >= 0):
        return None
    at, step, contrast = np.array(places), abs(float(near[1] - near[0])), float(np.ptp(levels))
    misfits, lines = [], []
    for share in _SHARES:
        left = ndtri(((halves[: len(at)] - near[0]) * inwards + share * step) / contrast)
        line = np.polyfit(at, left, 1)
        misfits.append(float(np.sqrt(np.square(np.polyval(line, at) - left).mean())))
        lines.append(line)
    best = int(np.argmin(misfits))
    if misfits[best] > _MOST_MISFIT or lines[best][0] >= 0:
        return None
    return float(near[0]) - inwards * float(_SHARES[best]) * step, inwards, at[0], lines[best]
