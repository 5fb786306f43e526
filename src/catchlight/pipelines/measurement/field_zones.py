"""Sharpness by place: the centre of the picture, its corners, and what lies between."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catchlight.measure.sfr.acutance import acutance
from catchlight.measure.sfr.measure_edges import MeasuredEdge

# Inner 30 %, the rest, and beyond 75 % of the way from the centre to a corner. Source: the zones of Imatest's
# documentation ("SFRplus/eSFR ISO: centre, part-way, corner"), so that figures can be compared.
ZONES = (("centre", 0.0, 0.30), ("part-way", 0.30, 0.75), ("corner", 0.75, math.inf))
# Edges that are believed half as much as the best one do not count in medians.
_BELIEVED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFigures:
    """Medians over the believed edges of one channel in one zone.

    Args:
        zone: centre, part-way, corner; all for the whole picture; or upright, level for edges of one direction.
        edges: how many.
        mtf50_cy_px: median.
        mtf50_range_cy_px: least and largest.
        mtf10_cy_px: median of those that reach it; None when none does.
        overshoot: median.
        acutance: median, pixel by pixel on a monitor.
    """

    zone: str
    edges: int
    mtf50_cy_px: float
    mtf50_range_cy_px: tuple[float, float]
    mtf10_cy_px: float | None
    overshoot: float
    acutance: float

    def line_pairs(self, shape: tuple[int, int]) -> float:
        """MTF50 in line pairs per picture height (the shorter side)."""
        return self.mtf50_cy_px * min(shape)


def field_share(x: float, y: float, shape: tuple[int, int]) -> float:
    """Distance from the picture's centre as a share of the way to a corner: 0…1.

    >>> field_share(50.0, 0.0, (200, 100)).__round__(3)
    0.894
    """
    h, w = shape
    return math.hypot(x - w / 2, y - h / 2) / math.hypot(w / 2, h / 2)


def zone_of(x: float, y: float, shape: tuple[int, int]) -> str:
    """Name of the zone in which a place lies."""
    share = field_share(x, y, shape)
    return next(name for name, low, high in ZONES if low <= share < high)


def believed(edges: Sequence[MeasuredEdge]) -> list[MeasuredEdge]:
    """The edges that count: at least half as trustworthy as the best."""
    best = max((e.confidence for e in edges), default=0.0)
    return [e for e in edges if e.confidence >= _BELIEVED * best]


def figures(edges: Sequence[MeasuredEdge], zone: str) -> ZoneFigures | None:
    """Medians of these edges; None without any."""
    if not edges:
        return None
    mtf50 = [e.mtf50_cy_px for e in edges]
    mtf10 = [e.mtf10_cy_px for e in edges if e.mtf10_cy_px is not None]
    return ZoneFigures(
        zone=zone,
        edges=len(edges),
        mtf50_cy_px=float(np.median(mtf50)),
        mtf50_range_cy_px=(min(mtf50), max(mtf50)),
        mtf10_cy_px=float(np.median(mtf10)) if mtf10 else None,
        overshoot=float(np.median([e.overshoot for e in edges])),
        acutance=float(np.median([acutance(e.response) for e in edges])),
    )


def direction_figures(edges: Sequence[MeasuredEdge]) -> tuple[ZoneFigures, ...]:
    """Figures of upright and of level edges, where there are both: astigmatism and motion blur part them.

    Args:
        edges: of one channel.
    """
    counted = believed(edges)
    upright = [e for e in counted if abs(e.line.angle_deg) < 45]
    level = [e for e in counted if abs(e.line.angle_deg) >= 45]
    both = figures(upright, "upright"), figures(level, "level")
    return () if both[0] is None or both[1] is None else (both[0], both[1])


def zone_figures(edges: Sequence[MeasuredEdge], shape: tuple[int, int]) -> tuple[ZoneFigures, ...]:
    """Figures of the whole picture, then of each zone that has edges; of the zone alone where there is only one.

    Args:
        edges: of one channel.
        shape: height and width of the picture.
    """
    counted = believed(edges)
    by_zone = [(name, [e for e in counted if zone_of(e.line.x, e.line.y, shape) == name]) for name, _, _ in ZONES]
    zones = [f for f in (figures(part, name) for name, part in by_zone) if f is not None]
    whole = figures(counted, "all")
    return tuple(zones) if whole is None or len(zones) == 1 else (whole, *zones)
