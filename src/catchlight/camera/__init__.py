"""The physical camera: its colour filter array and its noise."""

from catchlight.camera.cfa_interpolation import interpolate_cfa
from catchlight.camera.noise_estimate import estimate_mosaic_noise, estimate_rgb_noise

__all__ = ["estimate_mosaic_noise", "estimate_rgb_noise", "interpolate_cfa"]
