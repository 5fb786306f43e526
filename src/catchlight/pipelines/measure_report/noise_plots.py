"""Drawings of noise against light and of the tone response."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from catchlight.measure.charts.noise_curve import NoiseCurve, NoiseCurves
from catchlight.measure.charts.tone_response import ToneResponse
from catchlight.pipelines.drawing import Axes, Scale, drawing, text

LETTERS = {"red": "R", "green": "G", "blue": "B", "luminance": "Y"}
# What is drawn: a little below signal = noise, and at most as far down as any sensor reaches.
_LEAST_DB, _MOST_EV = -5.0, 16
# 20 dB: noise of a tenth of the signal, the usual limit of a picture that one likes to look at (ISO 15739).
_CRITERIA_DB = ((0.0, "signal = noise"), (20.0, "10 : 1"))


def snr_plot(curves: NoiseCurves) -> Markup:
    """Signal-to-noise ratio against light below white, in EV; measured patches and the fitted model."""
    # A colour of which a patch has nearly nothing says nothing; it would only stretch the axis.
    points = [p for c in curves.curves for p in c.points if p.snr_db > _LEAST_DB]
    darkest = min((math.log2(p.level) for p in points), default=-8.0)
    reach = max((c.dynamic_range_ev or 0.0 for c in curves.curves), default=0.0)
    # The model is drawn as far as the level where the signal drowns, but not beyond what is worth showing.
    low = -float(min(math.ceil(max(-darkest, reach) + 0.5), _MOST_EV))
    top = 10.0 * math.ceil(max((p.snr_db for p in points), default=20.0) / 10 + 0.2)
    axes = Axes(x=Scale(low=low, high=0.0, step=2.0), y=Scale(low=_LEAST_DB, high=top, step=10.0))
    parts = [axes.grid(x_name="light below white, EV", y_name="signal to noise, dB")]
    for level, words in _CRITERIA_DB:
        y = axes.y_of(level)
        parts.append(
            f'<line class="half" x1="{axes.left}" y1="{y:.1f}" x2="{axes.width - axes.right}" y2="{y:.1f}"/>'
            + text(axes.width - axes.right - 4, y - 5, words, "end")
        )
    for curve in curves.curves:
        letter = LETTERS[curve.channel]
        parts.append(axes.line(_model(curve, low), f"thin {letter}"))
    for curve in curves.curves:
        letter = LETTERS[curve.channel]
        parts += [
            f'<circle class="dot {letter}" cx="{axes.x_of(math.log2(p.level)):.1f}" cy="{axes.y_of(p.snr_db):.1f}" '
            'r="3.8"/>'
            for p in curve.points
            if p.snr_db > _LEAST_DB
        ]
    return drawing(axes.width, axes.height, "Signal-to-noise ratio against light", parts)


def _model(curve: NoiseCurve, low: float) -> list[tuple[float, float]]:
    places = np.linspace(low, 0.0, 120)
    level = 2.0**places
    variance = curve.read + curve.shot * level + curve.uneven * level**2
    ratio = 20 * np.log10(level / np.sqrt(np.maximum(variance, 1e-30)))
    return [(float(x), float(y)) for x, y in zip(places, ratio, strict=True) if y > _LEAST_DB]


def tone_plot(tone: ToneResponse) -> Markup:
    """Linear values against known light, both in EV, and the straight line through them."""
    light = np.array(tone.log_exposure) / math.log10(2)
    level = np.log10(np.array(tone.linear)) / math.log10(2)
    low, high = math.floor(light.min()) - 0.5, math.ceil(light.max()) + 0.5
    bottom, top = math.floor(level.min()) - 0.5, math.ceil(level.max()) + 0.5
    axes = Axes(x=Scale(low=low, high=high, step=1.0), y=Scale(low=bottom, high=top, step=1.0))
    middle = float(level.mean() - light.mean())
    parts = [
        axes.grid(x_name="light on the chart, EV", y_name="value, EV below white"),
        axes.line(
            [(x, x + middle) for x in np.linspace(low, high, 50).tolist() if bottom <= x + middle <= top], "ideal"
        ),
    ]
    parts += [
        f'<circle class="dot Y" cx="{axes.x_of(float(x)):.1f}" cy="{axes.y_of(float(y)):.1f}" r="4.5"/>'
        for x, y in zip(light, level, strict=True)
    ]
    return drawing(axes.width, axes.height, "Values against light", parts)
