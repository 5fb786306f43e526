"""The physical camera: sensor, lens, dual pixel, actuator, and the files that describe real ones."""

from catchlight.camera.actuator import Actuator
from catchlight.camera.cfa_interpolation import interpolate_cfa
from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.camera.lens import Lens, LensMap, depth_of_field, psf_at, signed_coc_px
from catchlight.camera.noise_estimate import estimate_mosaic_noise, estimate_rgb_noise
from catchlight.camera.noise_root import NoiseRoot, interpolate_mosaic
from catchlight.camera.profile import CameraProfile, builtin_profiles, load_builtin, profile_to_toml, read_profile
from catchlight.camera.rolling_shutter import RollingShutter
from catchlight.camera.sensor import NoiseKnot, NoiseLaw, PatternNoise, SensorProfile

__all__ = [
    "Actuator",
    "CameraProfile",
    "DualPixel",
    "Lens",
    "LensMap",
    "NoiseKnot",
    "NoiseLaw",
    "NoiseRoot",
    "PatternNoise",
    "RollingShutter",
    "SensorProfile",
    "builtin_profiles",
    "depth_of_field",
    "dual_pixel_kernels",
    "estimate_mosaic_noise",
    "estimate_rgb_noise",
    "interpolate_cfa",
    "interpolate_mosaic",
    "load_builtin",
    "profile_to_toml",
    "psf_at",
    "read_profile",
    "signed_coc_px",
]
