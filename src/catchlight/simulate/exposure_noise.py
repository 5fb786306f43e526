"""What a sensor writes down for a given light: Poisson arrivals, read noise, fixed pattern, rounding, clipping."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64, UInt16

from catchlight.camera.sensor.fixed_pattern import FIXED_ROWS, fixed_pattern
from catchlight.camera.sensor.noise_law import NoiseKnot
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.camera.sensor.tukey_lambda import tukey_lambda_noise
from catchlight.core.bands import for_bands
from catchlight.core.camera_colour import Triple
from catchlight.core.errors import ContractError

# Rows that share one random stream: fixed, so that the noise does not depend on the number of cores.
_ROWS = FIXED_ROWS


def record(
    light: Float32[np.ndarray, "h w"],
    *,
    sensor: SensorProfile,
    gain: float,
    seed: tuple[int, ...],
    row_noise: bool = False,
    pattern_noise: bool = False,
    exposure_s: float = 0.0,
    temperature_c: float = 25.0,
) -> UInt16[np.ndarray, "h w"]:
    """Digital numbers for the light at every photosite.

    Args:
        light: mean signal, normalised (black 0, white 1), of any colour filter layout; negative values count as none.
        sensor: levels and noise.
        gain: gain before the converter; sets the noise, not the level: `light` is already amplified.
        seed: the same seed gives the same noise on any machine.
        row_noise: adds the sensor's common offset of each row, where it is known.
        pattern_noise: adds what the sensor's `pattern_noise` knows: fixed pattern, columns, banding, dark current, the
            tails of the read noise and the bias of the black level.
        exposure_s: time in which dark current gathers.
        temperature_c: temperature of the sensor, for its dark current.

    Returns:
        DN from 0 to the sensor's white level.

    Raises:
        ContractError: a negative exposure.

    Source: Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data";
    here the photons are truly Poisson distributed, not a Gaussian of the same variance. Pattern: EMVA standard 1288
    release 4.0, and Wei et al. 2020, "A Physics-based Noise Formation Model for Extreme Low-light Raw Denoising".
    """
    if not 0 <= exposure_s < math.inf:
        raise ContractError(f"an exposure is a finite number of seconds ≥ 0; found {exposure_s}")
    knot = sensor.noise.at(gain)
    h, w = light.shape
    recorded = np.empty((h, w), np.uint16)
    pattern = sensor.pattern_noise
    tail = pattern.read_tail if pattern_noise else None
    dark = pattern.dark_signal(gain=gain, exposure_s=exposure_s, temperature_c=temperature_c) if pattern_noise else 0.0
    shared = _shared_by_lines(sensor, gain=gain, seed=seed, height=h, width=w) if pattern_noise else None

    def work(top: int, bottom: int) -> None:
        for first in range(top, bottom, _ROWS):
            last = min(first + _ROWS, bottom)
            rng = np.random.default_rng([*seed, first // _ROWS])
            shot, read = _amplitudes(sensor, knot, first, last, w)
            fixed = fixed_pattern(pattern, top=first, bottom=last, width=w) if pattern_noise else None
            mean = np.maximum(light[first:last], 0)
            if fixed is not None:
                mean = mean * fixed.sensitivity + np.float32(dark) * fixed.dark
            signal = rng.poisson(mean / shot) * shot
            if tail is None:
                signal = signal + rng.standard_normal((last - first, w)) * np.sqrt(read)
            else:
                signal = signal + tukey_lambda_noise(rng, shape=tail, rows=last - first, columns=w) * np.sqrt(read)
            if row_noise and knot.row > 0:
                signal += rng.standard_normal((last - first, 1)) * np.sqrt(knot.row)
            if fixed is not None and shared is not None:
                signal += fixed.offset * np.float32(gain) + shared[0][first:last, None] + shared[1]
            black = sensor.black_dn + (_by_colour(pattern.black_bias_dn, sensor, first, last, w) if fixed else 0.0)
            dn = np.rint(black + signal * sensor.range_dn)
            recorded[first:last] = np.clip(dn, 0, sensor.white_dn)

    for_bands(work, h, step=_ROWS, at_most=4 * _ROWS)
    return recorded


def _amplitudes(
    sensor: SensorProfile, knot: NoiseKnot, top: int, bottom: int, width: int
) -> tuple[float | Float64[np.ndarray, "rows w"], float | Float64[np.ndarray, "rows w"]]:
    """Shot and read of the rows: one number where all colours have the same."""
    shot = knot.shot if knot.shot_rgb is None else _by_colour(knot.shot_rgb, sensor, top, bottom, width)
    read = knot.read if knot.read_rgb is None else _by_colour(knot.read_rgb, sensor, top, bottom, width)
    # Recording rounds anyway.
    return shot, np.maximum(read - sensor.rounding, 0.0) if sensor.rounding_in_read else read


def _by_colour(
    values: Triple, sensor: SensorProfile, top: int, bottom: int, width: int
) -> Float64[np.ndarray, "rows w"]:
    tile = sensor.pattern.indices
    rows = np.arange(top, bottom) % tile.shape[0]
    columns = np.arange(width) % tile.shape[1]
    return np.array(values, np.float64)[tile[np.ix_(rows, columns)]]


def _shared_by_lines(
    sensor: SensorProfile, *, gain: float, seed: tuple[int, ...], height: int, width: int
) -> tuple[Float64[np.ndarray, "h"], Float64[np.ndarray, "w"]]:
    """Offsets of one frame that whole rows (banding) and whole columns share."""
    pattern = sensor.pattern_noise
    # A spawn key keeps this stream apart from those of the bands, whatever the seed.
    rng = np.random.default_rng(np.random.SeedSequence(list(seed), spawn_key=(0,)))
    phase = rng.uniform(0, 2 * np.pi)
    wave = np.sin(2 * np.pi * np.arange(height) / pattern.banding_period_rows + phase)
    columns = rng.standard_normal(width)
    return gain * pattern.banding * np.sqrt(2) * wave, gain * pattern.column * columns
