"""What a camera's profile adds to a RAW frame that its file does not tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt16

from catchlight.camera.profile import CameraProfile, Defects
from catchlight.core import CfaPattern, InputError, NoiseModel, RawFrame
from catchlight.core.cfa_neighbours import same_colour_neighbours

# Beyond the gains that were calibrated by more than this factor the noise is a guess.
_FAR_GAIN = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCamera:
    """A camera with a profile, as development uses it.

    Args:
        profile: of the camera.
        shading: whether its shading is corrected, where the profile has one.
    """

    profile: CameraProfile
    shading: bool = True

    def seen(self, raw: RawFrame) -> RawFrame:
        """The frame with the noise of its gain, its known defects repaired, and colour matrices if its file has none.

        Raises:
            InputError: the frame cannot be of this camera.
        """
        sensor = self.profile.sensor
        if sensor.cfa != raw.cfa.name or abs(sensor.white_dn - raw.white_dn) > 0.02 * sensor.white_dn:
            raise InputError(
                f"the camera profile {self.profile.name} is of a {sensor.cfa} sensor with white at "
                f"{sensor.white_dn:g}; the frame is {raw.cfa.name} with white at {raw.white_dn:g}: take this "
                "camera's own profile"
            )
        colour = raw.colour
        if colour.matrix_1 is None and colour.matrix_2 is None:
            colour = replace(sensor.colour, neutral=colour.neutral)
        defects = self.profile.defects
        mosaic = raw.mosaic
        if defects is not None and sensor.size_px == raw.shape:
            mosaic = repaired(mosaic, defects, cfa=raw.cfa)
        return replace(raw, mosaic=mosaic, noise=self.noise_of(raw), colour=colour)

    def gain_of(self, raw: RawFrame) -> float | None:
        """Gain of a frame against base sensitivity; None where its file does not tell."""
        if raw.analog_gain is not None:
            return raw.analog_gain
        iso = raw.metadata.iso
        return None if iso is None else iso / self.profile.sensor.base_iso

    def noise_of(self, raw: RawFrame) -> NoiseModel:
        """Noise of a photosite of this frame, normalised, row noise included: it is noise to whoever merges."""
        sensor = self.profile.sensor
        return sensor.noise_at(self.gain_of(raw) or sensor.noise.knots[0].gain, row_noise=True)

    def notes(self, raw: RawFrame) -> tuple[str, ...]:
        """What the user should know of this frame and profile; each one line."""
        knots, gain = self.profile.sensor.noise.knots, self.gain_of(raw)
        lines = []
        if gain is None:
            lines.append(
                f"the file tells no ISO speed: the profile's noise at gain {knots[0].gain:g} is taken for this frame"
            )
        elif not knots[0].gain / _FAR_GAIN <= gain <= knots[-1].gain * _FAR_GAIN:
            lines.append(
                f"gain {gain:g} lies far from what the profile was calibrated at ({knots[0].gain:g} to "
                f"{knots[-1].gain:g}): its noise is a guess"
            )
        defects, size = self.profile.defects, self.profile.sensor.size_px
        if defects is not None and len(defects) and size != raw.shape:
            known = "of unknown size" if size is None else f"of {size[1]}×{size[0]}"
            lines.append(
                f"the profile's defects are {known}, the frame is {raw.shape[1]}×{raw.shape[0]}: they are not repaired"
            )
        return tuple(lines)

    def without_shading(self, rgb: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
        """Camera RGB with its shading taken out; the same array where the profile has none."""
        shading = self.profile.shading
        if shading is None or not self.shading:
            return rgb
        return rgb * shading.gains(*rgb.shape[:2])


def repaired(mosaic: UInt16[np.ndarray, "h w"], defects: Defects, *, cfa: CfaPattern) -> UInt16[np.ndarray, "h w"]:
    """The mosaic with every listed photosite replaced by the median of its sound neighbours of the same colour.

    Neighbours lie two photosites away in a Bayer mosaic, and are the eight nearest ones in others; where all eight are
    defective the photosite stays.
    """
    h, w = mosaic.shape
    bad = defects.mask(h, w)
    y, x = np.nonzero(bad)
    if cfa.is_bayer:
        steps = np.array([[[dy, dx]] for dy in (-2, 0, 2) for dx in (-2, 0, 2) if dy or dx])
    else:
        steps = same_colour_neighbours(cfa)[y % cfa.side * cfa.side + x % cfa.side].swapaxes(0, 1)
    ny, nx = y + steps[..., 0], x + steps[..., 1]
    inside = (ny >= 0) & (ny < h) & (nx >= 0) & (nx < w)
    ny, nx = ny.clip(0, h - 1), nx.clip(0, w - 1)
    sound = inside & ~bad[ny, nx]
    values = np.ma.masked_array(mosaic[ny, nx].astype(np.float64), mask=~sound)
    median = np.ma.median(values, axis=0)
    result = mosaic.copy()
    some = sound.any(axis=0)
    result[y[some], x[some]] = np.rint(np.ma.getdata(median)[some]).astype(np.uint16)
    return result
