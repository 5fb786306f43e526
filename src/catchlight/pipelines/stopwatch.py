"""Adds up the seconds that named stages take and tells whoever listens what is being done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]


class Stopwatch:
    """`with watch("merge", 3, 8):` adds to the stage's seconds and reports step 3 of 8 to `progress`."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str, done: int = 0, total: int = 0) -> Iterator[None]:
        """Times the block and adds it to `stage`."""
        if self._progress is not None:
            self._progress(stage, done, total)
        start = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + time.perf_counter() - start

    @property
    def timings_s(self) -> tuple[tuple[str, float], ...]:
        """(stage, seconds) in the order of their first start."""
        return tuple(self._seconds.items())
