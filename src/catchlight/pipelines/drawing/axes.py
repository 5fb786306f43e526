"""A plot's axes: where a value stands, the grid behind it, and lines and bands that stay inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from catchlight.core import ContractError
from catchlight.pipelines.drawing.svg import polyline, round_length, text

# In a wider range of a logarithmic scale 1, 10, 100 are enough.
_SPARSE_DECADES = 2.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The range of one axis.

    Args:
        low: value at its start.
        high: value at its end.
        logarithmic: equal steps are equal ratios; then both are > 0.
        step: between the grid's lines; None chooses about five. Not for logarithmic scales.

    Raises:
        ContractError: an empty range.
    """

    low: float
    high: float
    logarithmic: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        if not self.high > self.low or (self.logarithmic and not self.low > 0):
            raise ContractError(f"a scale rises from low to high; found {self.low}…{self.high}")

    def share(self, value: float) -> float:
        """Where a value stands: 0 at the start, 1 at the end; beyond them outside 0…1."""
        if self.logarithmic:
            return math.log(max(value, 1e-12) / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values for the grid.

        >>> Scale(low=0.0, high=1.0).ticks()
        [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
        >>> Scale(low=0.02, high=0.6, logarithmic=True).ticks()
        [0.02, 0.05, 0.1, 0.2, 0.5]
        """
        if self.logarithmic:
            exponents = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            some = (1,) if math.log10(self.high / self.low) > _SPARSE_DECADES else (1, 2, 5)
            values = [float(f"{m}e{e}") for e in exponents for m in some]
            return [v for v in values if self.low <= v <= self.high]
        step = self.step or round_length((self.high - self.low) / 4)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """A plot area with two scales, in the units of the drawing.

    Args:
        x: from left to right.
        y: from below to above.
        width: of the whole drawing.
        height: of the whole drawing.
        left: room for the y axis's numbers.
        right: room at the right.
        top: room above.
        bottom: room for the x axis's numbers and its name.
    """

    x: Scale
    y: Scale
    width: float = 520.0
    height: float = 320.0
    left: float = 52.0
    right: float = 12.0
    top: float = 14.0
    bottom: float = 44.0

    def x_of(self, value: float) -> float:
        """Place of a value on the x axis."""
        return self.left + (self.width - self.left - self.right) * self.x.share(value)

    def y_of(self, value: float) -> float:
        """Place of a value on the y axis."""
        floor = self.height - self.bottom
        return floor + (self.top - floor) * self.y.share(value)

    def grid(self, *, x_name: str, y_name: str, percent_y: bool = False) -> str:
        """Lines at round values with their numbers, and the names of the axes."""
        parts = []
        floor, end = self.height - self.bottom, self.width - self.right
        for value in self.x.ticks():
            at = self.x_of(value)
            parts.append(f'<line class="grid" x1="{at:.1f}" y1="{self.top}" x2="{at:.1f}" y2="{floor}"/>')
            parts.append(text(at, floor + 17, _number(value), "middle"))
        for value in self.y.ticks():
            at = self.y_of(value)
            parts.append(f'<line class="grid" x1="{self.left}" y1="{at:.1f}" x2="{end}" y2="{at:.1f}"/>')
            said = f"{100 * value:.0f} %" if percent_y else _number(value)
            parts.append(text(self.left - 7, at + 4, said, "end"))
        parts.append(text(end, self.height - 6, x_name, "end"))
        parts.append(text(self.left + 8, self.top + 13, y_name, "start", kind="name"))
        return "".join(parts)

    def line(self, points: Sequence[tuple[float, float]], kind: str, *, title: str = "") -> str:
        """A line through (x, y) values; what leaves the plot area is cut off at its rim."""
        placed = [self._placed(x, y) for x, y in points if self.x.low <= x <= self.x.high]
        return polyline(placed, kind, title=title) if len(placed) > 1 else ""

    def band(self, lower: Sequence[tuple[float, float]], upper: Sequence[tuple[float, float]], kind: str) -> str:
        """The area between two lines."""
        inside = [[p for p in line if self.x.low <= p[0] <= self.x.high] for line in (lower, upper)]
        outline = [self._placed(*p) for p in [*inside[0], *reversed(inside[1])]]
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)
        return f'<polygon class="{kind}" points="{joined}"/>'

    def _placed(self, x: float, y: float) -> tuple[float, float]:
        return self.x_of(x), self.y_of(min(max(y, self.y.low), self.y.high))


def _number(value: float) -> str:
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")
