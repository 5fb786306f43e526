"""A camera profile as a text file, and back."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterator
from types import NoneType
from typing import Any, get_args, get_type_hints

from catchlight.camera.profile.camera_profile import CameraProfile
from catchlight.camera.profile.section_table import from_table, to_table
from catchlight.camera.profile.toml_text import table_text
from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.pattern_noise import PatternNoise
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.camera_colour import CameraColour
from catchlight.core.errors import ContractError, InputError

_FORMAT = 1
_TITLE = "# A camera profile of Catchlight. Signals are normalised: black 0, white 1."
_NOISE_TITLE = """\
# Variance of one photosite = shot * signal + read, by gain; straight lines in log-log between gains and beyond.
# row is the variance of an offset that a whole row shares. A single gain: shot grows with it, read and row with its
# square."""
_REMARKS = {
    "pattern": "# Standard deviations and means at gain 1; they grow with the gain.",
    "colour": "# XYZ to camera RGB under two EXIF light sources (17 = standard light A, 21 = D65), as in DNG.",
    "lens": "# What is missing is none. Places in the picture are measured in half diagonals.",
    "lens_map": "# Focus in dioptres (1/m) against the position of the actuator.",
    "shading": "# Gains that flatten a flat field, at the centres of rows x columns equal cells of the frame.",
    "sharpness": "# Frequencies of half contrast (cycles per photosite) of edges at places in half diagonals.",
    "defects": "# Columns and rows of photosites that do not tell the truth, from 0 at the top left.",
}
_NOTES = {
    "bits": "of a file's numbers",
    "black_dn": "number of no light",
    "white_dn": "number of a full photosite",
    "cfa": "colour filters, read from the top left",
    "base_iso": "ISO speed at gain 1",
    "size_px": "height, width",
    "readout_s": "from the first row to the last; 0 is a global shutter",
    "prnu": "relative, of the sensitivity",
    "dsnu": "of the photosites' own offsets",
    "dark_per_s": "mean dark signal in a second",
    "read_tail": "shape of a Tukey lambda distribution; about 0.14 is Gaussian",
    "black_bias_dn": "red, green, blue",
    "serial": "seed of what is fixed",
}


def profile_to_toml(profile: CameraProfile) -> str:
    """The profile as TOML; `profile_from_toml` gives back an equal one, bit for bit."""
    sensor = profile.sensor
    top = {"format": _FORMAT, "name": profile.name, "source": profile.source}
    own = to_table(sensor, without=("noise", "colour", "pattern_noise"))
    for key in ("name", "source"):
        if own[key] == top[key]:
            del own[key]
    parts = [_TITLE + "\n" + table_text("", top), table_text("[sensor]", own, notes=_NOTES)]
    knots = [table_text("[[noise]]", to_table(knot, with_defaults=False)) for knot in sensor.noise.knots]
    parts += [_NOISE_TITLE + "\n" + knots[0], *knots[1:]]
    sections: list[tuple[str, object]] = [(name, getattr(profile, name)) for name, _ in _sections()]
    sections = [("pattern", sensor.pattern_noise), ("colour", sensor.colour), *sections]
    for name, section in sections:
        if section is None or section in (PatternNoise(), CameraColour()):
            continue
        remark = f"{_REMARKS[name]}\n" if name in _REMARKS else ""
        table = to_table(section, with_defaults=name == "colour")
        parts.append(remark + table_text(f"[{name}]", table, notes=_NOTES))
    return "\n".join(parts)


def profile_from_toml(text: str, *, called: str = "the camera profile") -> CameraProfile:
    """The profile that a TOML text describes.

    Args:
        text: the file's content.
        called: the file's name, for messages.

    Raises:
        InputError: no TOML, another format, a missing or unknown key or section, a value of another type or range.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{called} is no camera profile: TOML was expected, and {_one_line(error)}") from None
    try:
        return _profile(table)
    except (InputError, ContractError) as error:
        raise InputError(f"{called}: {_one_line(error)}") from None


def _profile(table: dict[str, Any]) -> CameraProfile:
    known = {"format", "name", "source", "sensor", "noise", "pattern", "colour", *(name for name, _ in _sections())}
    for key in table:
        if key not in known:
            raise InputError(f"a camera profile has no section {key!r}; it knows {', '.join(sorted(known))}")
    if table.get("format") != _FORMAT:
        raise InputError(
            f"format = {_FORMAT} is expected at the top of a camera profile; found {table.get('format')!r}"
        )
    for key in ("name", "source"):
        if not isinstance(table.get(key), str):
            raise InputError(f"{key} is expected as text at the top of a camera profile; found {table.get(key)!r}")
    for key in ("sensor", "noise"):
        if key not in table:
            raise InputError(f"a camera profile has a section {key!r}; found none")
    name, source = table["name"], table["source"]
    own = {"name": name, "source": source} | table["sensor"] if isinstance(table["sensor"], dict) else table["sensor"]
    knots = table["noise"]
    if not isinstance(knots, list) or not knots:
        raise InputError("noise is a list of tables, each headed [[noise]]; found something else")
    law = NoiseLaw(knots=tuple(from_table(NoiseKnot, knot, where="[[noise]]") for knot in knots))
    given: dict[str, object] = {
        "noise": law,
        "colour": from_table(CameraColour, table.get("colour", {}), where="[colour]"),
        "pattern_noise": from_table(PatternNoise, table.get("pattern", {}), where="[pattern]"),
    }
    sensor = from_table(SensorProfile, own, where="[sensor]", given=given)
    found = [(key, kind) for key, kind in _sections() if key in table]
    parts: dict[str, Any] = {key: from_table(kind, table[key], where=f"[{key}]") for key, kind in found}
    return CameraProfile(name=name, source=source, sensor=sensor, **parts)


def _sections() -> Iterator[tuple[str, type]]:
    """Name and type of the profile's optional parts."""
    hints = get_type_hints(CameraProfile)
    for field in dataclasses.fields(CameraProfile):
        kinds = [kind for kind in get_args(hints[field.name]) if kind is not NoneType]
        if kinds:
            yield field.name, kinds[0]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
