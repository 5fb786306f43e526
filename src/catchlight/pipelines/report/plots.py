"""Small drawings for the report page as SVG, coloured by the page's own style sheet.

Every function returns one `<svg>` with a title for those who do not see it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32, Float64
from markupsafe import Markup

from catchlight.core import NoiseModel
from catchlight.pipelines.drawing import drawing, polyline, round_length, text
from catchlight.pipelines.report.motion import MotionField
from catchlight.pipelines.report.noise import NoiseCurve

_WIDTH, _HEIGHT = 520.0, 320.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 52.0, 12.0, 14.0, 44.0
# About this many arrows along the longer side of a picture.
_ARROWS = 9


def noise_plot(
    curve: NoiseCurve,
    *,
    model: NoiseModel | None,
    share: float,
    encoded: bool,
    labels: tuple[str, str],
) -> Markup:
    """Deviation against brightness on logarithmic axes: measured points, and the model as lines.

    Args:
        curve: what was measured.
        model: noise of green in one frame, in the units of the curve; None draws no lines.
        share: part of the model's variance that is left after merging.
        encoded: the values are those of the finished picture, not linear light.
        labels: names of the two states; the second empty when there is only one.
    """
    values = np.concatenate([curve.before, curve.after])
    x_low, x_high = _decades(np.maximum(curve.brightness, 1e-4))
    y_low, y_high = _decades(np.maximum(values, 1e-5))
    x_of = _log_scale(x_low, x_high, _LEFT, _WIDTH - _RIGHT)
    y_of = _log_scale(y_low, y_high, _HEIGHT - _BOTTOM, _TOP)
    parts = [_log_grid(x_low, x_high, x_of, vertical=True), _log_grid(y_low, y_high, y_of, vertical=False)]
    if model is not None:
        signal = np.geomspace(x_low, x_high, 60)
        variance = model.shot[1] * signal + model.read[1]
        states = [("before", 1.0), ("after", share)] if labels[1] else [("before", 1.0)]
        for kind, part in states:
            line = np.sqrt(variance * part)
            shown = [(x_of(s), y_of(v)) for s, v in zip(signal, line, strict=True) if y_low <= v <= y_high]
            parts.append(polyline(shown, f"model {kind}"))
    for kind, measured in (("before", curve.before), ("after", curve.after)):
        if kind == "after" and not labels[1]:
            continue
        parts += [
            f'<circle class="dot {kind}" cx="{x_of(max(b, x_low)):.1f}" cy="{y_of(max(v, y_low)):.1f}" r="4.5"/>'
            for b, v in zip(curve.brightness, measured, strict=True)
        ]
    unit = "of the finished picture" if encoded else "linear light, 1 = white"
    parts.append(text(_WIDTH - _RIGHT, _HEIGHT - 6, f"brightness ({unit})", "end"))
    parts.append(text(_LEFT + 8, _TOP + 13, "standard deviation", "start"))
    return drawing(_WIDTH, _HEIGHT, f"Noise against brightness: {' and '.join(filter(None, labels))}", parts)


def histogram_plot(counts: Float64[np.ndarray, "3 bins"], *, highest: float, label: str) -> Markup:
    """Shares of red, green and blue over 0…255, as three overlapping areas (square roots, so that little is seen).

    Args:
        counts: share of the pixels in each bin.
        highest: share that reaches the top.
        label: what the picture is.
    """
    width, height, floor = 520.0, 170.0, 148.0
    parts = []
    for channel, name in enumerate(("red", "green", "blue")):
        bars = np.sqrt(np.minimum(counts[channel] / highest, 1.0)) * (floor - 8)
        x = np.linspace(6, width - 6, len(bars))
        points = " ".join(f"{a:.1f},{floor - b:.1f}" for a, b in zip(x, bars, strict=True))
        parts.append(f'<polygon class="histogram {name}" points="6,{floor} {points} {width - 6},{floor}"/>')
    parts.append(f'<line class="axis" x1="6" y1="{floor}" x2="{width - 6}" y2="{floor}"/>')
    parts += [text(6.0, height - 5, "black", "start"), text(width - 6, height - 5, "white", "end")]
    return drawing(width, height, f"Histogram of red, green and blue: {label}", parts)


def path_plot(shifts_px: Sequence[tuple[str, float, float]], reference: str) -> Markup:
    """Where the picture's centre went from frame to frame.

    Args:
        shifts_px: short name and (dx, dy) of each frame in order, the reference included.
        reference: its short name.
    """
    width, height, margin = 520.0, 320.0, 34.0
    xs, ys = [s[1] for s in shifts_px], [s[2] for s in shifts_px]
    reach = max(max(xs) - min(xs), (max(ys) - min(ys)) * width / height, 2.0)
    middle_x, middle_y = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
    scale = (width - 2 * margin - 60) / reach
    scale = min(scale, (height - 2 * margin - 10) / max(max(ys) - min(ys), 1e-6))

    def at(dx: float, dy: float) -> tuple[float, float]:
        return width / 2 + (dx - middle_x) * scale, height / 2 - 6 + (dy - middle_y) * scale

    zero_x, zero_y = at(0.0, 0.0)
    parts = [
        f'<line class="grid" x1="{zero_x:.1f}" y1="0" x2="{zero_x:.1f}" y2="{height - 24}"/>',
        f'<line class="grid" x1="0" y1="{zero_y:.1f}" x2="{width}" y2="{zero_y:.1f}"/>',
        polyline([at(dx, dy) for _, dx, dy in shifts_px], "path"),
    ]
    named = len(shifts_px) <= 16
    for name, dx, dy in shifts_px:
        x, y = at(dx, dy)
        kind = "before" if name == reference else "after"
        parts.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{6 if name == reference else 4}"/>')
        if named or name == reference:
            parts.append(text(x + 9, y + 4, name, "start"))
    bar_px = round_length(reach / 4)
    parts.append(
        f'<line class="axis" x1="10" y1="{height - 10}" x2="{10 + bar_px * scale:.1f}" y2="{height - 10}"/>'
        + text(16 + bar_px * scale, height - 6, f"{bar_px:g} px", "start")
    )
    return drawing(width, height, f"Path of the picture's centre over {len(shifts_px)} frames", parts)


def arrow_plot(field: MotionField, shape: tuple[int, int], label: str) -> tuple[Markup, float]:
    """Motion as arrows over a picture of `shape`, and how many times too long they are drawn."""
    h, w = shape
    width, height = (320.0, 320.0 * h / w) if w >= h else (320.0 * w / h, 320.0)
    rows, columns, _ = field.place.shape
    step = max(1, -(-max(rows, columns) // _ARROWS))
    # An elongated picture has fewer tiles across than a step is long; its arrows stand in the middle row.
    down, across = max(1, min(step, rows)), max(1, min(step, columns))
    picked = np.s_[down // 2 :: down, across // 2 :: across]
    place, motion = field.place[picked].reshape(-1, 2), field.motion_px[picked].reshape(-1, 2)
    confidence = field.confidence[picked].ravel()
    longest = float(np.hypot(motion[:, 0], motion[:, 1]).max(initial=0.0))
    to_plot = width / w
    cell = 320.0 * step / max(rows, columns, 1)
    times = round_length(1.2 * cell / max(longest * to_plot, 1e-6))
    times = float(np.clip(times, 0.01, 1000.0))
    parts = []
    for (px, py), (dx, dy), sure in zip(place, motion, confidence, strict=True):
        x0, y0 = float(px) * width, float(py) * height
        x1, y1 = x0 + float(dx) * to_plot * times, y0 + float(dy) * to_plot * times
        opacity = 0.25 + 0.75 * float(sure)
        parts.append(
            f'<g class="arrow" opacity="{opacity:.2f}"><line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'
            f'<circle cx="{x0:.1f}" cy="{y0:.1f}" r="3"/></g>'
        )
    return drawing(width, height, label, parts), times


def bar_plot(timings_s: Sequence[tuple[str, float]]) -> Markup:
    """One row for each stage, as long as it took."""
    row, width, name_width = 26.0, 520.0, 216.0
    longest = max(max((s for _, s in timings_s), default=0.0), 1e-9)
    parts = []
    for index, (stage, seconds) in enumerate(timings_s):
        y = index * row
        length = max(1.5, (width - name_width - 70) * seconds / longest)
        parts.append(text(name_width - 10, y + 17, stage, "end"))
        parts.append(f'<rect class="bar" x="{name_width}" y="{y + 5}" width="{length:.1f}" height="16" rx="2"/>')
        parts.append(text(name_width + length + 8, y + 17, f"{seconds:.2f} s", "start"))
    return drawing(width, max(row, row * len(timings_s)), "Seconds for each stage", parts)


def rgb_shares(pixels: Float32[np.ndarray, "h w 3"], *, bins: int = 128) -> Float64[np.ndarray, "3 bins"]:
    """Share of the pixels in each bin of encoded 0…1, for each channel."""
    counts = [np.histogram(pixels[..., c], bins=bins, range=(0.0, 1.0))[0] for c in range(3)]
    shares: Float64[np.ndarray, "3 bins"] = np.stack(counts).astype(np.float64) / (pixels.shape[0] * pixels.shape[1])
    return shares


def _decades(values: Float64[np.ndarray, "n"]) -> tuple[float, float]:
    """The values' range with a little air."""
    return float(values.min()) / 1.6, float(values.max()) * 1.6


def _log_scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    span = math.log(high / low)
    return lambda value: start + (end - start) * math.log(value / low) / span


def _log_grid(low: float, high: float, at: Callable[[float], float], *, vertical: bool) -> str:
    parts = []
    within = [
        (10.0**e) * m
        for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        for m in (1, 2, 5)
        if low <= (10.0**e) * m <= high
    ]
    # In a wide range 1, 10, 100 are enough.
    if math.log10(high / low) > 2.2:
        within = [v for v in within if f"{v:e}".startswith("1.0")]
    for value in within:
        place = at(value)
        if vertical:
            parts.append(f'<line class="grid" x1="{place:.1f}" y1="{_TOP}" x2="{place:.1f}" y2="{_HEIGHT - _BOTTOM}"/>')
            parts.append(text(place, _HEIGHT - _BOTTOM + 17, f"{value:g}", "middle"))
        else:
            parts.append(f'<line class="grid" x1="{_LEFT}" y1="{place:.1f}" x2="{_WIDTH - _RIGHT}" y2="{place:.1f}"/>')
            parts.append(text(_LEFT - 7, place + 4, f"{value:g}", "end"))
    return "".join(parts)
