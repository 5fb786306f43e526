"""How a camera looks at a flat chart."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float64

from catchlight.camera.lens.radial_map import RadialMap
from catchlight.core.errors import ContractError

Points = Float64[np.ndarray, "*n 2"]
Homography = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartView:
    """Camera and lens in front of a flat chart: a homography, then distortion, lateral colour, blur and vignetting.

    Charts are 1 unit wide and `chart_height` units high, y down, corners at (0, 0) and (1, chart_height).
    Radii are in half diagonals of the picture about its centre.

    Args:
        height: picture height in pixels.
        width: picture width in pixels.
        image_from_chart: homography from chart units to pixels (centres at 0.5), before the lens.
        distortion: radius in the picture of green light from the radius without distortion.
        red: radius of red from that of green.
        blue: radius of blue from that of green.
        sigma_px: standard deviation of the Gaussian blur at the centre.
        sigma_corner_px: the same in the corners, growing with r²; None: the same everywhere.
        aperture_px: side of the square photosite over which light is averaged; 0 samples points.
        corner_light: light in the corners relative to the centre, falling with r².

    Raises:
        ContractError: an empty picture, a singular homography, or values out of range.
    """

    height: int
    width: int
    image_from_chart: Homography
    distortion: RadialMap = field(default_factory=RadialMap)
    red: RadialMap = field(default_factory=RadialMap)
    blue: RadialMap = field(default_factory=RadialMap)
    sigma_px: float = 0.7
    sigma_corner_px: float | None = None
    aperture_px: float = 0.0
    corner_light: float = 1.0

    def __post_init__(self) -> None:
        if min(self.height, self.width) < 8:
            raise ContractError(f"a view is at least 8×8 px; found {self.height}×{self.width}")
        h = np.asarray(self.image_from_chart, np.float64)
        if h.shape != (3, 3) or not np.all(np.isfinite(h)) or abs(np.linalg.det(h)) < 1e-12:
            raise ContractError("a homography is an invertible 3×3 matrix of finite numbers")
        sigmas = (self.sigma_px, self.sigma_px if self.sigma_corner_px is None else self.sigma_corner_px)
        if not all(math.isfinite(s) and s >= 0 for s in sigmas):
            raise ContractError(f"a blur is ≥ 0 px; found {sigmas}")
        if not (0 <= self.aperture_px <= 4 and 0 < self.corner_light <= 1):
            raise ContractError("an aperture is 0…4 px and the corners' light in 0…1; found others")

    @property
    def half_diagonal_px(self) -> float:
        """Unit of radius."""
        return math.hypot(self.height, self.width) / 2

    @property
    def has_lateral_colour(self) -> bool:
        """Whether the three colours see different geometry."""
        return not (self.red.is_identity and self.blue.is_identity)

    def to_image(self, chart_xy: Points, *, channel: int = 1) -> Points:
        """Where points of the chart land in the picture, in px, for red (0), green (1) or blue (2)."""
        h = np.asarray(self.image_from_chart, np.float64)
        mapped = np.concatenate([chart_xy, np.ones_like(chart_xy[..., :1])], axis=-1) @ h.T
        offset = mapped[..., :2] / mapped[..., 2:] - self._centre()
        radius = np.linalg.norm(offset, axis=-1) / self.half_diagonal_px
        moved = self._colour(channel).moved(self.distortion.moved(radius))
        return self._centre() + offset * _ratio(moved, radius)[..., None]

    def before_lens(self, image_xy: Points, *, channel: int = 1) -> tuple[Points, Points]:
        """Where a perfect lens would have put what is seen at `image_xy`, and how lengths change on the way.

        Returns:
            ideal positions in px; and along the last axis the derivative of the ideal by the seen position, first
            along the radius, then across it.
        """
        offset = image_xy - self._centre()
        radius = np.linalg.norm(offset, axis=-1) / self.half_diagonal_px
        colour = self._colour(channel)
        green = colour.unmoved(radius)
        ideal = self.distortion.unmoved(green)
        across = _ratio(ideal, radius)
        along = 1.0 / (colour.slope(green) * self.distortion.slope(ideal))
        return self._centre() + offset * across[..., None], np.stack([along, across], axis=-1)

    def sigma_at(self, image_xy: Points) -> Float64[np.ndarray, "*n"]:
        """Blur in px at points of the picture."""
        if self.sigma_corner_px is None:
            return np.full(image_xy.shape[:-1], self.sigma_px)
        return self.sigma_px + (self.sigma_corner_px - self.sigma_px) * self._radius2(image_xy)

    def light_at(self, image_xy: Points) -> Float64[np.ndarray, "*n"]:
        """Relative light at points of the picture, 1 at the centre."""
        return 1.0 + (self.corner_light - 1.0) * self._radius2(image_xy)

    def with_lens(
        self, *, k1: float = 0.0, k2: float = 0.0, red: float = 0.0, blue: float = 0.0, red_cubic: float = 0.0
    ) -> ChartView:
        """The same view through a lens with Brown-Conrady k1, k2 and lateral colour (scale of red and blue - 1)."""
        return replace(
            self,
            distortion=RadialMap(cubic=k1, quintic=k2),
            red=RadialMap(scale=red, cubic=red_cubic),
            blue=RadialMap(scale=blue),
        )

    def _colour(self, channel: int) -> RadialMap:
        return (self.red, RadialMap(), self.blue)[channel]

    def _centre(self) -> Float64[np.ndarray, "2"]:
        return np.array([self.width / 2, self.height / 2])

    def _radius2(self, image_xy: Points) -> Float64[np.ndarray, "*n"]:
        offset = (image_xy - self._centre()) / self.half_diagonal_px
        return (offset * offset).sum(axis=-1)


def _ratio(top: Float64[np.ndarray, "*n"], bottom: Float64[np.ndarray, "*n"]) -> Float64[np.ndarray, "*n"]:
    return np.divide(top, bottom, out=np.ones_like(top), where=bottom > 0)


def perspective(
    *,
    height: int,
    width: int,
    chart_height: float,
    fill: float = 0.9,
    yaw_deg: float = 0.0,
    pitch_deg: float = 0.0,
    roll_deg: float = 0.0,
    shift_px: tuple[float, float] = (0.0, 0.0),
    focal: float = 1.1,
) -> Homography:
    """Homography of a chart that a pinhole camera sees turned about its own centre.

    Args:
        height: picture height in pixels.
        width: picture width in pixels.
        chart_height: the chart's height in units of its width.
        fill: share of the picture's width that the chart's width would cover if it faced the camera.
        yaw_deg: turn about the vertical axis.
        pitch_deg: turn about the horizontal axis.
        roll_deg: turn in the picture's plane, clockwise as seen.
        shift_px: where the chart's centre is, relative to the picture's.
        focal: focal length in picture widths; 1.1 is a phone's main camera (40 mm equivalent).

    Raises:
        ContractError: a part of the chart would lie behind the camera.
    """
    yaw, pitch, roll = (math.radians(a) for a in (yaw_deg, pitch_deg, roll_deg))
    about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    about_z = np.array([[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]])
    turn = about_z @ about_x @ about_y
    distance = focal / fill
    # Columns: the chart's x axis, its y axis, and its origin, in the camera's space (x right, y down, z forward).
    origin = np.array([0, 0, distance]) - turn @ np.array([0.5, chart_height / 2, 0.0])
    pose = np.stack([turn[:, 0], turn[:, 1], origin], axis=1)
    corners = np.array([[0, 0, 1], [1, 0, 1], [0, chart_height, 1], [1, chart_height, 1]], np.float64)
    if np.any((corners @ pose.T)[:, 2] < 0.05 * distance):
        raise ContractError("the whole chart lies in front of the camera; turn it less or make it smaller")
    cx, cy = width / 2 + shift_px[0], height / 2 + shift_px[1]
    camera = np.array([[focal * width, 0, cx], [0, focal * width, cy], [0, 0, 1]])
    h = camera @ pose
    h /= h[2, 2]
    a, b, c = ((float(r[0]), float(r[1]), float(r[2])) for r in h)
    return a, b, c
