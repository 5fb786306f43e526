"""Noise at every gain of a set of frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from catchlight.camera import estimate_mosaic_noise
from catchlight.core import CfaPattern, InputError
from catchlight.measure.noise.photon_transfer import PhotonTransfer
from catchlight.measure.noise.static_noise import StaticNoise, static_noise
from catchlight.pipelines.calibration.frame_source import FrameSource
from catchlight.pipelines.calibration.gain_noise import GainNoise, doubts, gain_noise
from catchlight.pipelines.calibration.scene_groups import FrameNote, SceneGroup, scene_groups
from catchlight.pipelines.calibration.sensor_frame import SensorFrame, stacks
from catchlight.pipelines.stopwatch import Progress

# Frames of a scene that are in memory together; more are measured in several parts.
_TOGETHER = 8
# Darker than this, shot noise drowns in the read noise of many cameras.
_LEAST_LIGHT = 0.02
# Whether noise grows with light is known where its growth would be known to this part of the noise.
_LEAST_TOLD = 0.1
# A slope no better known than this is none: what stands there is chance.
_MOST_UNSURE = 0.5
_BAYER = ("RGGB", "BGGR", "GRBG", "GBRG")


def noise_of_frames(
    source: FrameSource, notes: Sequence[FrameNote], *, progress: Progress | None = None
) -> tuple[tuple[GainNoise, ...], list[str]]:
    """Noise by gain, from the differences between frames of one scene, and what is doubtful about it.

    A gain of which no scene was taken twice is estimated from the flat places of its first frame.

    Raises:
        InputError: frames of several kinds, or nothing that noise could be measured in.
    """
    groups = scene_groups(notes)
    warnings: list[str] = []
    by_gain: dict[float, list[SceneGroup]] = {}
    for group in groups:
        by_gain.setdefault(1.0 if group.gain is None else group.gain, []).append(group)
    result = []
    done = 0
    for gain in sorted(by_gain):
        found: list[StaticNoise] = []
        frames, alone, failures = 0, [], []
        for group in by_gain[gain]:
            done += 1
            if progress is not None:
                progress("noise of scene", done, len(groups))
            if len(group.members) < 2:
                alone.append(source.name(group.members[0]))
                continue
            try:
                found += _measured(source, group)
                frames += len(group.members)
            except InputError as error:
                failures.append((source.name(group.members[0]), error))
        iso = next((g.iso for g in by_gain[gain] if g.iso is not None), None)
        if found:
            warnings += [f"left out {name}: {error}" for name, error in failures]
            if alone:
                warnings.append(f"left out, as no other frame shows the same scene: {_names(alone)}")
            first = source.read(by_gain[gain][0].members[0])
            noise = gain_noise(found, gain=gain, iso=iso, frames=frames, coloured=first.cfa != "MONO")
            if noise.fit.shot == 0 or noise.fit.shot_se > _MOST_UNSURE * noise.fit.shot:
                raise InputError(_without_shot_noise(noise, source.name(by_gain[gain][0].members[0])))
            warnings += doubts(noise, found, least_read=first.rounding)
        elif failures:
            raise InputError(f"{failures[0][0]}: {failures[0][1]}")
        else:
            noise = _from_one(source.read(by_gain[gain][0].members[0]), gain=gain, iso=iso, frames=len(alone))
            warnings.append(
                f"gain {gain:g}: no two frames show the same scene, so the noise is a guess from flat places of "
                f"{alone[0]}; give two frames of each scene from a tripod"
            )
        result.append(noise)
    return tuple(result), warnings


def _without_shot_noise(noise: GainNoise, name: str) -> str:
    if noise.fit.brightest < _LEAST_LIGHT:
        return f"{name}: frames with light are expected, found dark ones only; give these as --darks, beside flats"
    if noise.fit.shot_limit * noise.fit.brightest > _LEAST_TOLD * noise.fit.read:
        return (
            f"{name}: one level of light does not tell shot from read noise; give frames of several levels, or --darks"
        )
    return (
        f"{name}: noise that grows with the light is expected, found noise that does not, as behind a tone curve; give "
        "RAW files, or linear ones"
    )


def _measured(source: FrameSource, group: SceneGroup) -> list[StaticNoise]:
    members = list(group.members)
    parts = [members[i : i + _TOGETHER] for i in range(0, len(members), _TOGETHER)]
    if len(parts) > 1 and len(parts[-1]) < 2:
        parts[-2:] = [parts[-2] + parts[-1]]
    found = []
    for part in parts:
        frames = [source.read(i) for i in part]
        found.append(static_noise(stacks(frames), tile_px=frames[0].tile_px))
    return found


def _from_one(frame: SensorFrame, *, gain: float, iso: float | None, frames: int) -> GainNoise:
    """A guess from the flat places of one Bayer frame."""
    if frame.cfa not in _BAYER:
        raise InputError(
            f"{frame.name}: no two frames show the same scene at the same setting; give two of each, from a tripod"
        )
    values = np.empty(frame.shape, np.float32)
    pattern = CfaPattern(name=frame.cfa)
    for (_, plane), (_, black, samples) in zip(pattern.planes, frame.planes(), strict=True):
        values[plane] = (samples.astype(np.float32) - np.float32(black)) * np.float32(1 / frame.range_dn)
    model = estimate_mosaic_noise(values, pattern)
    unknown = PhotonTransfer(
        shot=float(np.mean(model.shot)),
        read=float(np.mean(model.read)),
        shot_se=float("inf"),
        read_se=float("inf"),
        shot_limit=float("inf"),
        read_limit=float("inf"),
        curvature=0.0,
        curvature_se=0.0,
        samples=values.size,
        darkest=float(np.percentile(values, 1)),
        brightest=float(np.percentile(values, 99)),
    )
    red, green, blue = (replace(unknown, shot=model.shot[c], read=model.read[c]) for c in range(3))
    return GainNoise(
        gain=gain,
        iso=iso,
        frames=1,
        scenes=1,
        fit=unknown,
        colours=(red, green, blue),
        row=0.0,
        row_se=float("inf"),
        used=1.0,
        method="flat places of one frame",
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
