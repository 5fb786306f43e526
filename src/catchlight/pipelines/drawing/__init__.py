"""Drawings for the report pages as SVG: each page's own style sheet gives them their colours."""

from catchlight.pipelines.drawing.axes import Axes, Scale
from catchlight.pipelines.drawing.colour_ramp import ColourRamp
from catchlight.pipelines.drawing.svg import drawing, polyline, round_length, text

__all__ = ["Axes", "ColourRamp", "Scale", "drawing", "polyline", "round_length", "text"]
