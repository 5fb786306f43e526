"""How far an edge may be used: along it until it bends or something else begins, across it until it is flat no more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32
from scipy.special import ndtr

from catchlight.measure.sfr.edge_samples import EdgeLine, samples_beside, wrapped_deg
from catchlight.measure.sfr.find_edges import EdgeCandidate
from catchlight.measure.sfr.light_gradient import LightGradient, light_gradient_of
from catchlight.measure.sfr.step_fit import StepFit, fit_step

# More than this on a side adds noise, and flare at best.
_MOST_HALF_WIDTH_PX = 40
# A longer edge is cut to this around its middle: it stays local, and distortion does not bend it.
_MOST_HALF_LENGTH_PX = 100.0
LEAST_LENGTH_PX = 20.0
# What is looked at first of a candidate; most fail here.
_FIRST_HALF_LENGTH_PX, _FIRST_ROUNDS = 30.0, 8
# Each side needs this much beside the blur (3 σ) to show its level.
LEAST_FLAT_PX = 3.0
# A side is flat while its columns stay within this share of the contrast of its level.
_FLAT = 0.05
# Halos of sharpening reach this far beyond 3 σ and this share of the contrast.
_HALO_PX, _MOST_HALO = 6.0, 0.3
# Rows are sound while they are left by the model within this share of the contrast beyond their noise.
_ROW_EXCESS = 0.06
_CHUNK = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRegion:
    """A rectangle turned with its edge.

    Args:
        fit: the step fitted inside it.
        half_length_px: half of its extent along the edge.
        low_width_px: its extent to the negative side.
        high_width_px: its extent to the positive side.
    """

    fit: StepFit
    half_length_px: float
    low_width_px: float
    high_width_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """An edge that cannot be measured.

    Args:
        x: its middle.
        y: its middle.
        reason: why, in words, to be counted.
        serious: it is an edge but for this; worth a warning.
    """

    x: float
    y: float
    reason: str
    serious: bool = False


def edge_region(plane: Float32[np.ndarray, "h w"], candidate: EdgeCandidate) -> EdgeRegion | Rejected:
    """The largest part of an edge that is a plain blurred step, or why there is none.

    Args:
        plane: linear light.
        candidate: where to look.
    """
    fit = _first_fit(plane, candidate)
    if isinstance(fit, Rejected):
        return fit
    half_length = min(candidate.half_length_px * 1.15 + 8, _MOST_HALF_LENGTH_PX)
    gradient = LightGradient()
    for again in (False, True):
        patch, sound = _straightened(plane, fit.line, half_length, gradient)
        low_width, high_width = _flat_sides(patch, sound, fit, _parts(len(patch), whole=again))
        blur = 3 * fit.sigma_px
        if min(low_width, high_width) < blur + LEAST_FLAT_PX:
            return _rejected(
                fit.line,
                f"no flat area of {blur + LEAST_FLAT_PX:.0f} px beside it",
                serious=min(low_width, high_width) >= 0.7 * blur and fit.sigma_px > 2,
            )
        # Near a corner the blur mixes in what lies round it.
        first, last = _sound_rows(patch, sound, fit, (low_width, high_width), trim=2.5 * fit.sigma_px + 1)
        if last - first < LEAST_LENGTH_PX:
            return _rejected(fit.line, f"shorter than {LEAST_LENGTH_PX:.0f} px")
        line = fit.line.moved((first + last) / 2 - len(patch) / 2)
        half_length = (last - first) / 2
        samples = samples_beside(
            plane, line, half_length_px=half_length, half_width_px=min(max(low_width, high_width), blur + 12)
        )
        across = line.across(samples.x, samples.y)
        samples = samples.within((across >= -low_width) & (across <= high_width))
        fit = fit_step(samples, line, sigma_px=fit.sigma_px, bent=True)
        gradient = light_gradient_of(samples, fit)
        fit = fit_step(gradient.evened(samples, fit), fit.line, sigma_px=fit.sigma_px, bent=True)
    return EdgeRegion(fit=fit, half_length_px=half_length, low_width_px=low_width, high_width_px=high_width)


def _rejected(line: EdgeLine, reason: str, *, serious: bool = False) -> Rejected:
    return Rejected(x=line.x, y=line.y, reason=reason, serious=serious)


def _first_fit(plane: Float32[np.ndarray, "h w"], candidate: EdgeCandidate) -> StepFit | Rejected:
    line, half_length = candidate.line, min(candidate.half_length_px * 0.9, _FIRST_HALF_LENGTH_PX * candidate.blur_px)
    samples = samples_beside(plane, line, half_length_px=half_length, half_width_px=max(5.0, 5 * candidate.blur_px))
    if len(samples) < 64:
        return _rejected(line, "too few pixels")
    across = line.across(samples.x, samples.y)
    sides = [samples.value[side * across > candidate.blur_px] for side in (-1, 1)]
    # Most candidates of a photo fail here, before anything is fitted to them.
    if min(s.size for s in sides) < 16 or abs(float(sides[1].mean() - sides[0].mean())) < 2 * max(
        s.std() for s in sides
    ):
        return _rejected(line, "too little contrast for its noise or texture")
    fit = fit_step(samples, line, sigma_px=max(1.0, 0.8 * candidate.blur_px), rounds=_FIRST_ROUNDS)
    moved = math.hypot(fit.line.x - line.x, fit.line.y - line.y)
    turned = abs(wrapped_deg(fit.line.angle_deg - line.angle_deg))
    if moved > 4 * candidate.blur_px + 2 or turned > 10 or fit.sigma_px > 12 * candidate.blur_px:
        return _rejected(line, "no step")
    if abs(fit.contrast) < 4 * fit.residual:
        return _rejected(line, "too little contrast for its noise or texture")
    return fit


def _straightened(
    plane: Float32[np.ndarray, "h w"], line: EdgeLine, half_length: float, gradient: LightGradient
) -> tuple[Float32[np.ndarray, "rows columns"], Bool[np.ndarray, "rows columns"]]:
    """The picture turned so that the edge is upright: rows along it, columns across; and what lies inside."""
    rows, columns = 2 * math.ceil(half_length), 2 * _MOST_HALF_WIDTH_PX
    cos, sin = math.cos(math.radians(line.angle_deg)), math.sin(math.radians(line.angle_deg))
    along = (np.arange(rows) + 0.5 - rows / 2)[:, None]
    across = (np.arange(columns) + 0.5 - columns / 2)[None, :] + line.bend * np.square(along)
    x = (line.x + across * cos - along * sin - 0.5).astype(np.float32)
    y = (line.y + across * sin + along * cos - 0.5).astype(np.float32)
    picture = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    even = gradient.light(across - line.bend * np.square(along), np.broadcast_to(along, across.shape))
    patch: Float32[np.ndarray, "rows columns"] = (picture / even).astype(np.float32)
    h, w = plane.shape
    inside = (x >= 0) & (y >= 0) & (x <= w - 1) & (y <= h - 1)
    return patch, inside


def _parts(rows: int, *, whole: bool) -> list[slice]:
    """The middle half of the rows; or all of them in pieces, so that what comes near at one end is seen."""
    if not whole:
        return [slice(rows // 4, max(3 * rows // 4, rows // 4 + 1))]
    count = min(max(rows // 12, 1), 5)
    return [slice(k * rows // count, (k + 1) * rows // count) for k in range(count)]


def _flat_sides(
    patch: Float32[np.ndarray, "rows columns"],
    sound: Bool[np.ndarray, "rows columns"],
    fit: StepFit,
    parts: Sequence[slice],
) -> tuple[float, float]:
    """How many px each side keeps its level, judged by the median of every column in each part of the rows."""
    half = patch.shape[1] // 2
    z = (np.arange(patch.shape[1]) + 0.5 - half) / fit.sigma_px
    expected = fit.low + fit.contrast * ndtr(z)
    flat = np.ones(patch.shape[1], bool)
    inside = np.ones(patch.shape[1], bool)
    for rows in parts:
        there = sound[rows]
        inside &= there.mean(axis=0) >= 0.5
        count = max(float(there.sum(axis=0).mean()), 1.0)
        tolerance = _FLAT * abs(fit.contrast) + 3 * fit.residual / math.sqrt(count)
        excess = (_median(patch[rows], there) - expected) * np.sign(z * fit.contrast)
        # A sharpened edge overshoots near by: brighter on its bright side, darker on its dark one, as no neighbour is.
        sharpened = (np.abs(z) * fit.sigma_px < 3 * fit.sigma_px + _HALO_PX) & (excess > 0)
        sharpened &= excess < _MOST_HALO * abs(fit.contrast)
        flat &= (np.abs(excess) <= tolerance) | (np.abs(z) < 3) | sharpened
    back = 3 * fit.sigma_px + 1
    widths = []
    for side_flat, side_inside in ((flat[:half][::-1], inside[:half][::-1]), (flat[half:], inside[half:])):
        ends = half if side_inside.all() else int(np.argmin(side_inside))
        # What comes next is blurred too: it begins before it is seen.
        other = float(half) if side_flat.all() else int(np.argmin(side_flat)) - back
        widths.append(min(float(ends), other))
    return widths[0], widths[1]


def _median(part: Float32[np.ndarray, "r c"], inside: Bool[np.ndarray, "r c"]) -> Float32[np.ndarray, "c"]:
    """Median of every column, of the pixels inside the picture where there are any."""
    if inside.all():
        level: Float32[np.ndarray, "c"] = np.median(part, axis=0)
        return level
    whole = np.where(inside | ~inside.any(axis=0), part, np.float32(np.nan))
    return np.nanmedian(whole, axis=0).astype(np.float32)


def _sound_rows(
    patch: Float32[np.ndarray, "rows columns"],
    sound: Bool[np.ndarray, "rows columns"],
    fit: StepFit,
    widths: tuple[float, float],
    *,
    trim: float,
) -> tuple[float, float]:
    """First and last row of the run around the middle in which the step looks the same, `trim` rows short of others."""
    half = patch.shape[1] // 2
    columns = slice(max(half - int(widths[0]), 0), half + int(widths[1]))
    part, inside = patch[:, columns], sound[:, columns]
    middle = slice(len(part) * 3 // 8, max(len(part) * 5 // 8, len(part) * 3 // 8 + 1))
    profile = np.median(part[middle], axis=0)
    spread = np.where(inside, np.square(part - profile), 0).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    chunks = len(spread) // _CHUNK
    chunk = spread[: chunks * _CHUNK].reshape(chunks, _CHUNK).mean(axis=1)
    typical = float(np.median(chunk[chunks // 4 : max(3 * chunks // 4, 1)])) if chunks else 0.0
    limit = 2.5 * typical + (_ROW_EXCESS * fit.contrast) ** 2
    # A row counts when the edge and half of what lies beside it are inside the picture.
    whole = inside.mean(axis=1)[: chunks * _CHUNK].reshape(chunks, _CHUNK).min(axis=1) >= 0.5
    good = (chunk <= limit) & whole
    centre = chunks // 2
    if not chunks or not good[centre]:
        return 0.0, 0.0
    before, after = good[: centre + 1][::-1], good[centre:]
    first = centre + 1 - (int(np.argmin(before)) if not before.all() else len(before))
    last = centre + (int(np.argmin(after)) if not after.all() else len(after))
    # Where the picture or the patch ends there is no corner.
    starts_inside = first > 0 and bool(whole[first - 1])
    ends_inside = last < chunks and bool(whole[last])
    return first * _CHUNK + trim * starts_inside, last * _CHUNK - trim * ends_inside
