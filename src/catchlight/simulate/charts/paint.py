"""Paints flat shapes as a camera sees them: every edge in closed form, no sampling error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.blurred_step import blurred_step
from catchlight.simulate.charts.view import ChartView

Light = tuple[float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A quadrilateral of one colour (a parallelogram on the chart).

    Args:
        corners: in chart units, in order around the shape.
        light: linear red, green, blue.
        on: the light of what it lies on; None where that is not one colour (a board before a photo).
    """

    corners: tuple[Point, Point, Point, Point]
    light: Light
    on: Light | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A disc of one colour.

    Args:
        centre: in chart units.
        radius: in chart units.
        light: linear red, green, blue.
        on: the light of what it lies on.
    """

    centre: Point
    radius: float
    light: Light
    on: Light | None


def rectangle(
    x: float, y: float, width: float, height: float, *, light: Light, on: Light | None, turn_deg: float = 0.0
) -> Patch:
    """An axis-parallel rectangle from its top-left corner, turned clockwise about its own centre."""
    angle = np.radians(turn_deg)
    across = 0.5 * width * np.array([np.cos(angle), np.sin(angle)])
    down = 0.5 * height * np.array([-np.sin(angle), np.cos(angle)])
    centre = np.array([x + width / 2, y + height / 2])
    corners = [centre + i * across + j * down for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    a, b, c, d = ((float(p[0]), float(p[1])) for p in corners)
    return Patch(corners=(a, b, c, d), light=light, on=on)


def paint(
    view: ChartView, shapes: Sequence[Patch | Dot], *, background: Light | Float32[np.ndarray, "h w 3"]
) -> Float32[np.ndarray, "h w 3"]:
    """The picture of shapes on a background, in linear light, with the lens's geometry, blur and vignetting.

    Straight edges are exact under a homography; where the lens bends them the distance to them is taken to first
    order, which is exact on the edge. Corners of a rectangle are exact where its sides stay perpendicular in the
    picture. A background picture is taken as already recorded: the lens does not touch it, vignetting does.

    Args:
        view: the camera.
        shapes: painted in order.
        background: one colour, or a linear picture of the view's size.

    Raises:
        ContractError: the background has another size.
    """
    picture = np.empty((view.height, view.width, 3), np.float32)
    if isinstance(background, np.ndarray) and background.shape != picture.shape:
        raise ContractError(f"a background has the view's size {picture.shape}; found {background.shape}")
    picture[:] = background
    for shape in shapes:
        for channel in range(3) if view.has_lateral_colour else (None,):
            _add(picture, view, shape, channel)
    if view.corner_light < 1:
        for top in range(0, view.height, 64):
            bottom = min(top + 64, view.height)
            light = view.light_at(_centres(top, bottom, 0, view.width))
            picture[top:bottom] *= light[..., None].astype(np.float32)
    return picture


def _add(picture: Float32[np.ndarray, "h w 3"], view: ChartView, shape: Patch | Dot, channel: int | None) -> None:
    top, bottom, left, right = _bounds(view, shape, 1 if channel is None else channel)
    if top >= bottom or left >= right:
        return
    seen = _centres(top, bottom, left, right)
    ideal, stretch = view.before_lens(seen, channel=1 if channel is None else channel)
    sigma = view.sigma_at(seen)
    if isinstance(shape, Patch):
        covered = _patch_cover(view, shape, seen, ideal, stretch, sigma)
    else:
        covered = _dot_cover(view, shape, seen, ideal, stretch, sigma)
    touched = slice(None) if channel is None else slice(channel, channel + 1)
    area = picture[top:bottom, left:right, touched]
    light = np.asarray(shape.light)[touched]
    share = covered[..., None]
    beneath = area if shape.on is None else np.asarray(shape.on)[touched]
    area += (share * (light - beneath)).astype(np.float32)


def _centres(top: int, bottom: int, left: int, right: int) -> Float64[np.ndarray, "h w 2"]:
    y, x = np.mgrid[top:bottom, left:right]
    return np.stack([x, y], axis=-1) + 0.5


def _bounds(view: ChartView, shape: Patch | Dot, channel: int) -> tuple[int, int, int, int]:
    if isinstance(shape, Patch):
        corners = np.asarray(shape.corners, np.float64)
        steps = np.linspace(0, 1, 9)[:, None]
        outline = np.concatenate([a + steps * (b - a) for a, b in zip(corners, np.roll(corners, -1, 0), strict=True)])
    else:
        angle = np.linspace(0, 2 * np.pi, 33)
        outline = np.asarray(shape.centre) + shape.radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    xy = view.to_image(outline, channel=channel)
    # Eight σ of blur, and two pixels for the photosite and for an outline that bends between the points.
    reach = 8 * max(view.sigma_px, view.sigma_corner_px or 0.0) + 2
    low, high = np.floor(xy.min(axis=0) - reach), np.ceil(xy.max(axis=0) + reach)
    left, right = (int(np.clip(v, 0, view.width)) for v in (low[0], high[0]))
    top, bottom = (int(np.clip(v, 0, view.height)) for v in (low[1], high[1]))
    return top, bottom, left, right


def _patch_cover(
    view: ChartView,
    patch: Patch,
    seen: Float64[np.ndarray, "h w 2"],
    ideal: Float64[np.ndarray, "h w 2"],
    stretch: Float64[np.ndarray, "h w 2"],
    sigma: Float64[np.ndarray, "h w"],
) -> Float64[np.ndarray, "h w"]:
    """Two strips, each between two opposite sides: for a rectangle their product is exact, corners included."""
    h = np.asarray(view.image_from_chart, np.float64)
    corners = np.concatenate([np.asarray(patch.corners), np.ones((4, 1))], axis=1) @ h.T
    corners = corners[:, :2] / corners[:, 2:]
    middle = corners.mean(axis=0)
    sides = []
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        normal = np.array([a[1] - b[1], b[0] - a[0]]) / np.linalg.norm(b - a)
        if normal @ (middle - a) < 0:
            normal = -normal
        distance = (ideal - a) @ normal
        if not view.distortion.is_identity or view.has_lateral_colour:
            distance = distance / _length_change(view, seen, stretch, normal)
        sides.append(
            blurred_step(
                distance, sigma_px=sigma, normal=(float(normal[0]), float(normal[1])), aperture_px=view.aperture_px
            )
        )
    across = np.maximum(sides[0] + sides[2] - 1, 0)
    along = np.maximum(sides[1] + sides[3] - 1, 0)
    return across * along


def _dot_cover(
    view: ChartView,
    dot: Dot,
    seen: Float64[np.ndarray, "h w 2"],
    ideal: Float64[np.ndarray, "h w 2"],
    stretch: Float64[np.ndarray, "h w 2"],
    sigma: Float64[np.ndarray, "h w"],
) -> Float64[np.ndarray, "h w"]:
    """Distance from the outline to first order: value over gradient of radius - |chart point - centre|."""
    inverse = np.linalg.inv(np.asarray(view.image_from_chart, np.float64))
    mapped = np.concatenate([ideal, np.ones_like(ideal[..., :1])], axis=-1) @ inverse.T
    depth = mapped[..., 2:]
    chart = mapped[..., :2] / depth
    offset = chart - np.asarray(dot.centre)
    radius = np.maximum(np.linalg.norm(offset, axis=-1), 1e-12)
    # Gradient of |offset| by the ideal position: the homography's derivative is (A - p·c)/depth, row by row.
    outward = offset / radius[..., None]
    by_row = outward[..., 0:1] * inverse[0, :2] + outward[..., 1:2] * inverse[1, :2]
    by_depth = (outward * chart).sum(axis=-1, keepdims=True) * inverse[2, :2]
    gradient = (by_row - by_depth) / depth
    size = np.maximum(np.linalg.norm(gradient, axis=-1), 1e-12)
    distance = (dot.radius - radius) / size
    normal = gradient / size[..., None]
    length = _length_change(view, seen, stretch, normal)
    distance = distance / length
    # Blur draws the middle value of a round outline inwards by σ²/2R; so the dot keeps its light.
    spread2 = sigma * sigma + view.aperture_px**2 / 12
    distance = distance - spread2 * size * length / (2 * dot.radius)
    # One normal serves the whole dot: across a round outline the photosite's box averages to the same width.
    return blurred_step(distance, sigma_px=sigma, normal=(0.8, 0.6), aperture_px=view.aperture_px)


def _length_change(
    view: ChartView,
    seen: Float64[np.ndarray, "h w 2"],
    stretch: Float64[np.ndarray, "h w 2"],
    normal: Float64[np.ndarray, "*any 2"],
) -> Float64[np.ndarray, "h w"]:
    """Ideal pixels a seen pixel along the edge's normal is worth."""
    offset = seen - np.array([view.width / 2, view.height / 2])
    radius = np.maximum(np.linalg.norm(offset, axis=-1, keepdims=True), 1e-9)
    along = (offset / radius * normal).sum(axis=-1)
    across2 = np.maximum((normal * normal).sum(axis=-1) - along * along, 0)
    return np.sqrt((along * stretch[..., 0]) ** 2 + across2 * stretch[..., 1] ** 2)
