"""What a sensor records of a linear picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.frame import Frame
from catchlight.core.metadata import Metadata
from catchlight.core.raw_frame import RawFrame
from catchlight.simulate.exposure_noise import record
from catchlight.simulate.light import neutral_under
from catchlight.simulate.unprocess import camera_light


def raw_shot(
    picture: Float32[np.ndarray, "h w 3"],
    *,
    sensor: SensorProfile,
    gain: float = 1.0,
    exposure: float = 1.0,
    light_cct_k: float = 5000.0,
    seed: tuple[int, ...],
    metadata: Metadata | None = None,
) -> RawFrame:
    """One noisy mosaic of a picture that the lens drew on the sensor.

    Args:
        picture: linear sRGB, 0…1, of even size.
        sensor: levels, colours, noise.
        gain: gain before the converter: sets the noise, not the level.
        exposure: what the picture's white becomes as a share of the sensor's white.
        light_cct_k: colour temperature of the light.
        seed: of the noise.
        metadata: exposure time and the like; make, model and ISO are added.
    """
    colour = replace(sensor.colour, neutral=neutral_under(sensor.colour, cct_k=light_cct_k))
    light = camera_light(Frame(pixels=picture, transfer="linear"), colour=colour)
    mosaic = sensor.pattern.sample(light) * np.float32(exposure)
    return RawFrame(
        mosaic=record(mosaic, sensor=sensor, gain=gain, seed=seed),
        cfa=sensor.pattern,
        black_dn=(sensor.black_dn,) * 4,
        white_dn=sensor.white_dn,
        analog_gain=gain,
        noise=sensor.noise_at(gain),
        colour=colour,
        metadata=replace(
            metadata or Metadata(), make="Catchlight", model=f"Simulated {sensor.name}", iso=sensor.base_iso * gain
        ),
    )
