"""Sharpness over the field from a picture of slanted edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catchlight.camera.profile import Sharpness
from catchlight.core import Frame, InputError
from catchlight.io import read_picture
from catchlight.measure.sfr.measure_edges import MeasuredEdge, measure_edges
from catchlight.pipelines.measurement.field_zones import ZONES, believed, zone_of
from catchlight.pipelines.measurement.measured_light import measured_light


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSharpness:
    """What the edges of a picture told.

    Args:
        name: the picture.
        channel: the channel that was measured.
        zones: zone, edges that count in it and their median MTF50 in cycles per pixel.
        sharpness: every edge that counts, for the profile.
        warnings: one line each.
    """

    name: str
    channel: str
    zones: tuple[tuple[str, int, float], ...]
    sharpness: Sharpness
    warnings: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """One line for people."""
        places = ", ".join(f"{mtf50:.3f} cy/px {zone} ({count})" for zone, count, mtf50 in self.zones)
        return [f"sharpness ({self.channel}, edges): MTF50 {places}"]

    def record(self) -> dict[str, object]:
        """The figures for machines."""
        found = self.sharpness
        return {
            "file": self.name,
            "channel": self.channel,
            "zones": [{"zone": zone, "edges": count, "mtf50_cy_px": mtf50} for zone, count, mtf50 in self.zones],
            "field_x": list(found.field_x),
            "field_y": list(found.field_y),
            "angle_deg": list(found.angle_deg),
            "mtf50_cy_px": list(found.mtf50_cy_px),
            "sigma_px": list(found.sigma_px),
        }


def chart_sharpness(path: Path, *, linear: bool) -> ChartSharpness:
    """Measures every slanted edge of a picture, and takes medians for the middle, the corners and what lies between.

    Args:
        path: RAW or any picture.
        linear: the numbers of pictures that are not RAW are linear light.

    Raises:
        InputError: unreadable, or without a usable edge.
    """
    picture = read_picture(path)
    light = measured_light(picture, linear=linear)
    # Green has the most photosites of a mosaic; a picture's luminance stands for all its channels.
    channel = "G" if light.raw and "G" in light.channels else next(iter(light.channels))
    found = measure_edges({channel: light.channels[channel]}, guide=light.guide)
    # Beyond the sampling frequency an MTF50 is no property of a lens any more.
    edges = [e for e in believed(found.edges) if 0 < e.mtf50_cy_px <= 1]
    warnings = (*found.warnings, *light.doubts)
    if isinstance(picture, Frame) and not linear and picture.transfer != "linear":
        # Wrong by 20 % at a high contrast, which shows nowhere.
        warnings += ("taken for sRGB, as its file does not say linear (--chart-linear)",)
    if not edges:
        reason = f": {warnings[0]}" if warnings else ""
        raise InputError(f"{path}: expected a chart or an edge, found no usable edge{reason}")
    h, w = light.shape
    half = math.hypot(w, h) / 2
    zones: list[tuple[str, int, float]] = []
    for name, _, _ in ZONES:
        inside = [e for e in edges if zone_of(e.line.x, e.line.y, light.shape) == name]
        if inside:
            zones.append((name, len(inside), _median(inside)))
    return ChartSharpness(
        name=path.name,
        channel=channel,
        zones=tuple(zones),
        sharpness=Sharpness(
            field_x=tuple(round((e.line.x - w / 2) / half, 6) for e in edges),
            field_y=tuple(round((e.line.y - h / 2) / half, 6) for e in edges),
            angle_deg=tuple(round(e.line.angle_deg, 4) for e in edges),
            mtf50_cy_px=tuple(e.mtf50_cy_px for e in edges),
        ),
        warnings=tuple(f"{path.name}: {line}" for line in warnings),
    )


def _median(edges: list[MeasuredEdge]) -> float:
    return float(np.median([e.mtf50_cy_px for e in edges]))
