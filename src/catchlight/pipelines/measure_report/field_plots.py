"""Drawings over the picture: which edges were measured, and how sharpness falls towards the corners."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64, UInt8
from markupsafe import Markup, escape

from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.drawing import Axes, ColourRamp, Scale, drawing
from catchlight.pipelines.measurement.chart_figures import ChartFigures
from catchlight.pipelines.measurement.field_zones import ZONES, believed, field_share

# With fewer edges a map would show what lies between them as if it had been measured.
LEAST_FOR_MAP = 6
# On a chart of many edges numbers would cover it; then the least and the largest are written.
_MOST_LABELS = 28
_MAP_PX = 48
# An edge speaks for its surroundings within this share of the diagonal.
_REACH = 0.1
# Below this the direction from the centre says little about an edge's own direction.
_LEAST_COSINE = 0.5
# Lateral colour vanishes at the centre; a shift seen there is another thing.
_LEAST_SHARE = 0.15
# Edges of two colours are one when their middles are this close.
_SAME_PX = 4.0


def ramp_of(edges: Sequence[MeasuredEdge]) -> ColourRamp:
    """Colours from the least to the largest MTF50, at least 0.04 cy/px apart so that equal edges look equal."""
    values = [e.mtf50_cy_px for e in believed(edges)]
    low, high = min(values), max(values)
    middle, half = (low + high) / 2, max((high - low) / 2, 0.02)
    return ColourRamp(low=middle - half, high=middle + half)


def picture_drawing(shape: tuple[int, int], parts: Sequence[str]) -> Markup | None:
    """What is laid over the picture; None for nothing."""
    return drawing(float(shape[1]), float(shape[0]), "What was measured in the picture", parts) if parts else None


def chart_outlines(charts: ChartFigures) -> list[str]:
    """The borders of the charts that were found."""
    parts = []
    if charts.checker is not None:
        corners = charts.checker.corners_xy
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
        width = 0.004 * float(np.ptp(corners, axis=0).max())
        parts.append(
            f'<polygon class="outline" points="{points}" style="stroke-width: {width:.2f}px">'
            "<title>ColorChecker</title></polygon>"
        )
    return parts


def edge_strokes(edges: Sequence[MeasuredEdge], shape: tuple[int, int], ramp: ColourRamp) -> list[str]:
    """Each edge as a stroke in the colour of its MTF50, to be laid over the picture."""
    h, w = shape
    unit = max(h, w) / 1000
    parts: list[str] = []
    taken: list[tuple[float, float]] = []
    counted = {id(e) for e in believed(edges)}
    for edge in sorted(edges, key=lambda e: e.confidence):
        (x1, y1), (x2, y2) = edge.line.point(-edge.half_length_px), edge.line.point(edge.half_length_px)
        sure = id(edge) in counted
        colour = ramp.hex(edge.mtf50_cy_px)
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        title = (
            f"MTF50 {edge.mtf50_cy_px:.3f} ± {edge.mtf50_error_cy_px:.3f} cy/px, normal {edge.line.angle_deg:.1f}°, "
            f"length {2 * edge.half_length_px:.0f} px, confidence {edge.confidence:.2f}"
        )
        parts.append(
            f'<g opacity="{1 if sure else 0.55}"><title>{escape(title)}</title>'
            f'<line class="under" {place} stroke-width="{8 * unit:.2f}"/>'
            f'<line {place} stroke="{colour}" stroke-width="{4.5 * unit:.2f}"/></g>'
        )
    labelled = sorted((e for e in edges if id(e) in counted), key=lambda e: -e.confidence)
    if len(labelled) > _MOST_LABELS:
        labelled = [pick(labelled, key=lambda e: e.mtf50_cy_px) for pick in (max, min)]
    for edge in labelled:
        cos, sin = math.cos(math.radians(edge.line.angle_deg)), math.sin(math.radians(edge.line.angle_deg))
        # Beside the edge, on the side of the picture's centre.
        side = 1 if (w / 2 - edge.line.x) * cos + (h / 2 - edge.line.y) * sin >= 0 else -1
        x = edge.line.x + side * cos * (26 + 4 * abs(cos)) * unit
        y = edge.line.y + side * sin * 19 * unit
        x, y = min(max(x, 28 * unit), w - 28 * unit), min(max(y, 14 * unit), h - 14 * unit)
        if any(abs(x - a) < 50 * unit and abs(y - b) < 20 * unit for a, b in taken):
            continue
        taken.append((x, y))
        parts.append(
            f'<text class="on" x="{x:.1f}" y="{y + 5 * unit:.1f}" text-anchor="middle" '
            f'style="font-size: {16 * unit:.2f}px; stroke-width: {4 * unit:.2f}px">{edge.mtf50_cy_px:.2f}</text>'
        )
    return parts


def map_drawing(edges: Sequence[MeasuredEdge], shape: tuple[int, int], ramp: ColourRamp) -> Markup:
    """The zones and the believed edges, to be laid over `field_picture`."""
    h, w = shape
    unit = max(h, w) / 1000
    radius = math.hypot(h, w) / 2
    parts = [
        f'<circle class="zone" cx="{w / 2:.1f}" cy="{h / 2:.1f}" r="{limit * radius:.1f}" '
        f'style="stroke-width: {3 * unit:.2f}px; stroke-dasharray: {3 * unit:.1f} {9 * unit:.1f}"/>'
        for _, _, limit in ZONES[:-1]
    ]
    for edge in believed(edges):
        (x1, y1), (x2, y2) = edge.line.point(-edge.half_length_px), edge.line.point(edge.half_length_px)
        place = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        parts.append(
            f"<g><title>MTF50 {edge.mtf50_cy_px:.3f} cy/px</title>"
            f'<line class="under" {place} stroke-width="{11 * unit:.2f}"/>'
            f'<line {place} stroke="{ramp.hex(edge.mtf50_cy_px)}" stroke-width="{7 * unit:.2f}"/></g>'
        )
    return drawing(float(w), float(h), "Measured edges and the zones of the picture", parts)


def field_picture(
    edges: Sequence[MeasuredEdge], shape: tuple[int, int], ramp: ColourRamp
) -> UInt8[np.ndarray, "h w 3"]:
    """MTF50 over the frame, smoothed between the edges, as a small picture.

    Source: kernel regression, Nadaraya 1964 and Watson 1964, weighted by confidence.
    """
    h, w = shape
    columns, rows = (_MAP_PX, max(8, round(_MAP_PX * h / w))) if w >= h else (max(8, round(_MAP_PX * w / h)), _MAP_PX)
    y, x = np.mgrid[:rows, :columns]
    x, y = (x + 0.5) * w / columns, (y + 0.5) * h / rows
    reach = _REACH * math.hypot(h, w)
    total: Float64[np.ndarray, "rows columns"] = np.zeros((rows, columns))
    weight = np.zeros((rows, columns))
    for edge in believed(edges):
        near = np.exp(-0.5 * ((x - edge.line.x) ** 2 + (y - edge.line.y) ** 2) / reach**2) + 1e-9
        total += near * edge.confidence * edge.mtf50_cy_px
        weight += near * edge.confidence
    return ramp.colours(total / weight)


def radius_plot(edges: Sequence[MeasuredEdge], shape: tuple[int, int]) -> Markup:
    """MTF50 against distance from the centre, edges along the radius apart from those across it."""
    counted = believed(edges)
    highest = max(e.mtf50_cy_px + e.mtf50_error_cy_px for e in counted)
    axes = Axes(x=Scale(low=0.0, high=1.0), y=Scale(low=0.0, high=max(0.1, 1.15 * highest)))
    parts = [axes.grid(x_name="distance from the centre (1 = corner)", y_name="MTF50, cycles per pixel")]
    for edge in counted:
        x = axes.x_of(field_share(edge.line.x, edge.line.y, shape))
        y = axes.y_of(edge.mtf50_cy_px)
        up, down = (axes.y_of(edge.mtf50_cy_px + s * edge.mtf50_error_cy_px) for s in (1, -1))
        kind = "across" if _radial_cosine(edge, shape) ** 2 > 0.5 else "along"
        parts.append(f'<line class="error {kind}" x1="{x:.1f}" y1="{up:.1f}" x2="{x:.1f}" y2="{down:.1f}"/>')
        parts.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="4.5"/>')
    return drawing(axes.width, axes.height, "MTF50 against distance from the centre", parts)


def radial_shifts(
    edges: Sequence[MeasuredEdge], green: Sequence[MeasuredEdge], shape: tuple[int, int]
) -> list[tuple[float, float]]:
    """(distance from the centre 0…1, shift outward against green in px) of every edge that lies across the radius.

    Args:
        edges: of red or blue.
        green: of green.
        shape: height and width of the picture.
    """
    rows = []
    for edge in believed(edges):
        share = field_share(edge.line.x, edge.line.y, shape)
        same = [g for g in green if math.hypot(g.line.x - edge.line.x, g.line.y - edge.line.y) < _SAME_PX]
        cosine = _radial_cosine(edge, shape)
        if same and share >= _LEAST_SHARE and abs(cosine) >= _LEAST_COSINE:
            # Across an edge only the part of a shift along its normal shows.
            rows.append((share, (edge.shift_px - same[0].shift_px) / cosine))
    return rows


def lateral_plot(points: Mapping[str, Sequence[tuple[float, float]]]) -> Markup:
    """Shift outward against distance from the centre, for each colour that has `radial_shifts`."""
    every = [v for part in points.values() for _, v in part]
    reach = max(0.1, 1.2 * max(abs(v) for v in every))
    axes = Axes(x=Scale(low=0.0, high=1.0), y=Scale(low=-reach, high=reach))
    parts = [axes.grid(x_name="distance from the centre (1 = corner)", y_name="outward shift, px")]
    zero = axes.y_of(0.0)
    parts.append(
        f'<line class="half" x1="{axes.left}" y1="{zero:.1f}" x2="{axes.width - axes.right}" y2="{zero:.1f}"/>'
    )
    for name, part in points.items():
        parts += [
            f'<circle class="dot {name}" cx="{axes.x_of(r):.1f}" cy="{axes.y_of(v):.1f}" r="4.5"/>' for r, v in part
        ]
    return drawing(axes.width, axes.height, "Lateral colour against distance from the centre", parts)


def _radial_cosine(edge: MeasuredEdge, shape: tuple[int, int]) -> float:
    """Cosine between the edge's normal and the direction away from the picture's centre."""
    dx, dy = edge.line.x - shape[1] / 2, edge.line.y - shape[0] / 2
    length = math.hypot(dx, dy)
    if length < 1e-9:
        return 1.0
    angle = math.radians(edge.line.angle_deg)
    return (dx * math.cos(angle) + dy * math.sin(angle)) / length


def legend_text(ramp: ColourRamp) -> tuple[str, str]:
    """The ramp's ends in words."""
    return f"{ramp.low:.2f}", f"{ramp.high:.2f}"
