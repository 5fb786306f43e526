"""What `catchlight develop` was asked, checked before any work begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catchlight.camera.profile import read_profile
from catchlight.cli.new_folder import check_new_folder
from catchlight.cli.place_name import check_names, check_not_input, place_name
from catchlight.core import ContractError, UsageError
from catchlight.develop import look_named
from catchlight.io import WRITABLE_SUFFIXES, check_writable, expand_inputs
from catchlight.pipelines import DevelopSettings
from catchlight.pipelines.development import Engine, Render
from catchlight.pipelines.known_camera import KnownCamera
from catchlight.pipelines.report import REPORT_NAME

# The kinds of file that hold a gain map.
_GAIN_MAP_SUFFIXES = (".jpg", ".jpeg", ".heic", ".heif", ".avif")
# Linear light needs 16 bits: 8 or 10 leave too few steps for the shadows.
_DEEP_SUFFIXES = (".tif", ".tiff", ".png")


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopRequest:
    """One run of `catchlight develop`.

    Args:
        inputs: files, folders and globs.
        output: file, or a folder (it exists, or the name ends with a slash) that gets the reference's name and .jpg.
        output_is_folder: which of the two.
        settings: dials of the development.
        quality: 1…100 for JPEG, WebP, HEIC and AVIF.
        report: folder of the report; None for none.
        json: file of the record for machines; None for none.
        force: overwrite what exists.
    """

    inputs: tuple[Path, ...]
    output: Path
    output_is_folder: bool
    settings: DevelopSettings
    quality: int = 95
    report: Path | None = None
    json: Path | None = None
    force: bool = False

    def output_for(self, reference_name: str) -> Path:
        """The file to write when `reference_name` gives the geometry."""
        return self.output / f"{Path(reference_name).stem}.jpg" if self.output_is_folder else self.output

    @property
    def writes_raw(self) -> bool:
        """Whether the output is the merged RAW."""
        return self.output.suffix.lower() == ".dng" and not self.output_is_folder


def plan_request(
    *,
    inputs: Sequence[str],
    output: str,
    render: Render | None,
    reference: int | None,
    strict: bool,
    denoise: float,
    quality: int,
    look: str = "natural",
    dials: dict[str, float | None] | None = None,
    engine: Engine = "best",
    scale: float = 1.0,
    hdr: bool = True,
    camera: str | None = None,
    shading: bool = True,
    report: str | None,
    json: str | None,
    force: bool,
) -> DevelopRequest:
    """Checks every input name, dial and output place; nothing is read or written yet.

    Raises:
        InputError: an input does not exist, or the camera profile is none.
        OutputError: an output exists already, or cannot be written.
        UsageError: a dial out of range, an empty name, an unknown suffix, or an output that is one of the inputs.
    """
    check_names("INPUT", inputs)
    files = tuple(expand_inputs(inputs))
    path = place_name("--output", output)
    assert path is not None
    is_folder = path.is_dir() or output.endswith(("/", "\\"))
    request = DevelopRequest(
        inputs=files,
        output=path,
        output_is_folder=is_folder,
        settings=_settings(
            look,
            dials or {},
            reference=reference,
            strict=strict,
            denoise=denoise,
            engine=engine,
            scale=scale,
            camera=_camera(camera, shading=shading),
        ),
        quality=quality,
        report=place_name("--report", report),
        json=place_name("--json", json),
        force=force,
    )
    if not is_folder and path.suffix.lower() not in (*WRITABLE_SUFFIXES, ".dng"):
        known = " ".join((".dng", *WRITABLE_SUFFIXES))
        raise UsageError(f"{path}: expected an output ending in one of {known}; found {path.suffix or 'no suffix'!r}")
    rendering = _rendering(request, render)
    if reference is not None and not 0 <= reference < len(files):
        known = f"one of 0…{len(files) - 1} for {len(files)} frames" if len(files) > 1 else "0 for a single frame"
        raise UsageError(f"--reference is {known}; found {reference}")
    _check_outputs(request)
    holds_map = is_folder or path.suffix.lower() in _GAIN_MAP_SUFFIXES
    settings = replace(request.settings, render=rendering, gain_map=hdr and holds_map and rendering == "natural")
    return replace(request, settings=settings)


def _camera(given: str | None, *, shading: bool) -> KnownCamera | None:
    if given is None:
        return None
    if not given:
        raise UsageError("--camera: expected a profile or a built-in camera, found an empty name; check the variable")
    return KnownCamera(profile=read_profile(given), shading=shading)


def _settings(look: str, dials: dict[str, float | None], **others: Any) -> DevelopSettings:
    given = {name: value for name, value in dials.items() if value is not None}
    try:
        return DevelopSettings(look=replace(look_named(look), **given), **others)
    except ContractError as error:
        # The message begins with the name of the dial; the user knows it as an option.
        name, _, rest = str(error).partition(" ")
        raise UsageError(f"--{name.removesuffix('_ev')} {rest}") from error


def _rendering(request: DevelopRequest, asked: Render | None) -> Render:
    suffix = ".jpg" if request.output_is_folder else request.output.suffix.lower()
    if request.writes_raw:
        if asked is not None:
            raise UsageError(f"{request.output}: a .dng holds the merged RAW, undeveloped; leave --render out")
        # The report shows pictures, so they are made although the file holds none.
        return "natural" if request.report is not None else "mosaic"
    if asked == "linear" and suffix not in _DEEP_SUFFIXES:
        raise UsageError(f"--render linear needs 16 bits: choose an output ending in .tif or .png; found {suffix!r}")
    return asked or "natural"


def _check_outputs(request: DevelopRequest) -> None:
    outputs = _possible_outputs(request)
    if request.json is not None:
        outputs.append(request.json)
    for place in outputs:
        check_not_input(place, request.inputs)
    if request.output_is_folder and not request.output.exists():
        check_new_folder(request.output)
    else:
        for place in _possible_outputs(request):
            check_writable(place, force=request.force)
    if request.json is not None:
        check_writable(request.json, force=request.force)
        if request.json.absolute() in [place.absolute() for place in _possible_outputs(request)]:
            raise UsageError(f"{request.json}: is both the output and the --json file; choose two names")
    if request.report is not None:
        if request.report.exists():
            check_writable(request.report / REPORT_NAME, force=request.force)
        else:
            check_new_folder(request.report)


def _possible_outputs(request: DevelopRequest) -> list[Path]:
    """All files that may be written: the sharpest frame, which names the output in a folder, is not known yet."""
    files = request.inputs
    if not request.output_is_folder:
        return [request.output]
    chosen = files if request.settings.reference is None else files[request.settings.reference :][:1]
    return [request.output_for(file.name) for file in chosen]
