"""Measures that tell how far out of focus something is: sharpness, and disparity of a dual pixel."""

from catchlight.measure.focus.dual_pixel_disparity import Disparity, disparity_between
from catchlight.measure.focus.dual_pixel_slope import measure_dual_pixel
from catchlight.measure.focus.sharpness import SHARPNESS, SharpnessMeasure

__all__ = [
    "SHARPNESS",
    "Disparity",
    "SharpnessMeasure",
    "disparity_between",
    "measure_dual_pixel",
]
