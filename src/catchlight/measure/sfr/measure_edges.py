"""Every usable slanted edge of a picture and its response."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32

from catchlight.core.errors import ContractError
from catchlight.measure.sfr.edge_doubts import EdgeDoubts, clipped_share, doubts_of, rounding_share
from catchlight.measure.sfr.edge_region import EdgeRegion, Rejected, edge_region
from catchlight.measure.sfr.edge_samples import EdgeLine, EdgeSamples, samples_beside
from catchlight.measure.sfr.edge_spread import EdgeSpread, fit_edge_spread
from catchlight.measure.sfr.find_edges import EdgeCandidate, find_edges
from catchlight.measure.sfr.frequency_response import FrequencyResponse, overshoot
from catchlight.measure.sfr.light_gradient import light_gradient_of
from catchlight.measure.sfr.step_fit import StepFit, fit_step
from catchlight.measure.sfr.unrounded import unrounded

# Longer candidates are measured in pieces, so that a field map has more than one point on them.
_PIECE_PX = 400.0
# A quarter pixel is the spacing of the spline's knots.
_MOST_GAP_PX = 0.3
# Rendered charts stay below 0.8 % of the contrast plus a fifth of the noise in what the model leaves; of 46 photos
# nearly all edges of hair, clouds and walls lie above.
_MOST_STRUCTURE, _STRUCTURE_OF_NOISE = 0.008, 0.2
# No blur is as lopsided as the upper limit: something else lies beside the edge, or it is clipped. Above the lower one
# there is a warning: a wrong curve makes 3 to 8 %.
_LOPSIDED, _MOST_LOPSIDED = 0.03, 0.18
# A display curve taken for light moves MTF50 by 2 to 7 %, the reverse by 3 to 20 % (contrasts of 2 to 27), and makes
# profiles lopsided by no more than 0.5 to 2.4 %: but of a shape that a power of about 2.4 or 0.4 undoes.
_CURVED, _ALIKE = 0.002, 1.4
_SHARPENED = 0.02
# Distortion bends an edge less than this (sagitta, or as a share of the half length), and no chart is as ragged; hair,
# shoulders and leaves are.
_MOST_SAGITTA_PX, _SAGITTA_OF_LENGTH = 0.35, 0.008
_MOST_RAGGED_PX = 0.1
# The average over a square photosite alone has a σ of 0.29 px.
_DRAWN_SIGMA_PX = 0.2
_MOST_CLIPPED = 0.05
_MOST_ERROR = 0.15
# Confidence halves at these.
_HALF_ERROR, _HALF_STRUCTURE = 0.04, 0.03
_LEAST_CONTRAST = 0.01
# Standard error of the modulation at one half per share by which rounding may have moved the levels (simulated).
_ROUNDING_ERROR = 0.8
# What is left of it where levels are told from the tails (simulated: a tenth, more where one side cannot be told).
_UNROUNDED = 0.3
# Responses below this are not told: rendered charts stay above 0.4, single edges above 0.3 while the noise is below a
# tenth of their contrast; most of those in photos lie below 0.3.
_LEAST_CONFIDENCE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Channel:
    """One channel of a picture.

    Args:
        plane: linear light.
        sites: pixels at which the channel was sampled; all by default. A Bayer plane has its own sites only.
        limits: linear values at which the file clips, (black, white); None when it does not clip.
    """

    plane: Float32[np.ndarray, "h w"]
    sites: Bool[np.ndarray, "h w"] | None = None
    limits: tuple[float, float] | None = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredEdge:
    """One edge in one channel.

    Args:
        channel: its name.
        line: where it lies; its normal points to the brighter side or away from it.
        half_length_px: half of what was used along it.
        half_width_px: what was used on each side of it, on average.
        response: modulation transfer along the normal.
        spread: edge spread function.
        mtf50_cy_px: frequency at which half the modulation is left.
        mtf50_error_cy_px: its standard error from the noise.
        mtf10_cy_px: frequency at which a tenth is left; None when it is not reached below 1.5 cycles per pixel.
        overshoot: rise above the bright level as a share of the contrast.
        undershoot: fall below the dark level.
        contrast: difference of the two levels, linear.
        noise: standard deviation of one sample, linear.
        sigma_px: σ of the Gaussian blur that fits best.
        shift_px: how far this channel's edge lies from that of the first channel, along the normal.
        confidence: 0…1; 1 / (1 + (relative standard error of MTF50 / 4 %)²), times the same for what the model does not
            explain (3 % of the contrast), times 0.5 for each of: levels at the file's limits, a lopsided profile.
        doubts: what it was judged by.
    """

    channel: str
    line: EdgeLine
    half_length_px: float
    half_width_px: float
    response: FrequencyResponse
    spread: EdgeSpread
    mtf50_cy_px: float
    mtf50_error_cy_px: float
    mtf10_cy_px: float | None
    overshoot: float
    undershoot: float
    contrast: float
    noise: float
    sigma_px: float
    shift_px: float
    confidence: float
    doubts: EdgeDoubts


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgesFound:
    """The edges of a picture.

    Args:
        edges: by channel in the order given, then by place from top to bottom.
        warnings: one line each, with the number and the reason.
    """

    edges: tuple[MeasuredEdge, ...]
    warnings: tuple[str, ...]


def measure_edges(channels: Mapping[str, Channel], *, guide: Float32[np.ndarray, "h w"] | None = None) -> EdgesFound:
    """Finds slanted edges by itself and measures the spatial frequency response of each.

    Args:
        channels: planes of one size, linear; the first is found first and gives the others their places.
        guide: a full-resolution picture to find the edges in, when the channels are not sampled at every pixel.

    Raises:
        ContractError: no channel, or different sizes.

    Source: the method is that of ISO 12233:2017 (e-SFR) in its idea: many rows sample one edge at many phases. The
    fit of the edge and the spectrum are our own, see `fit_step` and `EdgeSpread.modulus`.
    """
    if not channels:
        raise ContractError("measuring needs at least one channel")
    shapes = {c.plane.shape for c in channels.values()}
    if len(shapes) != 1:
        raise ContractError(f"channels have one size; found {sorted(shapes)}")
    names = list(channels)
    regions, rejected = _regions(channels[names[0]].plane if guide is None else guide)
    measured: dict[str, list[MeasuredEdge]] = {name: [] for name in names}
    for region in regions:
        origin: EdgeLine | None = None
        for name in names:
            edge = _measure(name, channels[name], region, origin=origin)
            if isinstance(edge, Rejected):
                rejected.append(edge)
                if origin is None:
                    # Where the first channel cannot be believed, the others would only add noise.
                    break
                continue
            measured[name].append(edge)
            origin = origin or edge.line
    edges = tuple(e for name in names for e in sorted(measured[name], key=lambda e: (e.line.y, e.line.x)))
    return EdgesFound(edges=edges, warnings=_warnings(edges, rejected))


def _regions(guide: Float32[np.ndarray, "h w"]) -> tuple[list[EdgeRegion], list[Rejected]]:
    regions: list[EdgeRegion] = []
    rejected: list[Rejected] = []
    for candidate in _pieces(find_edges(guide)):
        if any(_covers(r, candidate.line) for r in regions):
            continue
        region = edge_region(guide, candidate)
        if isinstance(region, Rejected):
            rejected.append(region)
        elif not any(_covers(r, region.fit.line) or _covers(region, r.fit.line) for r in regions):
            regions.append(region)
    # What was refused once and measured from another candidate is no loss.
    lost = [r for r in rejected if not any(_covers(g, EdgeLine(x=r.x, y=r.y, angle_deg=0.0)) for g in regions)]
    return regions, lost


def _pieces(candidates: Sequence[EdgeCandidate]) -> list[EdgeCandidate]:
    """Long candidates cut into an odd number of pieces, so that one lies in the middle."""
    pieces = []
    for whole in candidates:
        count = max(int(2 * whole.half_length_px / _PIECE_PX) // 2 * 2 + 1, 1)
        half = whole.half_length_px / count
        for k in sorted(range(count), key=lambda k: abs(2 * k + 1 - count)):
            line = whole.line.moved((2 * k + 1 - count) * half)
            pieces.append(replace(whole, line=line, half_length_px=half))
    return pieces


def _covers(region: EdgeRegion, line: EdgeLine) -> bool:
    mine = region.fit.line
    aside_limit, along_limit = 3 * region.fit.sigma_px + 2, region.half_length_px + 4
    # Cheap first: most pairs are far apart.
    if math.hypot(line.x - mine.x, line.y - mine.y) > aside_limit + along_limit:
        return False
    x, y = np.array([line.x]), np.array([line.y])
    return abs(float(mine.across(x, y)[0])) < aside_limit and abs(float(mine.along(x, y)[0])) < along_limit


def _measure(name: str, channel: Channel, region: EdgeRegion, *, origin: EdgeLine | None) -> MeasuredEdge | Rejected:
    samples = _samples(channel, region, region.fit.line)
    near = 3 * region.fit.sigma_px + 12
    close = samples.within(np.abs(region.fit.line.across(samples.x, samples.y)) < near)
    if len(close) < 64:
        return _refused(region, f"only {len(close)} pixels")
    fit = fit_step(close, region.fit.line, sigma_px=region.fit.sigma_px, bent=True)
    if abs(fit.contrast) < max(_LEAST_CONTRAST * _range(channel), 2 * fit.residual):
        return _refused(region, "too little contrast for its noise")
    gradient = light_gradient_of(samples, fit)
    across = fit.line.across(samples.x, samples.y)
    clipped = clipped_share(samples, across, fit.sigma_px, channel.limits)
    rounding = rounding_share(samples, across, fit.sigma_px)
    whole = unrounded(samples, across, sigma_px=fit.sigma_px, rising=fit.contrast > 0)
    rounding_error = _ROUNDING_ERROR * rounding
    if whole is not samples:
        samples, rounding_error = whole, _UNROUNDED * rounding_error
        close = samples.within(np.abs(region.fit.line.across(samples.x, samples.y)) < near)
    samples, close = gradient.evened(samples, fit), gradient.evened(close, fit)
    fit = fit_step(close, fit.line, sigma_px=fit.sigma_px, bent=True)
    across = fit.line.across(samples.x, samples.y)
    spread = fit_edge_spread(
        across, samples.value, contrast=fit.contrast, sigma_px=fit.sigma_px, noise=_noise(samples, across, fit)
    )
    doubts = doubts_of(samples, fit.line, spread, sigma_px=fit.sigma_px, clipped=clipped, rounding=rounding)
    if doubts.gap_px > _MOST_GAP_PX:
        return _refused(
            region, "lies along the pixel grid or a diagonal, so it is sampled at too few phases", serious=True
        )
    noise = spread.noise / max(abs(spread.contrast), 1e-12)
    if doubts.structure > _MOST_STRUCTURE + _STRUCTURE_OF_NOISE * noise:
        return _refused(region, "no plain edge: texture beside it")
    half_length = region.half_length_px
    if abs(fit.line.bend) * half_length**2 > max(_MOST_SAGITTA_PX, _SAGITTA_OF_LENGTH * half_length):
        return _refused(region, "not straight")
    if doubts.ragged_px > _MOST_RAGGED_PX:
        return _refused(region, "ragged" if fit.sigma_px > _DRAWN_SIGMA_PX else "jagged: sharper than pixels can show")
    if not doubts.clipped > _MOST_CLIPPED and _is_lopsided(doubts, _MOST_LOPSIDED):
        return _refused(region, "lopsided: it is no step with two flat sides")
    if doubts.clipped > _MOST_CLIPPED and _is_lopsided(doubts):
        return _refused(
            region, f"clipped: {doubts.clipped:.0%} of the samples of one side lie at the file's limit", serious=True
        )
    response = FrequencyResponse.of(spread)
    half = response.crossing(0.5, more_error=rounding_error)
    if half is None or half[1] > _MOST_ERROR * half[0]:
        found = "no frequency at which half is left" if half is None else f"MTF50 ± {half[1] / half[0]:.0%}"
        return _refused(region, f"too noisy: {found}", serious=True)
    confidence = _confidence(half[1] / half[0], doubts)
    if confidence < _LEAST_CONFIDENCE:
        return _refused(region, f"confidence {confidence:.2f} is below {_LEAST_CONFIDENCE}")
    tenth = response.crossing(0.1)
    over, under = overshoot(spread, sigma_px=fit.sigma_px)
    shift = 0.0 if origin is None else float(origin.across(np.array([fit.line.x]), np.array([fit.line.y]))[0])
    return MeasuredEdge(
        channel=name,
        line=fit.line,
        half_length_px=region.half_length_px,
        half_width_px=(region.low_width_px + region.high_width_px) / 2,
        response=response,
        spread=spread,
        mtf50_cy_px=half[0],
        mtf50_error_cy_px=half[1],
        mtf10_cy_px=None if tenth is None else tenth[0],
        overshoot=over,
        undershoot=under,
        contrast=abs(spread.contrast),
        noise=spread.noise,
        sigma_px=fit.sigma_px,
        shift_px=shift,
        confidence=confidence,
        doubts=doubts,
    )


def _samples(channel: Channel, region: EdgeRegion, line: EdgeLine) -> EdgeSamples:
    widths = region.low_width_px, region.high_width_px
    samples = samples_beside(
        channel.plane,
        line,
        half_length_px=region.half_length_px,
        half_width_px=max(widths),
        mask=channel.sites,
    )
    across = line.across(samples.x, samples.y)
    return samples.within((across >= -widths[0]) & (across <= widths[1]))


def _noise(samples: EdgeSamples, across: np.ndarray, fit: StepFit) -> float:
    """Deviation of the samples on the flat sides: the fitted step is not exact near the edge."""
    flat = np.abs(across) > 3 * fit.sigma_px + 1
    if flat.sum() < 32:
        return fit.residual
    side = across > 0
    parts = [samples.value[flat & side], samples.value[flat & ~side]]
    variances = [float(p.var()) for p in parts if p.size > 8]
    return math.sqrt(float(np.mean(variances))) if variances else fit.residual


def _range(channel: Channel) -> float:
    return channel.limits[1] - channel.limits[0] if channel.limits else float(np.ptp(channel.plane))


def _refused(region: EdgeRegion, reason: str, *, serious: bool = False) -> Rejected:
    return Rejected(x=region.fit.line.x, y=region.fit.line.y, reason=reason, serious=serious)


def _is_lopsided(doubts: EdgeDoubts, limit: float = _LOPSIDED) -> bool:
    return doubts.lopsided > limit + 3 * doubts.lopsided_error


def _is_curved(doubts: EdgeDoubts) -> bool:
    """Whether another tone curve would make the profile symmetric: a slight lopsidedness of just that shape."""
    significant = doubts.lopsided > _CURVED + 4 * doubts.lopsided_error + doubts.rounding
    return significant and not 1 / _ALIKE < doubts.exponent < _ALIKE


def _confidence(relative_error: float, doubts: EdgeDoubts) -> float:
    confidence = 1 / (1 + (relative_error / _HALF_ERROR) ** 2) / (1 + (doubts.structure / _HALF_STRUCTURE) ** 2)
    for doubt in (doubts.clipped > _MOST_CLIPPED, _is_lopsided(doubts) or _is_curved(doubts)):
        confidence *= 0.5 if doubt else 1.0
    return confidence


def _warnings(edges: Sequence[MeasuredEdge], rejected: Sequence[Rejected]) -> tuple[str, ...]:
    lines = []
    if not edges:
        reasons = Counter(r.reason for r in rejected).most_common(3)
        why = "; ".join(f"{n} × {reason}" for reason, n in reasons) or "nothing straight with two flat sides was found"
        lines.append(f"no usable edge: {why}")
    else:
        for reason, n in Counter(r.reason for r in rejected if r.serious).most_common():
            lines.append(f"{n} edge{'s' if n > 1 else ''} left out: {reason}")
    clipped = [e for e in edges if e.doubts.clipped > _MOST_CLIPPED]
    if clipped:
        worst = max(e.doubts.clipped for e in clipped)
        lines.append(
            f"{len(clipped)} of {len(edges)} edges touch the file's limit (up to {worst:.0%} of one side): expose less"
        )
    lopsided = [e for e in edges if _is_lopsided(e.doubts)]
    if lopsided:
        worst = max(e.doubts.lopsided for e in lopsided)
        lines.append(f"{len(lopsided)} of {len(edges)} edge profiles are lopsided, up to {worst:.0%} of the contrast")
    sharpened = [e for e in edges if max(e.overshoot, e.undershoot) > _SHARPENED]
    if len(sharpened) * 2 > len(edges):
        worst = max(max(e.overshoot, e.undershoot) for e in sharpened)
        lines.append(
            f"sharpened: {len(sharpened)} of {len(edges)} edges overshoot (up to {worst:.0%} of the contrast); this is "
            "the processing's response, not the lens's"
        )
    # Sharpening in encoded values makes profiles lopsided, too: no hint about curves then.
    curved = [e for e in edges if _is_curved(e.doubts) and e not in sharpened]
    if len(curved) * 2 > len(edges):
        exponent = float(np.median([e.doubts.exponent for e in curved]))
        said = "encoded for display but taken for linear" if exponent > 1 else "linear but decoded: try --linear"
        lines.append(
            f"wrong gamma? {len(curved)} of {len(edges)} edge profiles would be symmetric after a power of "
            f"{exponent:.1f}; the file may be {said}"
        )
    return tuple(lines)
