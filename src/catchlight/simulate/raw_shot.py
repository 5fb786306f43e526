"""What a sensor records of a linear picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32, UInt16

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.camera_colour import CameraColour
from catchlight.core.colour import ColourSpace, matrix
from catchlight.core.frame import Frame
from catchlight.core.metadata import Metadata
from catchlight.core.noise_model import NoiseModel
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
        picture: linear sRGB, 0…1, of even size (multiples of 4 and 6 for QUAD_ and NONA_ filters).
        sensor: levels, colours, noise.
        gain: gain before the converter: sets the noise, not the level.
        exposure: what the picture's white becomes as a share of the sensor's white.
        light_cct_k: colour temperature of the light.
        seed: of the noise.
        metadata: exposure time and the like; make, model and ISO are added.
    """
    colour = colour_under(sensor, cct_k=light_cct_k)
    light = sensor_light(Frame(pixels=picture, transfer="linear"), sensor=sensor, colour=colour)
    mosaic = sensor.pattern.sample(light) * np.float32(exposure)
    return raw_frame(
        record(mosaic, sensor=sensor, gain=gain, seed=seed),
        sensor=sensor,
        gain=gain,
        colour=colour,
        noise=sensor.noise_at(gain),
        metadata=metadata,
    )


def colour_under(sensor: SensorProfile, *, cct_k: float) -> CameraColour:
    """The sensor's matrices with the neutral of a light of that colour temperature; nothing for one without filters."""
    if sensor.cfa == "MONO":
        return CameraColour()
    return replace(sensor.colour, neutral=neutral_under(sensor.colour, cct_k=cct_k))


def sensor_light(
    photo: Frame, *, sensor: SensorProfile, colour: CameraColour, blur_px: float = 0.0
) -> Float32[np.ndarray, "h w 3"]:
    """Camera RGB of a picture in sRGB, as `camera_light` gives it; a sensor without filters sees its luminance.

    Args:
        photo: sRGB primaries, linear or encoded, values 0…1.
        sensor: its filters.
        colour: as `colour_under` gives it.
        blur_px: σ of a Gaussian blur in linear light.
    """
    light = camera_light(photo, colour=colour, blur_px=blur_px)
    if sensor.cfa != "MONO":
        return light
    weights = matrix(ColourSpace.XYZ_D65, ColourSpace.SRGB)[1].astype(np.float32)
    return np.repeat((light @ weights)[..., None], 3, axis=2)


def raw_frame(
    mosaic: UInt16[np.ndarray, "h w"],
    *,
    sensor: SensorProfile,
    gain: float,
    colour: CameraColour | None = None,
    noise: NoiseModel | None = None,
    metadata: Metadata | None = None,
) -> RawFrame:
    """A recorded mosaic with what its sensor's files say of it.

    Args:
        mosaic: digital numbers, as `record` gives them.
        sensor: levels and filters.
        gain: gain before the converter.
        colour: matrices and neutral; the sensor's own when None.
        noise: None where the file does not tell.
        metadata: exposure time and the like; make, model and ISO are added.
    """
    told = metadata or Metadata()
    return RawFrame(
        mosaic=mosaic,
        cfa=sensor.pattern,
        black_dn=(sensor.black_dn,) * 4,
        white_dn=sensor.white_dn,
        analog_gain=gain,
        noise=noise,
        colour=colour or sensor.colour,
        metadata=replace(told, make="Catchlight", model=f"Simulated {sensor.name}", iso=sensor.base_iso * gain),
    )
