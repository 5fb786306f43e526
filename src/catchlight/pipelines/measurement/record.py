"""A measurement as plain values for JSON."""

from __future__ import annotations

import math
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from catchlight import __version__
from catchlight.measure.charts.chart_colour_error import ChartColours
from catchlight.measure.charts.colour_checker import LocatedColourChecker
from catchlight.measure.charts.colour_checker_reference import PATCH_NAMES
from catchlight.measure.sfr.acutance import acutance
from catchlight.measure.sfr.measure_edges import MeasuredEdge
from catchlight.pipelines.measurement.field_zones import ZoneFigures, zone_of
from catchlight.pipelines.measurement.measurement import MeasuredPicture, Measurement

# The response is written at these frequencies: twice the Nyquist frequency in steps of a fiftieth of it.
_CURVE_CY_PX = np.arange(0, 1.0 + 1e-9, 0.01)


def measurement_record(measurement: Measurement) -> dict[str, Any]:
    """The content of the `--json` file: only dicts, lists, strings, finite numbers, booleans and None.

    Keys: `edges` (each `image`, `channel`, `x`, `y` in stored pixels with centres at 0.5, `angle_deg` of its normal
    from the x axis towards y, `length_px`, `zone`, `mtf50_cy_px` and `mtf10_cy_px` in cycles per pixel along the
    normal, None where they are not reached, `mtf50_error_cy_px` its standard error, `overshoot` and `undershoot` as
    shares of the contrast, `contrast` and `noise` in linear light, `sigma_px`, `shift_px` against the first channel,
    `acutance` pixel by pixel on a monitor, `confidence` 0…1, `modulation` at `frequency_cy_px`), those of channel Y
    first; `warnings` (lines); `frequency_cy_px` (of every edge's `modulation`); `images` (for each its `name`, size,
    `domain`, `clipped`, `blockiness`, `blur`, `niqe` and `zones`); `colour`, `noise`, `tone` and `grid` (for each image
    with such a chart the fields of `ChartColours`, `NoiseCurves`, `ToneResponse` and `GridGeometry`, and `image`);
    `catchlight` (version).
    """
    edges = [(p, e) for p in measurement.pictures for e in p.edges]
    edges.sort(key=lambda pair: pair[1].channel != "Y")  # keeps the order otherwise
    charts = [(p.name, p.charts) for p in measurement.pictures]
    return {
        "catchlight": __version__,
        "images": [_image(p) for p in measurement.pictures],
        "edges": [_edge(p, e) for p, e in edges],
        "frequency_cy_px": [round(float(f), 3) for f in _CURVE_CY_PX],
        "colour": [_colour(n, c.checker, c.colours) for n, c in charts if c.checker and c.colours],
        "noise": [{"image": n} | _plain(c.noise) for n, c in charts if c.noise],
        "tone": [{"image": n} | _plain(c.tone) for n, c in charts if c.tone],
        "grid": [{"image": n} | _plain(c.grid) for n, c in charts if c.grid],
        "warnings": list(measurement.warnings),
    }


def _colour(name: str, checker: LocatedColourChecker, colours: ChartColours) -> dict[str, Any]:
    told = {"image": name, "confidence": _figure(checker.confidence), "corners_xy": _plain(checker.corners_xy.tolist())}
    told |= _plain(colours)
    for patch, called in zip(told["patches"], PATCH_NAMES, strict=True):
        patch["name"] = called
    return told


def _plain(value: Any) -> Any:
    """Dataclasses as dicts, tuples as lists, numbers as JSON can hold them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return _figure(value) if isinstance(value, float) else value


def _image(picture: MeasuredPicture) -> dict[str, Any]:
    h, w = picture.shape
    return {
        "name": picture.name,
        "width_px": w,
        "height_px": h,
        "orientation": picture.metadata.orientation,
        "domain": picture.domain,
        "channels": list(picture.channels),
        "clipped": {"black": _figure(picture.clipped[0]), "white": _figure(picture.clipped[1])},
        "blockiness": _figure(picture.blockiness),
        "blur": {
            "sigma_px": _figure(picture.blur.sigma_px),
            "interval_px": [_figure(picture.blur.low_px), _figure(picture.blur.high_px)],
            "reason": picture.blur.reason,
        },
        "niqe": _figure(picture.niqe),
        "zones": {
            name: [_zone(z, picture) for z in (*picture.zones(name), *picture.directions(name))]
            for name in picture.channels
        },
    }


def _zone(zone: ZoneFigures, picture: MeasuredPicture) -> dict[str, Any]:
    return {
        "zone": zone.zone,
        "edges": zone.edges,
        "mtf50_cy_px": _figure(zone.mtf50_cy_px),
        "mtf50_lp_ph": _figure(zone.line_pairs(picture.shape)),
        "mtf10_cy_px": _figure(zone.mtf10_cy_px),
        "overshoot": _figure(zone.overshoot),
        "acutance": _figure(zone.acutance),
    }


def _edge(picture: MeasuredPicture, edge: MeasuredEdge) -> dict[str, Any]:
    modulation = np.interp(_CURVE_CY_PX, edge.response.frequency_cy_px, edge.response.modulation)
    return {
        "image": picture.name,
        "channel": edge.channel,
        "x": _figure(edge.line.x),
        "y": _figure(edge.line.y),
        "angle_deg": _figure(edge.line.angle_deg),
        "length_px": _figure(2 * edge.half_length_px),
        "zone": zone_of(edge.line.x, edge.line.y, picture.shape),
        "mtf50_cy_px": _figure(edge.mtf50_cy_px),
        "mtf50_error_cy_px": _figure(edge.mtf50_error_cy_px),
        "mtf10_cy_px": _figure(edge.mtf10_cy_px),
        "overshoot": _figure(edge.overshoot),
        "undershoot": _figure(edge.undershoot),
        "contrast": _figure(edge.contrast),
        "noise": _figure(edge.noise),
        "sigma_px": _figure(edge.sigma_px),
        "shift_px": _figure(edge.shift_px),
        "acutance": _figure(acutance(edge.response)),
        "confidence": _figure(edge.confidence),
        "modulation": [round(float(m), 4) for m in modulation],
    }


def _figure(value: float | None) -> float | None:
    """Seven digits, more than any measurement has; None for what is no number (JSON has no NaN)."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.7g}")
