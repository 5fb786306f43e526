"""The frames given to `calibrate`, read when they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from catchlight.core import Frame, InputError, RawFrame, UsageError
from catchlight.io import expand_inputs
from catchlight.pipelines.calibration.scene_groups import FrameNote, note_of
from catchlight.pipelines.calibration.sensor_frame import Assumed, SensorFrame, read_sensor_frame

Inputs = str | Path | Sequence[str | Path] | Sequence[RawFrame | Frame]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameSource:
    """Frames by index, from files or from memory; only those in use are held.

    Args:
        sources: files, or pictures that are in memory.
        assumed: what files that do not tell are taken for.
        base_iso: ISO speed at gain 1.
        gain: gain of frames that do not tell theirs.
        black_dn: measured black level of each site, in place of the files' own; None for those.
    """

    sources: Sequence[Path | RawFrame | Frame]
    assumed: Assumed
    base_iso: float
    gain: float | None
    black_dn: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.sources)

    def name(self, index: int) -> str:
        """File name, or number of a frame in memory."""
        source = self.sources[index]
        return source.name if isinstance(source, Path) else f"frame {index}"

    def read(self, index: int) -> SensorFrame:
        """One frame."""
        frame = read_sensor_frame(self.sources[index], name=self.name(index), assumed=self.assumed)
        return frame if self.black_dn is None else replace(frame, black_dn=self.black_dn)

    def gain_of(self, frame: SensorFrame) -> float | None:
        """Gain against base sensitivity; None where neither the file nor the user tells."""
        if frame.analog_gain is not None:
            return frame.analog_gain
        iso = frame.metadata.iso
        return iso / self.base_iso if iso is not None else self.gain

    def notes(self) -> Iterator[tuple[SensorFrame, FrameNote]]:
        """Every frame once, with its note."""
        for index in range(len(self)):
            frame = self.read(index)
            yield frame, note_of(frame, index, gain=self.gain_of(frame))


def frame_source(inputs: Inputs, *, assumed: Assumed, base_iso: float, gain: float | None) -> FrameSource:
    """Files, folders and globs, or pictures in memory, as one source.

    Raises:
        InputError: nothing is there.
        UsageError: files and pictures mixed.
    """
    if isinstance(inputs, str | Path):
        inputs = [inputs]
    if len(inputs) == 0:
        raise InputError("expected frames to calibrate from, found none; name files, a folder or a pattern")
    paths = [item for item in inputs if isinstance(item, str | Path)]
    if paths and len(paths) < len(inputs):
        raise UsageError("the frames are either files or pictures in memory; found both")
    sources: Sequence[Path | RawFrame | Frame] = expand_inputs(paths) if paths else list(inputs)  # type: ignore[arg-type]
    return FrameSource(sources=sources, assumed=assumed, base_iso=base_iso, gain=gain)
