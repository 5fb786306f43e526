"""Drawings of a ColorChecker's colours: measured beside reference, and which way they err."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from markupsafe import Markup, escape

from catchlight.core import srgb_encode
from catchlight.measure.charts.chart_colour_error import ChartColours
from catchlight.measure.charts.colour_checker_reference import PATCH_NAMES, reference_linear_srgb
from catchlight.measure.colour.cielab import lab_from_rgb
from catchlight.pipelines.drawing import Axes, Scale, drawing

# A patch lighter than this gets dark figures on it.
_LIGHT_L = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swatch:
    """One patch: how it was measured and how it should be.

    Args:
        name: of the patch.
        measured: #rrggbb after matching exposure and white balance.
        reference: #rrggbb.
        delta_e: CIEDE2000 between the two.
        dark_text: figures on it are legible in black.
    """

    name: str
    measured: str
    reference: str
    delta_e: str
    dark_text: bool


def swatches(colours: ChartColours) -> list[Swatch]:
    """The 24 patches, row by row from dark skin."""
    measured, reference = _linear(colours)
    lightness = lab_from_rgb(reference)[:, 0]
    return [
        Swatch(
            name=PATCH_NAMES[i],
            measured=_hex(measured[i]),
            reference=_hex(reference[i]),
            delta_e=f"{colours.balanced.each_2000[i]:.1f}",
            dark_text=bool(lightness[i] > _LIGHT_L),
        )
        for i in range(len(PATCH_NAMES))
    ]


def error_plot(colours: ChartColours) -> Markup:
    """The plane of a* and b*: from each reference (dot) to what was measured (end of its arrow)."""
    measured, reference = _linear(colours)
    to, start = lab_from_rgb(measured), lab_from_rgb(reference)
    every = np.concatenate([to, start])
    low, high = every.min(axis=0) - 8, every.max(axis=0) + 8
    # One unit is as long in both directions.
    axes = Axes(x=Scale(low=-1.0, high=1.0), y=Scale(low=-1.0, high=1.0), height=480.0)
    wide, tall = axes.width - axes.left - axes.right, axes.height - axes.top - axes.bottom
    unit = max((high[1] - low[1]) / wide, (high[2] - low[2]) / tall)
    middle = (low + high) / 2
    axes = Axes(
        x=Scale(low=float(middle[1] - unit * wide / 2), high=float(middle[1] + unit * wide / 2), step=20.0),
        y=Scale(low=float(middle[2] - unit * tall / 2), high=float(middle[2] + unit * tall / 2), step=20.0),
        height=480.0,
    )
    parts = [axes.grid(x_name="a*: green to red", y_name="b*: blue to yellow")]
    for i, name in enumerate(PATCH_NAMES):
        x0, y0 = axes.x_of(float(start[i, 1])), axes.y_of(float(start[i, 2]))
        x1, y1 = axes.x_of(float(to[i, 1])), axes.y_of(float(to[i, 2]))
        title = f"{name}: ΔE2000 {colours.balanced.each_2000[i]:.1f}"
        parts.append(
            f"<g><title>{escape(title)}</title>"
            f'<line class="arrow" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'
            f'<circle class="patch" fill="{_hex(reference[i])}" cx="{x0:.1f}" cy="{y0:.1f}" r="6.5"/>'
            f'<circle class="tip" cx="{x1:.1f}" cy="{y1:.1f}" r="2.6"/></g>'
        )
    return drawing(axes.width, axes.height, "Colour errors in the plane of a* and b*", parts)


def _linear(colours: ChartColours) -> tuple[Float64[np.ndarray, "24 3"], Float64[np.ndarray, "24 3"]]:
    """Measured after exposure and white balance, and reference, in linear sRGB."""
    measured: Float64[np.ndarray, "24 3"] = np.array([p.mean for p in colours.patches]) * np.array(colours.gains)
    return measured, reference_linear_srgb()


def _hex(linear: Float64[np.ndarray, "3"]) -> str:
    encoded = srgb_encode(np.clip(linear, 0, 1))
    return "#" + "".join(f"{round(255 * float(v)):02x}" for v in encoded)
