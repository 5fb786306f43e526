"""Charts of slanted edges with the list of all their edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.lens.gaussian_blur import gaussian_mtf50
from catchlight.core.errors import ContractError
from catchlight.simulate.charts.paint import Patch, paint, rectangle
from catchlight.simulate.charts.view import ChartView

Layout = Literal["squares", "bars", "checker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEdge:
    """One straight edge as it lies in the picture.

    Args:
        x: middle of the edge in px, centres at 0.5.
        y: the same, down.
        direction_deg: direction of the line at its middle, 0…180 from the x axis towards y (down); 90 is vertical.
        length_px: from corner to corner.
        sigma_px: Gaussian blur at its middle.
        low: light on the dark side, before vignetting.
        high: light on the bright side.
        normal: unit vector from dark to bright.
    """

    x: float
    y: float
    direction_deg: float
    length_px: float
    sigma_px: float
    low: float
    high: float
    normal: tuple[float, float]

    @property
    def slant_deg(self) -> float:
        """Angle to the nearer of the two axes, 0…45."""
        past = self.direction_deg % 90.0
        return min(past, 90.0 - past)

    @property
    def mtf50_cy_px(self) -> float:
        """Frequency along the normal at which the Gaussian transfers half (without a photosite aperture).

        >>> at = {"x": 9.0, "y": 9.0, "direction_deg": 90.0, "length_px": 9.0, "normal": (1.0, 0.0)}
        >>> round(TrueEdge(**at, sigma_px=1.0, low=0.2, high=0.8).mtf50_cy_px, 4)
        0.1874
        """
        return gaussian_mtf50(self.sigma_px)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SlantedEdgeChart:
    """A picture of a chart and its edges.

    Args:
        light: the picture in linear light.
        edges: every edge both of whose ends lie inside the picture.
        cut: those of which only a part lies inside; middle and length are those of the whole.
    """

    light: Float32[np.ndarray, "h w 3"]
    edges: tuple[TrueEdge, ...]
    cut: tuple[TrueEdge, ...] = ()


def slanted_edges(
    view: ChartView,
    *,
    layout: Layout = "squares",
    rows: int = 4,
    columns: int = 6,
    chart_height: float = 2 / 3,
    turn_deg: float = 5.0,
    high: float = 0.6,
    contrast: float = 4.0,
    background: Float32[np.ndarray, "h w 3"] | None = None,
) -> SlantedEdgeChart:
    """A chart of turned dark squares on a light board, in linear light.

    Args:
        view: the camera; its homography places a board 1 × `chart_height`.
        layout: `squares`: each in a cell of its own, as on e-SFR charts; `bars`: with a dark bar along the upper and
            lower margin too, as on charts that measure distortion along; `checker`: one turned board of touching
            squares.
        rows: rows of squares.
        columns: squares in a row.
        chart_height: the board's height in units of its width.
        turn_deg: how far the squares are turned, clockwise as seen.
        high: light of the board, linear.
        contrast: ratio of light to dark; 4 is that of e-SFR charts (ISO 12233:2017).
        background: what surrounds the board, linear; without it the board fills everything.

    Raises:
        ContractError: no squares, or light out of range.
    """
    if rows < 1 or columns < 1 or not contrast > 1 or not 0 < high <= 1:
        raise ContractError("a chart has squares, a contrast > 1 and light in 0…1; found others")
    low = high / contrast
    bright, dark = (high,) * 3, (low,) * 3
    margin = 0.12 * chart_height if layout == "bars" else 0.0
    cell = min(1.0 / columns, (chart_height - 2 * margin) / rows)
    x0, y0 = (1.0 - cell * columns) / 2, (chart_height - cell * rows) / 2
    squares: list[Patch] = []
    if layout == "checker":
        squares = _checker(x0, y0, cell, rows, columns, turn_deg, dark, bright)
    else:
        # Half a cell leaves as much board as square, room for a region of interest on both sides of each edge.
        side = 0.5 * cell
        for i in range(rows):
            for j in range(columns):
                x, y = x0 + (j + 0.25) * cell, y0 + (i + 0.25) * cell
                squares.append(rectangle(x, y, side, side, light=dark, on=bright, turn_deg=turn_deg))
    bars: list[Patch] = []
    if layout == "bars":
        tops = (0.25 * margin, chart_height - 0.75 * margin)
        bars = [rectangle(0.03, y, 0.94, 0.5 * margin, light=dark, on=bright) for y in tops]
    board = [] if background is None else [rectangle(0, 0, 1, chart_height, light=bright, on=None)]
    light = paint(view, [*board, *bars, *squares], background=bright if background is None else background)
    edges, cut = _edges(view, [*bars, *squares], low, high)
    return SlantedEdgeChart(light=light, edges=tuple(edges), cut=tuple(cut))


def _checker(
    x0: float,
    y0: float,
    cell: float,
    rows: int,
    columns: int,
    turn_deg: float,
    dark: tuple[float, float, float],
    bright: tuple[float, float, float],
) -> list[Patch]:
    """Every second square of a board, shrunk so that the turned board fits."""
    angle = np.radians(turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.array([x0 + cell * columns / 2, y0 + cell * rows / 2])
    size = cell * 0.85
    squares = []
    for i in range(rows):
        for j in range(columns):
            if (i + j) % 2:
                continue
            centre = middle + turn @ (np.array([j + 0.5 - columns / 2, i + 0.5 - rows / 2]) * size)
            x, y = float(centre[0] - size / 2), float(centre[1] - size / 2)
            squares.append(rectangle(x, y, size, size, light=dark, on=bright, turn_deg=turn_deg))
    return squares


def _edges(view: ChartView, shapes: list[Patch], low: float, high: float) -> tuple[list[TrueEdge], list[TrueEdge]]:
    """Edges inside the picture, and those that its border cuts."""
    edges: list[TrueEdge] = []
    cut: list[TrueEdge] = []
    for shape in shapes:
        corners = np.asarray(shape.corners, np.float64)
        inside = view.to_image(corners.mean(axis=0, keepdims=True))[0]
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            share = _image_middle(view, a, b)
            # Where the lens bends the edge, its direction is that at its middle.
            shares = np.array([0.0, share - 0.01, share, share + 0.01, 1.0])[:, None]
            start, before, middle, after, end = view.to_image(a + shares * (b - a))
            ends = np.stack([start, end])
            outside = np.any((ends < 0) | (ends > (view.width, view.height)), axis=1)
            if outside.all() and not _crosses(view, start, end):
                continue
            along = after - before
            normal = np.array([-along[1], along[0]]) / np.linalg.norm(along)
            if normal @ (inside - middle) > 0:
                normal = -normal
            (cut if outside.any() else edges).append(
                TrueEdge(
                    x=float(middle[0]),
                    y=float(middle[1]),
                    direction_deg=float(np.degrees(np.arctan2(along[1], along[0])) % 180.0),
                    length_px=float(np.linalg.norm(end - start)),
                    sigma_px=float(view.sigma_at(middle[None])[0]),
                    low=low,
                    high=high,
                    normal=(float(normal[0]), float(normal[1])),
                )
            )
    return edges, cut


def _crosses(view: ChartView, start: Float64[np.ndarray, "2"], end: Float64[np.ndarray, "2"]) -> bool:
    """Whether some of a line between two outer points lies inside the picture."""
    points = start + np.linspace(0, 1, 65)[:, None] * (end - start)
    return bool(np.any(np.all((points > 0) & (points < (view.width, view.height)), axis=1)))


def _image_middle(view: ChartView, a: Float64[np.ndarray, "2"], b: Float64[np.ndarray, "2"]) -> float:
    """Share of the way from a to b on the chart that lands in the middle of its picture: perspective shifts it."""
    depth = np.asarray(view.image_from_chart)[2] @ np.array([[a[0], b[0]], [a[1], b[1]], [1, 1]])
    return float(depth[0] / (depth[0] + depth[1]))
