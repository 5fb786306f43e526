"""What was measured becomes a camera profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from catchlight.camera.profile import CameraProfile, Defects, Shading
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import InputError
from catchlight.measure.noise.dark_signal import DarkSignal, dark_current_per_s
from catchlight.measure.noise.flat_field import FlatField
from catchlight.pipelines.calibration.calibration import CalibrationSettings
from catchlight.pipelines.calibration.gain_noise import GainNoise, six_digits
from catchlight.pipelines.calibration.sensor_frame import SensorFrame

# More than this is no list of defects but a wrong frame.
_MOST_DEFECTS = 0.01


def profile_of(
    first: SensorFrame,
    gains: Sequence[GainNoise],
    settings: CalibrationSettings,
    base: CameraProfile | None,
    *,
    base_iso: float,
) -> CameraProfile:
    """The profile of a sensor with this noise; with `base`, that profile with its noise renewed at these gains.

    Raises:
        InputError: the frames are of another sensor than `base`.
    """
    knots = {g.gain: g.knot(least_read=first.rounding) for g in gains}
    methods = " and ".join(sorted({g.method for g in gains}))
    origin = f"catchlight calibrate: {sum(g.frames for g in gains)} frames, {methods}"
    black = sum(first.black_dn) / len(first.black_dn)
    if base is not None:
        if (base.sensor.white_dn, base.sensor.cfa) != (first.white_dn, first.cfa or "MONO"):
            raise InputError(
                f"the profile {base.name} is of a {base.sensor.cfa} sensor with white at {base.sensor.white_dn:g}; the "
                f"frames are {first.layout_name} with white at {first.white_dn:g}: is it another camera or mode?"
            )
        law = NoiseLaw(knots=_merged(_with_rounding(base.sensor), knots))
        sensor = replace(base.sensor, noise=law, black_dn=black, base_iso=base_iso, rounding_in_read=True)
        return replace(base, name=settings.name or base.name, source=f"{base.source}; {origin}", sensor=sensor)
    name = settings.name or first.camera or "my camera"
    sensor = SensorProfile(
        name=name,
        bits=max(int(np.ceil(np.log2(first.white_dn + 1))), 1),
        black_dn=black,
        white_dn=first.white_dn,
        cfa=first.cfa or "MONO",
        noise=NoiseLaw(knots=tuple(knots[g] for g in sorted(knots))),
        colour=replace(first.colour, neutral=None),
        base_iso=base_iso,
        size_px=first.shape,
        rounding_in_read=True,
        source=origin,
    )
    return CameraProfile(name=name, source=origin, sensor=sensor)


def _with_rounding(sensor: SensorProfile) -> tuple[NoiseKnot, ...]:
    """The sensor's knots with the converter's rounding in their read noise, as a calibration finds it."""
    if sensor.rounding_in_read:
        return sensor.noise.knots
    more = sensor.rounding

    def raised(knot: NoiseKnot) -> NoiseKnot:
        rgb = knot.read_rgb
        each = None if rgb is None else (rgb[0] + more, rgb[1] + more, rgb[2] + more)
        return replace(knot, read=knot.read + more, read_rgb=each)

    return tuple(raised(k) for k in sensor.noise.knots)


def with_patterns(
    profile: CameraProfile,
    darks: Sequence[tuple[float, DarkSignal]],
    flat: FlatField | None,
    first: SensorFrame,
    warnings: list[str],
) -> CameraProfile:
    """The profile with defects, fixed pattern, dark current and shading, as far as they were measured.

    Args:
        profile: of the sensor.
        darks: gain and result of each set of dark frames.
        flat: result of the flat field.
        first: a frame, for its layout.
        warnings: gets what the user should know.
    """
    found = [d.defects_yx for _, d in darks] + ([flat.defects_yx] if flat is not None else [])
    if found:
        profile = replace(profile, defects=_defects(found, first, warnings))
    pattern = profile.sensor.pattern_noise
    if darks:
        # The simulator's pattern grows with the gain, so it is stated at gain 1.
        pattern = replace(pattern, dsnu=six_digits(float(np.median([np.sqrt(d.dsnu) / gain for gain, d in darks]))))
        currents = [
            current / gain
            for gain in sorted({gain for gain, _ in darks})
            if (current := dark_current_per_s([d for g, d in darks if g == gain], range_dn=first.range_dn)) is not None
        ]
        if currents:
            pattern = replace(pattern, dark_per_s=six_digits(float(np.median(currents))))
    if flat is not None:
        profile = replace(profile, shading=_shading(flat))
        if flat.prnu is not None:
            pattern = replace(pattern, prnu=six_digits(flat.prnu))
    return replace(profile, sensor=replace(profile.sensor, pattern_noise=pattern))


def _merged(old: Sequence[NoiseKnot], new: dict[float, NoiseKnot]) -> tuple[NoiseKnot, ...]:
    """The old knots with new ones put in; what was calibrated takes the place of what stood at about its gain."""
    kept = [k for k in old if all(abs(k.gain / gain - 1) > 0.02 for gain in new)]
    return tuple(sorted([*kept, *new.values()], key=lambda k: k.gain))


def _defects(
    found: Sequence[Sequence[tuple[int, int, int]]], first: SensorFrame, warnings: list[str]
) -> Defects | None:
    side = first.tile_px
    if first.cfa is None:
        places = {(y, x) for planes in found for _, y, x in planes}
    else:
        places = {(y * side + i // side, x * side + i % side) for planes in found for i, y, x in planes}
    h, w = first.shape
    if len(places) > _MOST_DEFECTS * h * w:
        warnings.append(f"{len(places)} photosites look defective, more than any sensor has; the list is left out")
        return None
    at = sorted(places)
    return Defects(x=tuple(x for _, x in at), y=tuple(y for y, _ in at)) if at else None


def _shading(flat: FlatField) -> Shading:
    red, green, blue = (tuple(tuple(round(float(v), 5) for v in row) for row in flat.gains[..., c]) for c in range(3))
    return Shading(red=red, green=green, blue=blue)
