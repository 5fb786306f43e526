"""Reasons not to believe the response of an edge: clipping, lopsidedness, texture, too few phases."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.measure.sfr.edge_samples import EdgeLine, EdgeSamples
from catchlight.measure.sfr.edge_spread import EdgeSpread

# A cell of the residual: along × across, px. Texture is correlated over it, noise (demosaiced, compressed) is not.
_CELL_ALONG_PX, _CELL_ACROSS_PX = 10.0, 5.0
# Exponents tried when a profile is lopsided: a file encoded for display and taken for linear, or the reverse.
_EXPONENTS = np.geomspace(1 / 2.8, 2.8, 41)
_LEAST_LOPSIDED, _MUCH_BETTER = 0.001, 0.4
_LIMIT_MARGIN = 0.002
# Noise of half a step makes the mean of many rounded numbers right to a hundredth of a step.
_DITHERED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeDoubts:
    """What speaks against a measured edge.

    Args:
        clipped: larger share of the samples of one side that lie at the file's limit.
        lopsided: largest departure of the profile from point symmetry, as a share of the contrast.
        lopsided_error: its standard error.
        exponent: power of its values that would make the profile symmetric; 1 when it is, or none does.
        structure: rms of what is left over of the model beyond noise, as a share of the contrast.
        ragged_px: rms of the edge's own departures from its line beyond noise, estimated from what is left near it.
        rounding: by what share of the contrast rounding to whole numbers may have moved the two levels; 0 where noise
            averages it out.
        gap_px: largest distance across the edge in which no pixel lies.
    """

    clipped: float
    lopsided: float
    lopsided_error: float
    exponent: float
    structure: float
    ragged_px: float
    rounding: float
    gap_px: float


def doubts_of(
    samples: EdgeSamples,
    line: EdgeLine,
    spread: EdgeSpread,
    *,
    sigma_px: float,
    clipped: float,
    rounding: float,
) -> EdgeDoubts:
    """Judges an edge by its own pixels.

    Args:
        samples: those that the spread was fitted to.
        line: the edge.
        spread: its edge spread function.
        sigma_px: its width.
        clipped: as of `clipped_share`, of the samples before anything was done to them.
        rounding: as of `rounding_share`, the same.
    """
    across = line.across(samples.x, samples.y)
    lopsided, exponent = _lopsided(spread, sigma_px)
    near = np.array([-1.5, -0.5, 0.5, 1.5]) * max(sigma_px, 0.5)
    error = math.sqrt(2) * float(spread.error_at(near).mean()) / max(abs(spread.contrast), 1e-12)
    return EdgeDoubts(
        clipped=clipped,
        rounding=rounding,
        lopsided=lopsided,
        lopsided_error=error,
        exponent=exponent,
        structure=_structure(samples, line, across, spread),
        ragged_px=_ragged(samples, across, spread, sigma_px),
        gap_px=_gap(across, sigma_px),
    )


def clipped_share(
    samples: EdgeSamples, across: Float64[np.ndarray, "n"], sigma_px: float, limits: tuple[float, float] | None
) -> float:
    """Larger share of the samples of one side that lie at the linear values at which the file clips (None: never)."""
    if limits is None:
        return 0.0
    low, high = limits
    margin = _LIMIT_MARGIN * (high - low)
    at_limit = (samples.value <= low + margin * 0.01) | (samples.value >= high - margin)
    sides = (at_limit[across < -2 * sigma_px], at_limit[across > 2 * sigma_px])
    return max((float(s.mean()) for s in sides if s.size), default=0.0)


def rounding_share(samples: EdgeSamples, across: Float64[np.ndarray, "n"], sigma_px: float) -> float:
    """Half a step of the file's numbers on both sides together, as a share of the contrast; 0 if noise hides the steps.

    Without noise all of a flat side rounds to one number, and how far from it the light was is lost.
    """
    levels = np.unique(samples.value)
    # Light as floats has no steps.
    if not 2 < len(levels) < min(4096, len(samples) / 4):
        return 0.0
    halves = []
    for side in (-1, 1):
        flat = samples.value[side * across > 3 * sigma_px + 1]
        if flat.size < 8:
            return 0.0
        at = int(np.searchsorted(levels, np.median(flat)))
        near = np.diff(levels[max(at - 1, 0) : at + 2])
        step = float(near.min()) if near.size else 0.0
        halves.append(step / 2 if float(flat.std()) < _DITHERED * step else 0.0)
    return math.hypot(halves[0], halves[1]) / max(float(np.ptp(levels)), 1e-12)


def _lopsided(spread: EdgeSpread, sigma_px: float) -> tuple[float, float]:
    reach = min(5 * max(sigma_px, 0.5), -spread.first_px - 1)
    place = np.linspace(-reach, reach, 401)
    curve = spread.at(place)
    low, high = float(curve[0]), float(curve[-1])
    rising = curve if high > low else curve[::-1]
    found = _asymmetry(rising)
    if found < _LEAST_LOPSIDED:
        return found, 1.0
    # What its values would be under another curve. Only positive light has powers.
    floor = max(float(rising.min()), 0.0)
    positive = np.maximum(rising, max(floor, 1e-6 * float(rising.max())))
    by_power = [_asymmetry(positive**e) for e in _EXPONENTS]
    best = int(np.argmin(by_power))
    better = by_power[best] < _MUCH_BETTER * found
    return found, float(_EXPONENTS[best]) if better else 1.0


def _asymmetry(rising: Float64[np.ndarray, "m"]) -> float:
    low, high = float(rising[0]), float(rising[-1])
    share = (rising - low) / max(high - low, 1e-12)
    i = int(np.argmax(share >= 0.5))
    if i in (0, len(share) - 1):
        return 0.0
    middle = i - (share[i] - 0.5) / max(share[i] - share[i - 1], 1e-9)
    step = np.arange(1, min(middle, len(share) - 1 - middle))
    index = np.arange(len(share))
    both = np.interp(middle + step, index, share) + np.interp(middle - step, index, share)
    return float(np.abs(both - 1).max()) if step.size else 0.0


def _structure(samples: EdgeSamples, line: EdgeLine, across: Float64[np.ndarray, "n"], spread: EdgeSpread) -> float:
    left = samples.value - spread.at(across)
    along = line.along(samples.x, samples.y)
    row = np.floor(along / _CELL_ALONG_PX).astype(np.int64)
    column = np.floor(across / _CELL_ACROSS_PX).astype(np.int64)
    columns = int(column.max() - column.min()) + 1
    cell = (row - row.min()) * columns + column - column.min()
    count = np.bincount(cell)
    enough = count >= 12
    if enough.sum() < 4:
        return 0.0
    mean = np.bincount(cell, left)[enough] / count[enough]
    noise = float(np.square(left).mean())
    excess = float(np.square(mean).mean()) - noise * float((1 / count[enough]).mean())
    return math.sqrt(max(excess, 0.0)) / max(abs(spread.contrast), 1e-12)


def _ragged(samples: EdgeSamples, across: Float64[np.ndarray, "n"], spread: EdgeSpread, sigma_px: float) -> float:
    left = np.square(samples.value - spread.at(across))
    near = np.abs(across) < max(sigma_px, 0.5)
    flat = [left[side * across > 3 * sigma_px + 1] for side in (-1, 1)]
    noise = max((float(f.mean()) for f in flat if f.size), default=0.0)
    if not near.any():
        return 0.0
    slope = abs(spread.contrast) / (math.sqrt(2 * math.pi) * max(sigma_px, 0.3))
    # Only what exceeds the chance scatter of the mean square (2.5 of its standard errors) counts.
    expected = noise * (1 + 2.5 * math.sqrt(2 / int(near.sum())))
    return math.sqrt(max(float(left[near].mean()) - expected, 0.0)) / max(slope, 1e-12)


def _gap(across: Float64[np.ndarray, "n"], sigma_px: float) -> float:
    reach = 2 * sigma_px + 1
    near = np.sort(across[np.abs(across) < reach])
    ends = np.concatenate([[-reach], near, [reach]])
    return float(np.diff(ends).max())
