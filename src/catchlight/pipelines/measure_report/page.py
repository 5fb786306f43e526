"""The page that shows what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from catchlight import __version__
from catchlight.core import ContractError
from catchlight.io import atomic_output
from catchlight.measure.sfr.acutance import MONITOR_100_PERCENT, Viewing, acutance
from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.measure_report import field_plots, response_plots
from catchlight.pipelines.measure_report.chart_sections import (
    BEYOND_EV,
    colour_section,
    geometry_section,
    noise_section,
    signed,
)
from catchlight.pipelines.measurement.field_zones import ZoneFigures, believed
from catchlight.pipelines.measurement.measurement import MeasuredPicture, Measurement
from catchlight.pipelines.page_style import base_style
from catchlight.pipelines.report import REPORT_NAME
from catchlight.pipelines.report.pictures import data_uri

_MAP_PX = 640
_LEAST_SHOWN_PX = 480
# A smaller picture is a part of one; how that would look on a wall says nothing.
_LEAST_WHOLE_PX = 600


def write_measure_report(measurement: Measurement, directory: Path, *, force: bool = False) -> Path:
    """Writes one self-contained HTML page (pictures and style inside; no network) and returns its path.

    Args:
        measurement: of any number of pictures.
        directory: an existing folder.
        force: overwrite an existing page.

    Raises:
        ContractError: pictures without preview.
        OutputError: the page exists already, or cannot be written.
    """
    page = render_measure_report(measurement)
    path = Path(directory) / REPORT_NAME
    with atomic_output(path, force=force) as place:
        # Bytes of a file's name that are no text are shown as escapes.
        place.write_text(page, encoding="utf-8", errors="backslashreplace")
    return path


def render_measure_report(measurement: Measurement) -> str:
    """The page's HTML."""
    loader = PackageLoader("catchlight.pipelines.measure_report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    count = len(measurement.pictures)
    return environment.get_template("page.html.j2").render(
        version=__version__,
        base_style=base_style(),
        heading=measurement.pictures[0].name if count == 1 else f"{count} pictures, measured",
        subheading=f"{sum(s for _, s in measurement.timings_s):.1f} s together",
        skipped=measurement.skipped,
        pictures=[_picture(p) for p in measurement.pictures],
    )


def _picture(picture: MeasuredPicture) -> dict[str, Any]:
    main = picture.edges_of(picture.main_channel)
    zones = picture.zones()
    if picture.preview is None:
        raise ContractError(f"a report shows the pictures; measure {picture.name} with with_preview=True")
    h, w = picture.preview.shape[:2]
    shown: dict[str, Any] = {
        "name": picture.name,
        "subheading": _shot(picture),
        "warnings": [_split(line) for line in picture.warnings],
        "tiles": _tiles(picture, zones),
        "picture": data_uri(picture.preview, quality=86),
        "width": w,
        "height": h,
        "count": len(main),
        "mtf50": f"{zones[0].mtf50_cy_px:.3f}" if zones else "–",
        "line_pairs": f"{zones[0].line_pairs(picture.shape):.0f}" if zones else "–",
        "edges": [],
        # A small part of a chart is shown larger, pixel by pixel.
        "zoom": max(1, _LEAST_SHOWN_PX // max(h, w)),
        "overlay": field_plots.picture_drawing(picture.shape, field_plots.chart_outlines(picture.charts)),
        "colour": colour_section(picture),
        "noise": noise_section(picture),
        "geometry": geometry_section(picture),
        "plain": _plain(picture),
        "facts": _facts(picture),
    }
    return shown | _sharpness(picture, main, zones) if main else shown


def _sharpness(
    picture: MeasuredPicture, main: tuple[MeasuredEdge, ...], zones: tuple[ZoneFigures, ...]
) -> dict[str, Any]:
    """What the template needs to show edges."""
    shape = picture.shape
    ramp = field_plots.ramp_of(main)
    medians = response_plots.by_zone(main, shape)
    counted = believed(main)
    few = all(m.edges <= 3 for m in medians)
    return {
        "overlay": field_plots.picture_drawing(
            shape, [*field_plots.chart_outlines(picture.charts), *field_plots.edge_strokes(main, shape, ramp)]
        ),
        "ramp": field_plots.legend_text(ramp),
        "channels": picture.channels,
        "main": picture.main_channel,
        "response": response_plots.response_plot(medians, counted if len(counted) > 1 else (), shape=shape),
        "medians": medians,
        "band_is": "one standard error about the edges" if few else "two thirds of the edges lie within",
        "profile": _profile(counted),
        "zones": [_zone(z, shape) for z in zones],
        "directions": [_zone(z, shape) for z in picture.directions()],
        "ph": min(shape),
        "acutance": [
            (v.name, f"{np.median([acutance(e.response, v) for e in counted]):.2f}") for v in _viewings(shape)
        ],
        "field": _field(main, shape),
        "colours": _colours(picture),
        "edges": [_edge_row(e, counted) for e in sorted(main, key=lambda e: -e.confidence)],
    }


def _shot(picture: MeasuredPicture) -> str:
    m = picture.metadata
    make = "" if m.model.lower().startswith(m.make.lower()) else m.make
    facts = [f"{make} {m.model}".strip()]
    if m.aperture_f:
        facts.append(f"f/{m.aperture_f:g}")
    if m.focal_length_mm:
        facts.append(f"{m.focal_length_mm:g} mm")
    if m.iso:
        facts.append(f"ISO {m.iso:g}")
    facts.append(f"{picture.shape[1]} × {picture.shape[0]} px")
    facts.append(picture.domain)
    return " · ".join(f for f in facts if f)


def _split(line: str) -> tuple[str, str]:
    """A warning's first words, when they name what is wrong, and the rest."""
    title, colon, rest = line.partition(": ")
    return (title[0].upper() + title[1:] + ".", rest) if colon and len(title) < 28 else ("", line)


def _tiles(picture: MeasuredPicture, zones: tuple[ZoneFigures, ...]) -> list[tuple[str, str]]:
    tiles = []
    if zones:
        whole = zones[0]
        tiles += [
            (f"{whole.mtf50_cy_px:.3f}", "cycles per pixel, MTF50"),
            (f"{whole.line_pairs(picture.shape):.0f}", "line pairs per picture height"),
            (f"{whole.acutance:.2f}", "acutance on a monitor"),
            (f"{whole.overshoot:.0%}", "overshoot"),
            (str(whole.edges), "edge counted" if whole.edges == 1 else "edges counted"),
        ]
    if picture.charts.colours is not None:
        tiles.append((f"{picture.charts.colours.balanced.mean_2000:.1f}", "ΔE2000, mean"))
    if picture.charts.noise is not None:
        luminance = picture.charts.noise.curves[-1]
        if luminance.dynamic_range_ev is not None:
            guessed = " (partly extrapolated)" if luminance.beyond_ev > BEYOND_EV else ""
            tiles.append((f"{luminance.dynamic_range_ev:.1f} EV", f"dynamic range{guessed}"))
    if picture.charts.grid is not None:
        tiles.append((f"{signed(picture.charts.grid.worst_pct, 2)} %", "distortion"))
    return tiles


def _profile(counted: Sequence[MeasuredEdge]) -> dict[str, Any]:
    best = max(counted, key=lambda e: (round(e.confidence, 2), e.half_length_px))
    rise = response_plots.rise_px(best)
    return {
        "plot": response_plots.spread_plot(best),
        "where": f"{best.line.x:.0f}, {best.line.y:.0f}",
        "rise": None if rise is None else f"{abs(rise[1] - rise[0]):.2f}",
        "over": f"{best.overshoot:.1%}",
        "under": f"{best.undershoot:.1%}",
    }


def _zone(zone: ZoneFigures, shape: tuple[int, int]) -> dict[str, Any]:
    return {
        "zone": zone.zone,
        "edges": zone.edges,
        "mtf50": f"{zone.mtf50_cy_px:.3f}",
        "line_pairs": f"{zone.line_pairs(shape):.0f}",
        "mtf10": "–" if zone.mtf10_cy_px is None else f"{zone.mtf10_cy_px:.3f}",
        "overshoot": f"{zone.overshoot:.0%}",
    }


def _viewings(shape: tuple[int, int]) -> list[Viewing]:
    """A monitor pixel by pixel, and the whole picture as people look at pictures: each at its usual distance."""
    h = min(shape)
    if h < _LEAST_WHOLE_PX:
        return [MONITOR_100_PERCENT]
    return [
        MONITOR_100_PERCENT,
        Viewing.print_of(h, height_mm=65.0, distance_mm=300.0, name="phone, held in the hand"),
        Viewing.print_of(h, height_mm=200.0, distance_mm=500.0, name="print 20 cm high, at 50 cm"),
        Viewing.print_of(h, height_mm=800.0, distance_mm=2500.0, name="television 80 cm high, at 2.5 m"),
    ]


def _field(main: Sequence[MeasuredEdge], shape: tuple[int, int]) -> dict[str, Any] | None:
    if len(believed(main)) < field_plots.LEAST_FOR_MAP:
        return None
    ramp = field_plots.ramp_of(main)
    small = field_plots.field_picture(main, shape, ramp)
    scale = _MAP_PX / max(small.shape)
    size = (round(small.shape[1] * scale), round(small.shape[0] * scale))
    return {
        "map": data_uri(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC), quality=80),
        "overlay": field_plots.map_drawing(main, shape, ramp),
        "radius": field_plots.radius_plot(main, shape),
    }


def _colours(picture: MeasuredPicture) -> dict[str, Any] | None:
    names = [n for n in picture.channels if n != "Y"]
    edges = {n: picture.edges_of(n) for n in names if picture.edges_of(n)}
    if len(edges) < 2:
        return None
    medians = response_plots.by_channel(edges)
    green = picture.edges_of("G")
    shifts = {n: field_plots.radial_shifts(e, green, picture.shape) for n, e in edges.items() if n != "G"}
    shifts = {n: points for n, points in shifts.items() if points}
    return {
        "lead": "Red, green and blue as the sensor has them, each on its own photosites."
        if picture.raw
        else "Red, green and blue of the finished picture; demosaicing has mixed them already.",
        "plot": response_plots.response_plot(medians, shape=picture.shape, wide=False),
        "figures": [(m.name, "" if m.mtf50_cy_px is None else f"{m.mtf50_cy_px:.3f} cy/px") for m in medians],
        "lateral": field_plots.lateral_plot(shifts) if shifts else None,
        "shifts": [(n, signed(_median_shift(p), 2)) for n, p in shifts.items()],
    }


def _median_shift(points: Sequence[tuple[float, float]]) -> float:
    return float(np.median([shift for _, shift in points]))


def _edge_row(edge: MeasuredEdge, counted: Sequence[MeasuredEdge]) -> dict[str, Any]:
    return {
        "place": f"{edge.line.x:.1f}, {edge.line.y:.1f}",
        "angle": f"{edge.line.angle_deg:.1f}°".replace("-", "\N{MINUS SIGN}"),
        "length": f"{2 * edge.half_length_px:.0f}",
        "mtf50": f"{edge.mtf50_cy_px:.4f} ± {edge.mtf50_error_cy_px:.4f}",
        "mtf10": "–" if edge.mtf10_cy_px is None else f"{edge.mtf10_cy_px:.3f}",
        "overshoot": f"{edge.overshoot:.1%}",
        "contrast": f"{edge.contrast:.3f}",
        "noise": f"{edge.noise:.4f}",
        "confidence": f"{edge.confidence:.2f}",
        "doubted": not any(edge is e for e in counted),
    }


def _plain(picture: MeasuredPicture) -> list[tuple[str, str, str]]:
    """Title, figure and what it means."""
    blur = picture.blur
    if blur.sigma_px is None:
        rows = [("Blur of its own edges", "–", f"Cannot be told: {blur.reason}.")]
    else:
        said = (
            f"Standard deviation of the blur of its sharpest quarter of edges; {blur.low_px:.1f} to "
            f"{blur.high_px:.1f} px in nine photos of ten. Its median edge: "
            f"{blur.median_px:.1f} px; much more means a soft background."
        )
        rows = [("Blur of its own edges", f"σ {blur.sigma_px:.1f} px", said)]
    charts = picture.charts
    # A chart is no natural scene.
    if picture.niqe is not None and not (charts.checker or charts.wedge or charts.grid):
        said = (
            "Distance from the statistics of undamaged photos: noise, blur and compression raise it. To compare "
            "pictures of one scene and size; the scale is our own."
        )
        rows.append(("Unlike undamaged photos", f"{picture.niqe:.1f}", said))
    return rows


def _facts(picture: MeasuredPicture) -> list[tuple[str, str]]:
    facts = [
        ("Values", picture.domain),
        ("Channels", ", ".join(picture.channels)),
        ("Places", "stored pixels, centres at 0.5"),
        ("At the file's limits", f"black {picture.clipped[0]:.2%}, white {picture.clipped[1]:.2%} of the samples"),
    ]
    if picture.metadata.orientation != 1:
        facts[2] = (
            "Places",
            f"stored pixels, centres at 0.5; EXIF orientation {picture.metadata.orientation} not applied",
        )
    if picture.blockiness is not None:
        facts.append(("Blocks of compression", f"{picture.blockiness:.2f} (1.00: none; above 1.10 they show)"))
    return facts
