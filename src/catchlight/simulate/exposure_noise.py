"""What a sensor writes down for a given light: Poisson arrivals, read noise, rounding, clipping."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt16

from catchlight.core.bands import for_bands
from catchlight.simulate.sensor import SensorProfile

# Rows that share one random stream: fixed, so that the noise does not depend on the number of cores.
_ROWS = 64


def record(
    light: Float32[np.ndarray, "h w"],
    *,
    sensor: SensorProfile,
    gain: float,
    seed: tuple[int, ...],
    row_noise: bool = False,
) -> UInt16[np.ndarray, "h w"]:
    """Digital numbers for the light at every photosite.

    Args:
        light: mean signal, normalised (black 0, white 1); negative values count as none.
        sensor: levels and noise.
        gain: gain before the converter; sets the noise, not the level: `light` is already amplified.
        seed: the same seed gives the same noise on any machine.
        row_noise: adds the sensor's common offset of each row, where it is known.

    Returns:
        DN from 0 to the sensor's white level.

    Source: Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data";
    here the photons are truly Poisson distributed, not a Gaussian of the same variance.
    """
    knot = sensor.noise.at(gain)
    h, w = light.shape
    recorded = np.empty((h, w), np.uint16)

    def work(top: int, bottom: int) -> None:
        for first in range(top, bottom, _ROWS):
            last = min(first + _ROWS, bottom)
            rng = np.random.default_rng([*seed, first // _ROWS])
            photons = rng.poisson(np.maximum(light[first:last], 0) / knot.shot)
            signal = photons * knot.shot + rng.standard_normal((last - first, w)) * np.sqrt(knot.read)
            if row_noise and knot.row > 0:
                signal += rng.standard_normal((last - first, 1)) * np.sqrt(knot.row)
            dn = np.rint(sensor.black_dn + signal * sensor.range_dn)
            recorded[first:last] = np.clip(dn, 0, sensor.white_dn)

    for_bands(work, h, step=_ROWS, at_most=4 * _ROWS)
    return recorded
