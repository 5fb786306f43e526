"""The physical camera: its colour filter array and its noise."""

from catchlight.camera.cfa_interpolation import interpolate_cfa

__all__ = ["interpolate_cfa"]
