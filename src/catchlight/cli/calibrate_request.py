"""What `catchlight calibrate` was asked, checked before any work begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from catchlight.camera.profile import CameraProfile, profile_to_toml, read_profile
from catchlight.cli.place_name import check_names, check_not_input, place_name
from catchlight.core import ContractError, UsageError
from catchlight.core.cfa import CfaName
from catchlight.io import check_writable, expand_inputs
from catchlight.pipelines.calibration import Assumed, CalibrationSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateRequest:
    """One run of `catchlight calibrate`.

    Args:
        frames: files of the noise calibration.
        output: the profile.
        settings: dials.
        darks: files without light; None for none.
        flats: files of an even field; None for none.
        chart: picture of edges; None for none.
        sweep: folder of a focus sweep; None for none.
        base: profile to keep the rest of; None for a new one.
        json: file of the figures; None for none.
        force: overwrite what exists.
    """

    frames: tuple[Path, ...]
    output: Path
    settings: CalibrationSettings
    darks: tuple[Path, ...] | None = None
    flats: tuple[Path, ...] | None = None
    chart: Path | None = None
    sweep: Path | None = None
    base: CameraProfile | None = None
    json: Path | None = None
    force: bool = False

    @staticmethod
    def toml_of(profile: CameraProfile) -> str:
        """The text of the output."""
        return profile_to_toml(profile)


def plan_calibration(
    *,
    frames: Sequence[str],
    output: str,
    darks: str | None,
    flats: str | None,
    chart: str | None,
    chart_linear: bool,
    sweep: str | None,
    update: str | None,
    name: str | None,
    base_iso: float | None,
    gain: float | None,
    black: float | None,
    white: float | None,
    cfa: str | None,
    json: str | None,
    force: bool,
) -> CalibrateRequest:
    """Checks every name and number; nothing is measured or written yet.

    Raises:
        InputError: an input does not exist, or the profile to update is none.
        OutputError: an output exists already, or cannot be written.
        UsageError: a number out of range, an empty name, or an output that is one of the inputs.
    """
    check_names("FRAMES", frames)
    place, json_place = place_name("--output", output), place_name("--json", json)
    assert place is not None
    if place.suffix.lower() != ".toml":
        raise UsageError(f"{place}: expected an output ending in .toml, found {place.suffix or 'no suffix'!r}")
    dark_place, flat_place = place_name("--darks", darks), place_name("--flats", flats)
    request = CalibrateRequest(
        frames=tuple(expand_inputs(frames)),
        output=place,
        settings=_settings(
            name=name, base_iso=base_iso, gain=gain, black=black, white=white, cfa=cfa, chart_linear=chart_linear
        ),
        darks=None if dark_place is None else tuple(expand_inputs([dark_place])),
        flats=None if flat_place is None else tuple(expand_inputs([flat_place])),
        chart=place_name("--chart", chart),
        sweep=place_name("--sweep", sweep),
        base=_base(update),
        json=json_place,
        force=force,
    )
    check_writable(place, force=force)
    inputs = [*request.frames, *(request.darks or ()), *(request.flats or ())]
    inputs += [] if request.chart is None else [request.chart]
    # The profile to update may be renewed in place, which --force says; figures may not take its place.
    profile = [] if not update else [Path(update)]
    tables = [] if request.sweep is None else list(request.sweep.glob("*"))
    for target, kept in ((place, inputs), (json_place, [*inputs, *tables, *profile])):
        if target is not None:
            check_not_input(target, kept)
    if json_place is not None:
        check_writable(json_place, force=force)
        if json_place.absolute() == place.absolute():
            raise UsageError(f"{json_place}: is both the output and the --json file; choose two names")
    return request


def _base(update: str | None) -> CameraProfile | None:
    if update is None:
        return None
    if not update:
        raise UsageError("--update: expected a profile or a built-in camera, found an empty name; check the variable")
    return read_profile(update)


def _settings(
    *,
    name: str | None,
    base_iso: float | None,
    gain: float | None,
    black: float | None,
    white: float | None,
    cfa: str | None,
    chart_linear: bool,
) -> CalibrationSettings:
    if name is not None and not name.strip():
        raise UsageError("--name: expected the camera's name, found an empty one; check the variable or the quotes")
    known = get_args(CfaName)
    if cfa is not None and cfa.upper() not in known:
        raise UsageError(f"--cfa: expected one of {' '.join(known)}; found {cfa!r}")
    try:
        assumed = Assumed(cfa=cfa.upper() if cfa else None, black_dn=black, white_dn=white)  # type: ignore[arg-type]
        return CalibrationSettings(name=name, base_iso=base_iso, gain=gain, assumed=assumed, chart_linear=chart_linear)
    except ContractError as error:
        raise UsageError(f"calibrate: {error}") from error
