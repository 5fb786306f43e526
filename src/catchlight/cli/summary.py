"""What a development did, in two lines for people and in JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from catchlight import __version__
from catchlight.cli.request import DevelopRequest
from catchlight.core.units import db_from_ratio
from catchlight.io import atomic_output
from catchlight.pipelines import Development, FrameRecord
from catchlight.pipelines.burst_source import Skipped
from catchlight.pipelines.geometry import centre_shift_px, stored_shape
from catchlight.pipelines.report import REPORT_NAME

# A frame below this mean weight gave next to nothing; the user should know.
_LITTLE_TRUST = 0.25


def summary_lines(
    development: Development, place: Path, request: DevelopRequest, *, first_run: bool = False
) -> list[str]:
    """One or two lines: what was written from what, and where the report is."""
    shape = stored_shape(development) if development.frame is None else development.frame.shape
    if development.frame is None and development.camera_rgb is not None:
        shape = development.camera_rgb.shape[:2]
    size = f"{shape[1]}×{shape[0]}"
    seconds = sum(s for _, s in development.timings_s)
    if development.records:
        frames = len(development.records) + 1
        done = f"{frames} frames merged, {_noise_in_words(noise_reduction_db(development))} expected, reference"
    else:
        done = "one frame, written as RAW," if request.writes_raw else "one frame developed,"
    time = f"{seconds:.1f} s{' (includes compiling, first run only)' if first_run else ''}"
    lines = [f"{place}: {size}, {done} {development.reference_name}, {time}"]
    if request.report is not None:
        lines.append(f"report: {request.report / REPORT_NAME}")
    return lines


def warning_lines(development: Development) -> list[str]:
    """What the user should know of single frames: which were left out, and which gave next to nothing."""
    lines = _left_out(development.skipped)
    lines += development.notes
    # A longer exposure is full where the scene is bright: that is no fault of its own.
    little = [
        f"{r.name} ({r.trust:.0%})" for r in development.records if r.trust < _LITTLE_TRUST and r.brightness > 0.7
    ]
    if little:
        lines.append(f"hardly used, as little of the picture agrees with the reference: {_names(little)}")
    return lines


def noise_reduction_db(development: Development) -> float:
    """By how much merging lowers the noise variance, as the noise model expects."""
    return db_from_ratio(1.0 / max(development.share, 1e-6))


def record(
    development: Development, request: DevelopRequest, place: Path, *, first_run: bool = False
) -> dict[str, object]:
    """The content of the `--json` file.

    Keys: `catchlight` (version), `output` (path), `settings` (dials), `frames` (for each merged frame in input order:
    `name`, `index` in the input, `reference`, `rotation_deg` and `shift_px` [dx, dy] of the stored picture's centre
    against the reference, `trust` 0…1, `brightness` (factor to the reference's exposure), `correlation`), `skipped`
    (`name`, `reason`), `notes` (what was found odd, in words), `noise` (`shot`, `read` for red, green, blue: variance
    = shot · signal + read of one frame, black 0, white 1), `noise_from` (file, settings, camera profile or estimate),
    `share` (of that variance left after merging, by that model), `noise_reduction_db` (−10 log10 share), `timings_s`
    (by stage), `first_run` (they contain compiling).
    """
    camera = request.settings.camera
    settings = asdict(replace(request.settings, camera=None))
    settings["look"] = asdict(request.settings.look)
    settings["camera"] = None if camera is None else camera.profile.name
    settings["shading"] = camera is not None and camera.shading and camera.profile.shading is not None
    reference = {
        "name": development.reference_name,
        "index": development.reference_index,
        "reference": True,
        "rotation_deg": 0.0,
        "shift_px": [0.0, 0.0],
        "trust": 1.0,
        "brightness": 1.0,
        "correlation": 1.0,
    }
    others = [_frame(development, r) for r in development.records]
    return {
        "catchlight": __version__,
        "output": str(place),
        "settings": settings,
        "frames": sorted([reference, *others], key=lambda f: f["index"]),  # type: ignore[arg-type,return-value]
        "skipped": [{"name": s.name, "reason": s.reason} for s in development.skipped],
        "notes": list(development.notes),
        "noise": {"shot": list(development.noise.shot), "read": list(development.noise.read)},
        "noise_from": development.noise_from,
        "share": development.share,
        "noise_reduction_db": noise_reduction_db(development),
        "timings_s": dict(development.timings_s),
        "first_run": first_run,
    }


def write_record(
    path: Path, development: Development, request: DevelopRequest, place: Path, *, first_run: bool = False
) -> None:
    """Writes `record` as JSON, whole or not at all."""
    text = json.dumps(record(development, request, place, first_run=first_run), indent=2, ensure_ascii=False)
    with atomic_output(path, force=request.force) as temporary:
        # Bytes of a name that are no text become \udcXX, which JSON reads.
        temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def _frame(development: Development, of: FrameRecord) -> dict[str, object]:
    shift = centre_shift_px(of.alignment, stored_shape(development))
    return {
        "name": of.name,
        "index": of.index,
        "reference": False,
        "rotation_deg": of.alignment.rotation_deg,
        "shift_px": [round(v, 3) for v in shift],
        "trust": of.trust,
        "brightness": of.brightness,
        "correlation": of.alignment.correlation,
    }


def _noise_in_words(less_db: float) -> str:
    """Most of a bracket's brightest frame may be clipped: what takes its place has more noise."""
    return f"{abs(less_db):.1f} dB {'less' if less_db > -0.05 else 'more'} noise"


def _left_out(skipped: Sequence[Skipped]) -> list[str]:
    """A line for each reason, which may be that of many frames."""
    alike: dict[str, list[str]] = {}
    for frame in skipped:
        name, _, reason = frame.reason.partition(": ")
        alike.setdefault(reason, []).append(name)
    # A name that holds a colon and a space only makes lines of its own.
    return [
        f"left out {_names(names)}: {reason}" if reason else f"left out {names[0]}" for reason, names in alike.items()
    ]


def _names(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
