"""Frames of one's own camera → its profile: what `catchlight calibrate` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from catchlight.camera.profile import CameraProfile
from catchlight.core import InputError
from catchlight.measure.noise.dark_signal import DarkSignal, dark_signal
from catchlight.measure.noise.flat_field import FlatField, flat_field
from catchlight.pipelines.calibration.calibration import Calibration, CalibrationSettings
from catchlight.pipelines.calibration.chart_sharpness import chart_sharpness
from catchlight.pipelines.calibration.focus_sweep import focus_sweep
from catchlight.pipelines.calibration.frame_source import FrameSource, Inputs, frame_source
from catchlight.pipelines.calibration.noise_of_frames import noise_of_frames
from catchlight.pipelines.calibration.profile_of import profile_of, with_patterns
from catchlight.pipelines.calibration.scene_groups import FrameNote, scene_groups
from catchlight.pipelines.calibration.sensor_frame import SensorFrame, stacks
from catchlight.pipelines.stopwatch import Progress

_TOGETHER = 16
# A measured black level that differs from the stated one by less than this is the stated one.
_BLACK_TOLERANCE_DN = 0.25
_USUAL_BASE_ISO = 100.0
# A level of no light fewer deviations above 0 than this is the mean of what a cut at 0 has left.
_CUT_SIGMAS = 3.0


def calibrate(
    frames: Inputs,
    settings: CalibrationSettings | None = None,
    *,
    darks: Inputs | None = None,
    flats: Inputs | None = None,
    chart: Path | None = None,
    sweep: Path | None = None,
    base: CameraProfile | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Measures a camera from its own frames.

    Noise: from two or more frames of every scene, which may be flats of several levels or anything that holds still;
    frames of several gains are sorted. Darks take part in the noise of their gain.

    Args:
        frames: files, folders and globs, or pictures in memory.
        settings: dials; None for the defaults.
        darks: frames without light: black level, hot photosites, read noise.
        flats: frames of an evenly lit field, out of focus: shading, photosites that answer wrongly.
        chart: a picture of slanted edges: sharpness over the field.
        sweep: folder of a focus sweep: dual-pixel slope, lens map.
        base: a profile whose other parts are kept.
        progress: called as progress(stage, step, steps).

    Raises:
        InputError: nothing that noise could be measured in, or frames that do not belong together.
    """
    settings = settings or CalibrationSettings()
    base_iso = settings.base_iso or (base.sensor.base_iso if base else _USUAL_BASE_ISO)

    def sourced(inputs: Inputs) -> FrameSource:
        return frame_source(inputs, assumed=settings.assumed, base_iso=base_iso, gain=settings.gain)

    source, dark_source = sourced(frames), None if darks is None else sourced(darks)
    first, notes, warnings = _read(source, progress)
    notes = _without_copies(notes, warnings)
    dark_results: list[tuple[float, DarkSignal]] = []
    joined = source
    if dark_source is not None:
        dark_first, dark_notes, told = _read(dark_source, progress, dark=True)
        _require_alike(first, dark_first)
        warnings += told
        dark_results = _darks(dark_source, dark_notes)
        black_dn = _black([d for _, d in dark_results], first, warnings)
        first = first if black_dn is None else replace(first, black_dn=black_dn)
        joined = replace(source, sources=[*source.sources, *dark_source.sources], black_dn=black_dn)
        shifted = [replace(n, index=n.index + len(source)) for n in dark_notes]
        known = {_gain(n) for n in notes}
        others = sorted({_gain(n) for n in dark_notes} - known)
        if others:
            warnings.append(f"darks of gains without frames are used for defects only: {_gains(others)}")
        # Darks may lie among the frames too: that is no news.
        notes = _without_copies([*notes, *(n for n in shifted if _gain(n) in known)], [])
    gains, doubtful = noise_of_frames(joined, notes, progress=progress)
    warnings += doubtful
    flat = None
    if flats is not None:
        flat = _flat(replace(sourced(flats), black_dn=joined.black_dn), first, warnings, progress)
    profile = profile_of(first, gains, settings, base, base_iso=base_iso)
    profile = with_patterns(profile, dark_results, flat, first, warnings)
    edges = None if chart is None else chart_sharpness(chart, linear=settings.chart_linear)
    if edges is not None:
        warnings += edges.warnings
        profile = replace(profile, sharpness=edges.sharpness)
    swept = None if sweep is None else focus_sweep(sweep, base=base)
    if swept is not None:
        warnings += swept.warnings
        profile = replace(
            profile,
            dual_pixel=swept.dual_pixel or profile.dual_pixel,
            lens_map=swept.lens_map or profile.lens_map,
        )
    return Calibration(
        profile=profile,
        gains=gains,
        darks=tuple(d for _, d in dark_results),
        flat=flat,
        chart=edges,
        sweep=swept,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read(
    source: FrameSource, progress: Progress | None, *, dark: bool = False
) -> tuple[SensorFrame, list[FrameNote], list[str]]:
    """The first frame, a note of every frame, and what was assumed of them."""
    notes: list[FrameNote] = []
    first: SensorFrame | None = None
    assumed: dict[str, None] = {}
    brightest = 0
    for frame, note in source.notes():
        if progress is not None:
            progress("read", note.index + 1, len(source))
        first = frame if first is None else first
        assumed |= dict.fromkeys(frame.assumed)
        brightest = max(brightest, int(frame.samples.max()))
        notes.append(note)
    assert first is not None
    warnings = [f"the files do not tell all; assumed: {', '.join(assumed)}"] if assumed else []
    if not dark and any(note.startswith("white") for note in assumed) and brightest < first.white_dn / 4:
        warnings.append(
            f"the brightest sample is {brightest} of {first.white_dn:g}: is the white level right? (--white)"
        )
    if any(n.gain is None for n in notes):
        warnings.append("the files tell no ISO speed: gain 1 is taken (--gain says another)")
    return first, notes, warnings


def _without_copies(notes: Sequence[FrameNote], warnings: list[str]) -> list[FrameNote]:
    """One note of every content: copies of a frame have no noise between them."""
    seen: dict[bytes, FrameNote] = {}
    copies = [n for n in notes if n.digest and seen.setdefault(n.digest, n) is not n]
    if copies:
        names = ", ".join(n.name for n in copies[:3])
        more = f" and {len(copies) - 3} more" if len(copies) > 3 else ""
        warnings.append(f"left out, as their content is that of other frames: {names}{more}")
    left_out = {n.index for n in copies}
    return [n for n in notes if n.index not in left_out]


def _gain(note: FrameNote) -> float:
    return 1.0 if note.gain is None else note.gain


def _gains(values: Sequence[float]) -> str:
    return ", ".join(f"{v:g}" for v in values)


def _require_alike(first: SensorFrame, other: SensorFrame) -> None:
    mine, theirs = ((f.layout_name, f"{f.shape[1]}×{f.shape[0]}") for f in (first, other))
    for a, b in zip(mine, theirs, strict=True):
        if a != b:
            raise InputError(f"frames of one camera mode are expected: {first.name} is {a}, {other.name} is {b}")


def _darks(source: FrameSource, notes: Sequence[FrameNote]) -> list[tuple[float, DarkSignal]]:
    results = []
    for group in scene_groups(notes):
        if group.level > 0.25:
            raise InputError(
                f"{source.name(group.members[0])}: a dark frame is expected, found {group.level:.0%} of white; put "
                "the cap on"
            )
        frames = [source.read(i) for i in group.members[:_TOGETHER]]
        gain = 1.0 if group.gain is None else group.gain
        results.append((gain, dark_signal(stacks(frames), exposure_s=group.exposure_s)))
    return results


def _black(darks: Sequence[DarkSignal], first: SensorFrame, warnings: list[str]) -> tuple[float, ...] | None:
    """The black level of each site where darks show another than the files state: that of the shortest exposure."""
    shortest = min(darks, key=lambda d: d.exposure_s or 0.0)
    stated = sum(first.black_dn) / len(first.black_dn)
    spread_dn = float(np.sqrt(shortest.read)) * first.range_dn
    if stated == 0 and shortest.mean_black_dn < _CUT_SIGMAS * spread_dn:
        warnings.append(
            "the files have black at 0, which cuts the dark half of the noise off: the darks tell defects, neither "
            "black level nor read noise"
        )
        return None
    off = max(abs(found - told) for found, told in zip(shortest.black_dn, first.black_dn, strict=True))
    if off <= _BLACK_TOLERANCE_DN:
        return None
    warnings.append(
        f"the darks lie at {shortest.mean_black_dn:.2f} DN where the files state a black level of {stated:g}; the "
        "profile has what was measured"
    )
    return shortest.black_dn


def _flat(source: FrameSource, first: SensorFrame, warnings: list[str], progress: Progress | None) -> FlatField:
    """The flat field of the brightest group that is not clipped."""
    flat_first, notes, told = _read(source, progress)
    _require_alike(first, flat_first)
    warnings += told
    groups = sorted(scene_groups(notes), key=lambda g: -g.level)
    failure: InputError | None = None
    for group in groups:
        try:
            return flat_field(stacks([source.read(i) for i in group.members[:_TOGETHER]]))
        except InputError as error:
            failure = failure or InputError(f"{source.name(group.members[0])}: {error}")
    assert failure is not None
    raise failure
