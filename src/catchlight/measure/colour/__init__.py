"""Colour difference as people see it."""

from catchlight.measure.colour.cielab import LabWhite, lab_from_frame, lab_from_rgb, lab_from_xyz
from catchlight.measure.colour.delta_e import ColourError, colour_error, delta_e_76, delta_e_94, delta_e_2000

__all__ = [
    "ColourError",
    "LabWhite",
    "colour_error",
    "delta_e_76",
    "delta_e_94",
    "delta_e_2000",
    "lab_from_frame",
    "lab_from_rgb",
    "lab_from_xyz",
]
