"""Which frames show the same still scene at the same setting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import cv2
import numpy as np
from jaxtyping import Float64

from catchlight.core import InputError
from catchlight.pipelines.calibration.sensor_frame import SensorFrame

# Cells along each side of the small picture that frames are told apart by.
_CELLS = 8
# Frames of one scene differ by less than this share in every cell, once their brightness is brought together ...
_MOST_DIFFERENT = 0.15
# ... and by less than this in brightness: lamps flicker by a few percent. What the files tell allows for more.
_MOST_FLICKER, _TOLD_FLICKER = 0.12, 0.2
_SIGMAS = 6.0
# Black levels that differ by less than this share of the range are of one setting.
_MOST_WANDER = 0.005


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameNote:
    """What is kept of a frame while the frames are sorted.

    Args:
        index: its place in the input.
        name: file name.
        kind: layout and size, in words.
        camera: make and model; empty when the file does not tell.
        digest: of layout and samples, equal for copies of one frame; empty for one without any noise, clipped say.
        levels: black levels and white.
        gain: gain against base sensitivity; None when the file does not tell.
        iso: ISO speed; None when unknown.
        exposure_s: exposure time; None when unknown.
        cells: mean signal of each cell of each plane, normalised.
        error: standard deviation that noise gives such a mean.
    """

    index: int
    name: str
    kind: tuple[str, str]
    camera: str
    digest: bytes
    levels: tuple[float, ...]
    gain: float | None
    iso: float | None
    exposure_s: float | None
    cells: Float64[np.ndarray, "planes cells"]
    error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneGroup:
    """Frames of one scene, one gain and one exposure.

    Args:
        members: their places in the input.
        gain: their gain; None when unknown.
        iso: their ISO speed; None when unknown.
        exposure_s: their exposure; None when unknown.
        level: mean signal, normalised.
    """

    members: tuple[int, ...]
    gain: float | None
    iso: float | None
    exposure_s: float | None
    level: float


def note_of(frame: SensorFrame, index: int, *, gain: float | None) -> FrameNote:
    """The note of one frame."""
    cells, errors = [], []
    for _, black, plane in frame.planes():
        values = (plane.astype(np.float32) - np.float32(black)) * np.float32(1 / frame.range_dn)
        size = (min(_CELLS, values.shape[1]), min(_CELLS, values.shape[0]))
        cells.append(cv2.resize(values, size, interpolation=cv2.INTER_AREA).ravel().astype(np.float64))
        # Differences of neighbours: noise and texture, so rather too large.
        spread = float(np.square(np.diff(values[::2], axis=1)).mean()) / 2
        errors.append(np.sqrt(spread * cells[-1].size / values.size))
    h, w = frame.shape
    return FrameNote(
        index=index,
        name=frame.name,
        kind=(frame.layout_name, f"{w}×{h}"),
        camera=frame.camera,
        digest=_digest(frame),
        levels=(*frame.black_dn, frame.white_dn),
        gain=gain,
        iso=frame.metadata.iso,
        exposure_s=frame.metadata.exposure_s,
        cells=np.stack(cells),
        error=float(np.mean(errors)),
    )


def _digest(frame: SensorFrame) -> bytes:
    if frame.samples.min() == frame.samples.max():
        return b""
    digest = sha256(frame.layout_name.encode())
    digest.update(np.ascontiguousarray(frame.samples).data)
    return digest.digest()


def scene_groups(notes: Sequence[FrameNote]) -> tuple[SceneGroup, ...]:
    """Sorts frames by gain, exposure and content, in the order in which they first appear.

    Frames that tell neither gain nor exposure are sorted by content alone.

    Raises:
        InputError: frames of different size, layout, white level or camera, naming two of them.
    """
    if not notes:
        raise InputError("expected frames to calibrate from, found none; name files, a folder or a pattern")
    first = notes[0]
    for note in notes[1:]:
        for mine, other in zip(first.kind, note.kind, strict=True):
            if mine != other:
                raise InputError(
                    f"the frames are not of one camera mode: {first.name} is {mine}, {note.name} is {other}; "
                    "calibrate them separately"
                )
        if note.levels[-1] != first.levels[-1]:
            raise InputError(
                f"the frames are not of one camera mode: {first.name} has white at {first.levels[-1]:g}, "
                f"{note.name} at {note.levels[-1]:g}; calibrate them separately"
            )
    told = [n for n in notes if n.camera]
    for note in told:
        if note.camera != told[0].camera:
            raise InputError(
                f"the frames are of two cameras: {told[0].name} is of {told[0].camera}, {note.name} of {note.camera}; "
                "calibrate them separately"
            )
    groups: list[list[FrameNote]] = []
    for note in notes:
        home = next((g for g in groups if _same_scene(g[0], note)), None)
        if home is None:
            groups.append([note])
        else:
            home.append(note)
    return tuple(
        SceneGroup(
            members=tuple(n.index for n in group),
            gain=group[0].gain,
            iso=group[0].iso,
            exposure_s=group[0].exposure_s,
            level=float(np.mean([n.cells.mean() for n in group])),
        )
        for group in groups
    )


def _same_scene(first: FrameNote, other: FrameNote) -> bool:
    if (first.gain, first.exposure_s) != (other.gain, other.exposure_s):
        return False
    # Some phones measure the black level anew for every frame.
    wander = _MOST_WANDER * (first.levels[-1] - min(first.levels[:-1]))
    if max(abs(a - b) for a, b in zip(first.levels, other.levels, strict=True)) > wander:
        return False
    told = first.gain is not None and first.exposure_s is not None
    a, b = first.cells, other.cells
    noise = _SIGMAS * (first.error + other.error)
    mean_a, mean_b = float(a.mean()), float(b.mean())
    flicker = (_TOLD_FLICKER if told else _MOST_FLICKER) * max(mean_a, mean_b, 0.0)
    if abs(mean_a - mean_b) > flicker + noise / np.sqrt(a.size):
        return False
    ratio = mean_b / mean_a if mean_a > 0 and mean_b > 0 else 1.0
    allowed = _MOST_DIFFERENT * np.maximum(a, b).clip(min=0.1 * max(mean_a, mean_b, 0.0)) + noise
    return bool((np.abs(b - ratio * a) <= allowed).mean() > 0.9)
