"""What a measurement found, in a short table for people."""

from __future__ import annotations

from pathlib import Path

from catchlight.pipelines.measurement import MeasuredPicture, Measurement
from catchlight.pipelines.measurement.field_zones import ZoneFigures
from catchlight.pipelines.report import REPORT_NAME

_HEAD = ("edges", "MTF50 cy/px", "lp/ph", "MTF10", "overshoot")


def measure_lines(found: Measurement, *, record: Path | None, page: Path | None) -> list[str]:
    """For each picture what it is and its figures by zone, then where the results are."""
    lines = []
    for picture in found.pictures:
        lines += _picture(picture)
    if record is not None:
        lines.append(f"JSON: {record}")
    if page is not None:
        lines.append(f"report: {page / REPORT_NAME}")
    return lines


def _picture(picture: MeasuredPicture) -> list[str]:
    h, w = picture.shape
    zones = picture.zones()
    lines = [f"{picture.name}: {w}×{h}, {picture.domain}"]
    lines += _sharpness(picture, (*zones, *picture.directions())) if zones else ["  no usable edge"]
    return [*lines, *(f"  {line}" for line in _charts(picture))]


def _sharpness(picture: MeasuredPicture, zones: tuple[ZoneFigures, ...]) -> list[str]:
    """A table with a row for each zone and direction."""
    rows = [(picture.main_channel, *_HEAD)] + [
        (
            zone.zone,
            str(zone.edges),
            f"{zone.mtf50_cy_px:.4f}",
            f"{zone.line_pairs(picture.shape):.0f}",
            "–" if zone.mtf10_cy_px is None else f"{zone.mtf10_cy_px:.3f}",
            f"{zone.overshoot:.0%}",
        )
        for zone in zones
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(n) for c, n in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _charts(picture: MeasuredPicture) -> list[str]:
    """One line for each chart."""
    charts, lines = picture.charts, []
    if charts.colours is not None:
        shot, balanced = charts.colours.as_shot, charts.colours.balanced
        lines.append(
            f"ColorChecker: ΔE2000 mean {balanced.mean_2000:.2f}, largest {balanced.worst_2000:.2f} "
            f"({balanced.worst_patch}) with exposure and white balance matched; as shot {shot.mean_2000:.2f}"
        )
    if charts.noise is not None:
        luminance = charts.noise.curves[-1]
        if luminance.dynamic_range_ev is not None:
            ten = luminance.dynamic_range_10_ev
            lines.append(
                f"dynamic range: {luminance.dynamic_range_ev:.1f} EV (signal = noise)"
                + (f", {ten:.1f} EV (10 : 1)" if ten is not None else "")
            )
    if charts.grid is not None:
        grid = charts.grid
        lines.append(
            f"distortion: {grid.worst_pct:+.2f} % of the radius, {grid.tv_pct:+.2f} % TV; lateral colour: "
            f"red {grid.red.worst_px:+.2f} px, blue {grid.blue.worst_px:+.2f} px"
        )
    return lines
