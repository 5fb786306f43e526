"""Drawings for the report about a set, coloured by the page's own style sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float64
from markupsafe import Markup

from catchlight.pipelines.drawing import Axes, Scale, drawing, round_length
from catchlight.train.data.photo_facts import BINS, PhotoFacts

_BARS = 24
# The numbers at the axis are whole per cents.
_LEAST_TOP = 0.02


def share_plot(values: Mapping[str, Sequence[float]], *, title: str, x_name: str, logarithmic: bool = False) -> Markup:
    """How a figure of the photos is spread: for each split the share of its photos, as steps.

    Args:
        values: of each split.
        title: for those who do not see it.
        x_name: name and unit of the figure.
        logarithmic: equal steps are equal ratios.
    """
    every = np.array([v for part in values.values() for v in part], np.float64)
    scale = _scale(every, logarithmic=logarithmic)
    places = [scale.share(float(v)) for v in every]
    edges = np.linspace(0, 1, _BARS + 1)
    counted = {}
    taken = 0
    for split, part in values.items():
        inside = np.clip(places[taken : taken + len(part)], 0, 1 - 1e-9)
        counted[split] = np.histogram(inside, edges)[0] / max(len(part), 1)
        taken += len(part)
    at = [_value(scale, float(edge)) for edge in edges]
    highest = max(float(c.max()) for c in counted.values())
    return _steps(counted, at, scale, highest=highest, title=title, x_name=x_name)


def mean_plot(facts: Mapping[str, Sequence[PhotoFacts]], *, fact: str, title: str, x_name: str) -> Markup:
    """The mean histogram of each split's pixels.

    Args:
        facts: of each split.
        fact: `brightness` or `saturation`.
        title: for those who do not see it.
        x_name: name of the axis.
    """
    counted = {}
    for split, part in facts.items():
        shares: Float64[np.ndarray, "bins"] = np.array([getattr(f, fact) for f in part], np.float64).mean(axis=0)
        counted[split] = shares
    at = [float(v) for v in np.linspace(0, 1, BINS + 1)]
    # One full bin, black or white, may stand out of the drawing.
    highest = max(max(1.3 * float(np.partition(c, -2)[-2]), 0.6 * float(c.max())) for c in counted.values())
    return _steps(counted, at, Scale(low=0.0, high=1.0), highest=highest, title=title, x_name=x_name)


def _steps(
    counted: Mapping[str, Float64[np.ndarray, "bins"]],
    at: Sequence[float],
    scale: Scale,
    *,
    highest: float,
    title: str,
    x_name: str,
) -> Markup:
    top = max(highest * 1.05, _LEAST_TOP)
    axes = Axes(x=scale, y=Scale(low=0.0, high=top, step=max(round_length(top / 3), 0.01)), height=290.0, bottom=52.0)
    parts = [axes.grid(x_name=x_name, y_name="", percent_y=True)]
    for split, shares in counted.items():
        line = [(at[i + k], float(share)) for i, share in enumerate(shares) for k in (0, 1)]
        floor = [(x, 0.0) for x, _ in line]
        parts.append(f'<g class="{split}">{axes.band(floor, line, "area")}{axes.line(line, "step", title=split)}</g>')
    return drawing(axes.width, axes.height, title, parts)


def _scale(values: Float64[np.ndarray, "n"], *, logarithmic: bool) -> Scale:
    if logarithmic:
        low, high = float(values.min()) / 1.15, float(values.max()) * 1.15
        return Scale(low=low, high=max(high, low * 2), logarithmic=True)
    high = float(np.quantile(values, 0.995)) if len(values) else 1.0
    step = 10 ** math.floor(math.log10(max(high, 1e-3))) / 2
    return Scale(low=0.0, high=math.ceil(max(high, 1e-3) / step) * step)


def _value(scale: Scale, share: float) -> float:
    if scale.logarithmic:
        return float(scale.low * (scale.high / scale.low) ** share)
    return scale.low + (scale.high - scale.low) * share
