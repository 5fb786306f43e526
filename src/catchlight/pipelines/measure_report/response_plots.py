"""Drawings of how sharp edges are: responses, the profile of one edge, and colour by colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from markupsafe import Markup

from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.drawing import Axes, Scale, drawing, text
from catchlight.pipelines.measurement.field_zones import ZONES, believed, zone_of

_NYQUIST_CY_PX = 0.5
_LAST_CY_PX = 1.0
_FREQUENCIES = np.arange(0, _LAST_CY_PX + 1e-9, 0.01)
# Two thirds of a normal distribution lie between these, as within one standard deviation.
_BAND = (1 / 6, 5 / 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MedianResponse:
    """The median of several edges' responses.

    Args:
        name: of the group.
        middle: median modulation at each of the plot's frequencies.
        lower: the sixth part of the edges lies below; with fewer than four edges one standard error below.
        upper: the same above.
        edges: how many.
    """

    name: str
    middle: Float64[np.ndarray, "f"]
    lower: Float64[np.ndarray, "f"]
    upper: Float64[np.ndarray, "f"]
    edges: int

    @property
    def mtf50_cy_px(self) -> float | None:
        """Where the median falls to one half; None if it does not within the plot."""
        below = np.flatnonzero(self.middle < 0.5)
        if not below.size or below[0] == 0:
            return None
        i = int(below[0])
        high, low = float(self.middle[i - 1]), float(self.middle[i])
        return float(_FREQUENCIES[i - 1]) + (high - 0.5) / (high - low) * float(_FREQUENCIES[i] - _FREQUENCIES[i - 1])


def median_response(name: str, edges: Sequence[MeasuredEdge]) -> MedianResponse:
    """Median and spread of at least one edge."""
    curves = np.stack([np.interp(_FREQUENCIES, e.response.frequency_cy_px, e.response.modulation) for e in edges])
    middle = np.median(curves, axis=0)
    if len(edges) > 3:
        lower, upper = np.quantile(curves, _BAND, axis=0)
    else:
        error = np.stack(
            [np.interp(_FREQUENCIES, e.response.frequency_cy_px, e.response.standard_error) for e in edges]
        )
        spread = error.mean(axis=0)
        lower, upper = curves.min(axis=0) - spread, curves.max(axis=0) + spread
    return MedianResponse(name=name, middle=middle, lower=lower, upper=upper, edges=len(edges))


def by_zone(edges: Sequence[MeasuredEdge], shape: tuple[int, int]) -> list[MedianResponse]:
    """The median response of each zone that has believed edges, centre first."""
    counted = believed(edges)
    groups = [(name, [e for e in counted if zone_of(e.line.x, e.line.y, shape) == name]) for name, _, _ in ZONES]
    return [median_response(name, group) for name, group in groups if group]


def by_channel(edges: Mapping[str, Sequence[MeasuredEdge]]) -> list[MedianResponse]:
    """The median response of each channel that has believed edges."""
    return [median_response(name, believed(group)) for name, group in edges.items() if group]


def response_plot(
    medians: Sequence[MedianResponse], single: Sequence[MeasuredEdge] = (), *, shape: tuple[int, int], wide: bool = True
) -> Markup:
    """Modulation against frequency: single edges faint, medians bold with their spread, MTF50 marked.

    Args:
        medians: groups, coloured by their names.
        single: edges drawn alone, behind.
        shape: height and width of the picture, for zones.
        wide: as wide as the page, not half of it.
    """
    highest = max((float(m.upper.max()) for m in medians), default=1.0)
    top = min(max(1.1, 0.1 * np.ceil(10 * highest)), 2.0)
    axes = Axes(
        x=Scale(low=0.0, high=_LAST_CY_PX, step=0.1),
        y=Scale(low=0.0, high=float(top), step=0.2),
        width=1040.0 if wide else 520.0,
        height=430.0 if wide else 320.0,
    )
    floor, nyquist = axes.height - axes.bottom, axes.x_of(_NYQUIST_CY_PX)
    end = axes.width - axes.right
    parts = [
        f'<rect class="beyond" x="{nyquist:.1f}" y="{axes.top}" width="{end - nyquist:.1f}" '
        f'height="{floor - axes.top:.1f}"/>',
        axes.grid(x_name="spatial frequency, cycles per pixel", y_name="modulation transfer"),
        f'<line class="limit" x1="{nyquist:.1f}" y1="{axes.top}" x2="{nyquist:.1f}" y2="{floor}"/>',
        text(nyquist + 8, axes.top + 13, "Nyquist: beyond lies alias", "start"),
    ]
    for edge in single:
        zone = zone_of(edge.line.x, edge.line.y, shape)
        points = zip(
            _FREQUENCIES,
            np.interp(_FREQUENCIES, edge.response.frequency_cy_px, edge.response.modulation),
            strict=True,
        )
        title = f"edge at {edge.line.x:.0f}, {edge.line.y:.0f} ({zone}): MTF50 {edge.mtf50_cy_px:.3f} cy/px"
        parts.append(axes.line([(float(f), float(m)) for f, m in points], f"one {zone}", title=title))
    parts += [axes.band(_points(m.lower), _points(m.upper), f"band {m.name}") for m in medians]
    half = axes.y_of(0.5)
    parts.append(f'<line class="half" x1="{axes.left}" y1="{half:.1f}" x2="{nyquist:.1f}" y2="{half:.1f}"/>')
    for median in medians:
        title = f"{median.name}: median of {median.edges}"
        parts.append(axes.line(_points(median.middle), f"middle {median.name}", title=title))
    parts += _marks(medians, axes)
    return drawing(axes.width, axes.height, "Modulation transfer against spatial frequency", parts)


def _marks(medians: Sequence[MedianResponse], axes: Axes) -> list[str]:
    """A dot where each median falls to one half, a line down to the axis, and its number."""
    parts = []
    half, floor = axes.y_of(0.5), axes.height - axes.bottom
    found = sorted((m.mtf50_cy_px, m.name) for m in medians if m.mtf50_cy_px is not None)
    last = -np.inf
    row = 0
    for mtf50, name in found:
        x = axes.x_of(mtf50)
        # Numbers that would touch are set one below the other.
        row = row + 1 if x - last < 52 else 0
        last = x
        parts.append(f'<line class="drop {name}" x1="{x:.1f}" y1="{half:.1f}" x2="{x:.1f}" y2="{floor}"/>')
        parts.append(f'<circle class="mark {name}" cx="{x:.1f}" cy="{half:.1f}" r="5.5"/>')
        parts.append(text(x - 7, floor - 10 - 19 * row, f"{mtf50:.3f}", "end", kind=f"figure {name}"))
    return parts


def _points(modulation: Float64[np.ndarray, "f"]) -> list[tuple[float, float]]:
    return [(float(f), float(m)) for f, m in zip(_FREQUENCIES, modulation, strict=True)]


def spread_plot(edge: MeasuredEdge) -> Markup:
    """Profile across one edge from dark (0) to bright (1), and its derivative behind it."""
    reach = float(np.clip(5 * edge.sigma_px + 2, 4, -edge.spread.first_px - 1))
    place = np.linspace(-reach, reach, 241)
    share = _rising(edge, place)
    derivative = np.gradient(share, place)
    derivative = derivative / max(float(np.abs(derivative).max()), 1e-9)
    lowest, highest = min(-0.12, float(share.min()) - 0.05), max(1.12, float(share.max()) + 0.05)
    axes = Axes(x=Scale(low=-reach, high=reach), y=Scale(low=lowest, high=highest, step=0.2))
    parts = [axes.grid(x_name="across the edge, px", y_name="")]
    zero = [(float(p), 0.0) for p in place]
    line = [(float(p), float(d)) for p, d in zip(place, derivative, strict=True)]
    parts.append(axes.band(zero, line, "derivative"))
    for level in (0.0, 1.0):
        y = axes.y_of(level)
        parts.append(f'<line class="half" x1="{axes.left}" y1="{y:.1f}" x2="{axes.width - axes.right}" y2="{y:.1f}"/>')
    parts.append(axes.line([(float(p), float(s)) for p, s in zip(place, share, strict=True)], "profile"))
    rise = rise_px(edge)
    if rise is not None:
        first, last = rise
        for at, level, word in ((first, 0.1, "10 %"), (last, 0.9, "90 %")):
            x, y = axes.x_of(at), axes.y_of(level)
            parts.append(f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
            left = level < 0.5
            parts.append(text(x + (10 if left else -10), y + 5, word, "start" if left else "end"))
    return drawing(axes.width, axes.height, "Profile across the most trusted edge", parts)


def rise_px(edge: MeasuredEdge) -> tuple[float, float] | None:
    """Places across the edge where its profile passes a tenth and nine tenths of the contrast; None if it does not."""
    reach = min(12 * max(edge.sigma_px, 0.5), -edge.spread.first_px - 0.5)
    place = np.linspace(-reach, reach, 4001)
    share = _rising(edge, place)
    above = [np.flatnonzero(share >= level) for level in (0.1, 0.9)]
    if not all(a.size for a in above):
        return None
    return float(place[above[0][0]]), float(place[above[1][0]])


def _rising(edge: MeasuredEdge, place: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """The profile from its dark side (0, on the left) to its bright one (1), whichever way the normal points."""
    low, high = float(edge.spread.coefficients[0]), float(edge.spread.coefficients[-1])
    curve = edge.spread.at(place if high > low else -place)
    dark, bright = min(low, high), max(low, high)
    return (curve - dark) / max(bright - dark, 1e-12)
