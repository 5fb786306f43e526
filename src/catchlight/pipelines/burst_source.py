"""The frames of a burst, read one at a time and one or two ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from catchlight.core import CatchlightError, Frame, InputError, RawFrame
from catchlight.io import read_picture
from catchlight.pipelines.known_camera import KnownCamera

Picture = RawFrame | Frame
Source = Path | RawFrame | Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A frame that was left out, and why."""

    name: str
    reason: str


@dataclass(slots=True)
class BurstSource:
    """Pictures by index, from files or from memory; unreadable ones are left out unless `strict`.

    Only the picture in use and the next one or two are in memory.

    Args:
        sources: paths, or pictures that are in memory (any sequence; it may make them when asked).
        strict: raise at the first unreadable file instead of leaving it out.
        camera: what is known of the camera that took the RAW frames.
    """

    sources: Sequence[Source]
    strict: bool = False
    camera: KnownCamera | None = None
    skipped: dict[int, Skipped] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sources)

    def name(self, index: int) -> str:
        """File name, or the number of a frame that came from memory."""
        source = self.sources[index] if not self._in_memory else None
        return source.name if isinstance(source, Path) else f"frame {index}"

    @property
    def _in_memory(self) -> bool:
        # A simulated burst makes its frames when asked, so only lists of paths are looked into for names.
        return not (isinstance(self.sources, list | tuple) and any(isinstance(s, Path) for s in self.sources))

    def read(self, index: int) -> Picture:
        """One picture; raises what reading raises."""
        source = self.sources[index]
        picture = read_picture(source) if isinstance(source, Path) else source
        return self.camera.seen(picture) if self.camera is not None and isinstance(picture, RawFrame) else picture

    def stream(self, indices: Iterable[int], *, ahead: int = 1) -> Generator[tuple[int, Picture], None, None]:
        """The pictures of `indices` in that order, those left out excepted, `ahead` of them being read meanwhile."""
        wanted = deque(i for i in indices if i not in self.skipped)
        reading: deque[tuple[int, Future[Picture]]] = deque()
        with ThreadPoolExecutor(ahead, thread_name_prefix="read") as reader:
            while wanted or reading:
                while wanted and len(reading) <= ahead:
                    index = wanted.popleft()
                    reading.append((index, reader.submit(self.read, index)))
                index, future = reading.popleft()
                try:
                    ready = [future.result()]
                except CatchlightError as error:
                    self._leave_out(index, error)
                    continue
                finally:
                    del future
                # Handed out and not kept: who asked decides how long a picture lives.
                yield index, ready.pop()

    def leave_out(self, index: int, reason: str) -> None:
        """Leaves a frame out from now on; the reason begins with its name."""
        self.skipped[index] = Skipped(name=self.name(index), reason=reason)

    def _leave_out(self, index: int, error: CatchlightError) -> None:
        if self.strict or len(self) == 1:
            raise error
        self.leave_out(index, str(error))
        if len(self.skipped) == len(self):
            raise InputError(f"none of the {len(self)} frames can be read; the last: {error}")


Kinship = tuple[str, str, str]


def kinship(picture: Picture) -> Kinship:
    """What the frames of one burst share: layout, size and camera, in words."""
    h, w = picture.shape
    camera = f"{picture.metadata.make} {picture.metadata.model}".strip() or "unknown camera"
    layout = f"{picture.cfa.name} RAW" if isinstance(picture, RawFrame) else "RGB"
    return layout, f"{w}×{h}", camera


def require_same_kind(first: Kinship, first_name: str, other: Kinship, other_name: str) -> None:
    """Raises InputError, naming both frames, when they cannot be of one burst."""
    for mine, theirs in zip(first, other, strict=True):
        if mine != theirs:
            raise InputError(
                f"the frames do not belong to one burst: {first_name} is {mine}, {other_name} is {theirs}; "
                "develop them separately"
            )
