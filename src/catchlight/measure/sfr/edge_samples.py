"""The pixels beside an edge, and where each lies across it and along it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """A straight or slightly bent edge.

    A point (x, y) lies `across` = (x - x0)·cos θ + (y - y0)·sin θ - bend·along² from the edge, and
    `along` = -(x - x0)·sin θ + (y - y0)·cos θ from its centre. Coordinates are pixels, centres at 0.5.

    Args:
        x: x0, the centre of the edge.
        y: y0.
        angle_deg: θ, direction of the edge's normal from the x axis towards y (down), in (-90, 90]: an upright edge has
            0, a level one 90.
        bend: curvature / 2, in 1/px.
    """

    x: float
    y: float
    angle_deg: float
    bend: float = 0.0

    def across(self, x: Float64[np.ndarray, "*n"], y: Float64[np.ndarray, "*n"]) -> Float64[np.ndarray, "*n"]:
        """Signed distance from the edge in px, along its normal."""
        cos, sin = self._direction()
        result: Float64[np.ndarray, "*n"] = (x - self.x) * cos + (y - self.y) * sin
        if self.bend:
            result = result - self.bend * np.square(self.along(x, y))
        return result

    def along(self, x: Float64[np.ndarray, "*n"], y: Float64[np.ndarray, "*n"]) -> Float64[np.ndarray, "*n"]:
        """Signed distance from the centre in px, along the edge."""
        cos, sin = self._direction()
        result: Float64[np.ndarray, "*n"] = (y - self.y) * cos - (x - self.x) * sin
        return result

    def point(self, along: float) -> tuple[float, float]:
        """The point (x, y) on the edge, `along` px from its centre."""
        cos, sin = self._direction()
        off = self.bend * along * along
        return self.x - sin * along + cos * off, self.y + cos * along + sin * off

    def moved(self, along: float) -> EdgeLine:
        """The same edge with its centre moved `along` px."""
        x, y = self.point(along)
        turn = math.degrees(math.atan(2 * self.bend * along))
        return EdgeLine(x=x, y=y, angle_deg=wrapped_deg(self.angle_deg - turn), bend=self.bend)

    def _direction(self) -> tuple[float, float]:
        return math.cos(math.radians(self.angle_deg)), math.sin(math.radians(self.angle_deg))


def wrapped_deg(angle_deg: float) -> float:
    """The direction of a line in (-90, 90].

    >>> wrapped_deg(95.0), wrapped_deg(-90.0)
    (-85.0, 90.0)
    """
    return 90.0 - (90.0 - angle_deg) % 180.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeSamples:
    """Samples of one channel beside an edge; any sampling pattern will do, so a Bayer plane needs no demosaic.

    Args:
        x: pixel centres, px.
        y: pixel centres, px.
        value: linear light.
    """

    x: Float64[np.ndarray, "n"]
    y: Float64[np.ndarray, "n"]
    value: Float64[np.ndarray, "n"]

    def __post_init__(self) -> None:
        if not (self.x.ndim == 1 and self.x.shape == self.y.shape == self.value.shape):
            raise ContractError(f"samples are three lists of one length; found {self.x.shape}, {self.value.shape}")

    def __len__(self) -> int:
        return len(self.value)

    def within(self, keep: Bool[np.ndarray, "n"]) -> EdgeSamples:
        """The samples marked in `keep`."""
        return EdgeSamples(x=self.x[keep], y=self.y[keep], value=self.value[keep])


def samples_beside(
    plane: Float32[np.ndarray, "h w"],
    line: EdgeLine,
    *,
    half_length_px: float,
    half_width_px: float,
    mask: Bool[np.ndarray, "h w"] | None = None,
) -> EdgeSamples:
    """The pixels of `plane` in the rectangle around an edge.

    Args:
        plane: linear light.
        line: the edge; the rectangle is centred on it and turned with it.
        half_length_px: half of its side along the edge.
        half_width_px: half of its side across the edge.
        mask: pixels that count; all by default.
    """
    h, w = plane.shape
    cos, sin = abs(math.cos(math.radians(line.angle_deg))), abs(math.sin(math.radians(line.angle_deg)))
    reach_x, reach_y = half_width_px * cos + half_length_px * sin, half_width_px * sin + half_length_px * cos
    reach = abs(line.bend) * half_length_px**2 + 1
    left, right = _span(line.x, reach_x + reach, w)
    top, bottom = _span(line.y, reach_y + reach, h)
    y, x = np.mgrid[top:bottom, left:right].astype(np.float64) + 0.5
    inside = (np.abs(line.across(x, y)) <= half_width_px) & (np.abs(line.along(x, y)) <= half_length_px)
    if mask is not None:
        inside &= mask[top:bottom, left:right]
    part = plane[top:bottom, left:right]
    return EdgeSamples(x=x[inside], y=y[inside], value=part[inside].astype(np.float64))


def _span(centre: float, reach: float, length: int) -> tuple[int, int]:
    first = min(max(math.floor(centre - reach), 0), length)
    return first, max(first, min(math.ceil(centre + reach), length))
