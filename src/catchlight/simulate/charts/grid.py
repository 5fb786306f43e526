"""Grids of dots or squares: what distortion and lateral colour are measured on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.paint import Dot, Patch, paint, rectangle
from catchlight.simulate.charts.view import ChartView


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridScene:
    """A picture of a grid and where its nodes are.

    Args:
        light: linear.
        nodes_xy: for red, green and blue the place of every node (a dot's centre, or the point where four squares
            meet) in px, row by row; may lie outside of the picture.
        rows: rows of nodes.
        columns: nodes in a row.
    """

    light: Float32[np.ndarray, "h w 3"]
    nodes_xy: Float64[np.ndarray, "3 n 2"]
    rows: int
    columns: int


def dot_grid(
    view: ChartView,
    *,
    rows: int = 13,
    columns: int = 19,
    chart_height: float = 2 / 3,
    diameter: float = 0.4,
    low: float = 0.05,
    high: float = 0.7,
    background: Float32[np.ndarray, "h w 3"] | None = None,
) -> GridScene:
    """Dark dots on a light board of 1 × `chart_height`.

    Args:
        view: the camera.
        rows: of dots.
        columns: dots in a row.
        chart_height: in units of the width.
        diameter: of a dot in units of the distance between dots.
        low: light of the dots.
        high: light of the board.
        background: what surrounds the board; without it the board fills everything.

    Raises:
        ContractError: fewer than 2×2 nodes or light out of range.
    """
    _check(rows, columns, low, high)
    pitch, nodes = _nodes(rows, columns, chart_height, margin=0.75)
    bright, dark = (high,) * 3, (low,) * 3
    shapes: list[Patch | Dot] = _board(chart_height, high, background)
    radius = 0.5 * diameter * pitch
    shapes += [Dot(centre=(float(x), float(y)), radius=radius, light=dark, on=bright) for x, y in nodes]
    light = paint(view, shapes, background=bright if background is None else background)
    return GridScene(light=light, nodes_xy=_seen(view, nodes), rows=rows, columns=columns)


def checker_grid(
    view: ChartView,
    *,
    rows: int = 9,
    columns: int = 14,
    chart_height: float = 2 / 3,
    low: float = 0.05,
    high: float = 0.7,
    background: Float32[np.ndarray, "h w 3"] | None = None,
) -> GridScene:
    """A checkerboard with `rows` × `columns` inner corners on a light board of 1 × `chart_height`.

    The arguments are those of `dot_grid`; the squares reach one pitch beyond the outer nodes.
    """
    _check(rows, columns, low, high)
    pitch, nodes = _nodes(rows, columns, chart_height, margin=1.3)
    bright, dark = (high,) * 3, (low,) * 3
    shapes: list[Patch | Dot] = _board(chart_height, high, background)
    left, top = nodes.min(axis=0) - pitch
    for i in range(rows + 1):
        for j in range(i % 2, columns + 1, 2):
            x, y = float(left + j * pitch), float(top + i * pitch)
            shapes.append(rectangle(x, y, float(pitch), float(pitch), light=dark, on=bright))
    light = paint(view, shapes, background=bright if background is None else background)
    return GridScene(light=light, nodes_xy=_seen(view, nodes), rows=rows, columns=columns)


def _check(rows: int, columns: int, low: float, high: float) -> None:
    if min(rows, columns) < 2 or not 0 <= low < high <= 1:
        raise ContractError("a grid has 2×2 nodes at least and 0 ≤ low < high ≤ 1; found others")


def _nodes(rows: int, columns: int, chart_height: float, *, margin: float) -> tuple[float, Float64[np.ndarray, "n 2"]]:
    """Distance between nodes and their places, centred, at least `margin` distances from the board's border."""
    pitch = min(1.0 / (columns - 1 + 2 * margin), chart_height / (rows - 1 + 2 * margin))
    i, j = np.mgrid[:rows, :columns].reshape(2, -1)
    x = 0.5 + (j - (columns - 1) / 2) * pitch
    y = chart_height / 2 + (i - (rows - 1) / 2) * pitch
    return pitch, np.stack([x, y], axis=-1)


def _board(chart_height: float, high: float, background: object) -> list[Patch | Dot]:
    return [] if background is None else [rectangle(0.0, 0.0, 1.0, chart_height, light=(high,) * 3, on=None)]


def _seen(view: ChartView, nodes: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "3 n 2"]:
    return np.stack([view.to_image(nodes, channel=c) for c in range(3)])
