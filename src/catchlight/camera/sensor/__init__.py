"""The sensor: levels, colour filters, noise against gain, fixed pattern."""

from catchlight.camera.sensor.binning import bin_quad, binned_noise
from catchlight.camera.sensor.fixed_pattern import FixedPattern, fixed_pattern
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.pattern_noise import PatternNoise
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.camera.sensor.spectral import SpectralColour, black_body, colour_of, neutral_of, standard_light_a
from catchlight.camera.sensor.tukey_lambda import tukey_lambda_noise, tukey_lambda_variance

__all__ = [
    "FixedPattern",
    "NoiseKnot",
    "NoiseLaw",
    "PatternNoise",
    "SensorProfile",
    "SpectralColour",
    "bin_quad",
    "binned_noise",
    "black_body",
    "colour_of",
    "fixed_pattern",
    "neutral_of",
    "standard_light_a",
    "tukey_lambda_noise",
    "tukey_lambda_variance",
]
