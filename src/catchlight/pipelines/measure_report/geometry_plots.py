"""Drawings of a lens's distortion and lateral colour as a grid shows them."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64
from markupsafe import Markup

from catchlight.measure.charts.grid import GridGeometry, LateralColour
from catchlight.pipelines.drawing import Axes, Scale, drawing, polyline, round_length

_LINES = 9
# The largest displacement is drawn about this long, as a share of the half diagonal.
_DRAWN_SHARE = 0.08


def distortion_plot(grid: GridGeometry, shape: tuple[int, int]) -> tuple[Markup, float]:
    """A straight grid over the frame and what the lens makes of it; and how many times too far it is drawn."""
    h, w = shape
    scale = 520.0 / w if w >= h else 420.0 / h
    half = math.hypot(h, w) / 2
    worst = max(abs(_relative(grid, np.linspace(0, 1, 101))).max(), 1e-9)
    times = max(1.0, round_length(_DRAWN_SHARE / worst)) if worst < _DRAWN_SHARE else 1.0
    along = np.linspace(-0.5, 0.5, 49)
    ideal, bent = [], []
    for fixed in np.linspace(-0.5, 0.5, _LINES):
        for x, y in ((along * w, np.full_like(along, fixed * h)), (np.full_like(along, fixed * w), along * h)):
            moved = 1 + times * _relative(grid, np.hypot(x, y) / half)
            ideal.append(_line(x, y, scale, shape, "ideal"))
            bent.append(_line(x * moved, y * moved, scale, shape, "bent"))
    title = "Distortion of a straight grid, exaggerated"
    return drawing(w * scale + 40.0, h * scale + 40.0, title, [*ideal, *bent]), times


def _relative(grid: GridGeometry, radius: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    return grid.k1 * radius**2 + grid.k2 * radius**4


def _line(
    x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], scale: float, shape: tuple[int, int], kind: str
) -> str:
    h, w = shape
    points = zip((x + w / 2) * scale + 20, (y + h / 2) * scale + 20, strict=True)
    return polyline([(float(a), float(b)) for a, b in points], kind)


def lateral_colour_plot(grid: GridGeometry, shape: tuple[int, int]) -> Markup:
    """Outward shift of red and blue against green by distance from the centre."""
    half = math.hypot(*shape) / 2
    radius = np.linspace(0, max(grid.seen_radius, 0.1), 60)
    curves = {name: _outward(colour, radius, half) for name, colour in (("R", grid.red), ("B", grid.blue))}
    reach = max(0.1, 1.2 * max(float(np.abs(c).max()) for c in curves.values()))
    axes = Axes(x=Scale(low=0.0, high=1.0), y=Scale(low=-reach, high=reach))
    zero = axes.y_of(0.0)
    parts = [
        axes.grid(x_name="distance from the centre (1 = corner)", y_name="outward shift, px"),
        f'<line class="half" x1="{axes.left}" y1="{zero:.1f}" x2="{axes.width - axes.right}" y2="{zero:.1f}"/>',
    ]
    for name, curve in curves.items():
        points = [(float(r), float(v)) for r, v in zip(radius, curve, strict=True)]
        parts.append(axes.line(points, f"middle {name}"))
    return drawing(axes.width, axes.height, "Lateral colour against distance from the centre", parts)


def _outward(colour: LateralColour, radius: Float64[np.ndarray, "n"], half_px: float) -> Float64[np.ndarray, "n"]:
    return radius * half_px * (colour.scale + colour.cubic * radius**2)
