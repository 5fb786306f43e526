"""One program at work on one burst: its files, its time and its memory."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import CatchlightError
from catchlight.evaluate.develop.peers import measured_process

_LOG_NAME = "log.txt"
_LONGEST_REASON = 160


class PeerError(CatchlightError):
    """A program failed, took too long or wrote nothing; the message is the reason in one line."""


@dataclass(slots=True, kw_only=True)
class PeerRun:
    """A scratch folder with the frames, and what the programs have used so far.

    Args:
        frames: RAW files in the order of the burst; the first gives the geometry.
        folder: scratch, of this run alone.
        limit_s: seconds for all programs of the run together.
        seconds: that they have taken.
        processor_s: processor time of all their threads, which other work on the machine disturbs least.
        peak_mb: resident memory of the largest process so far.
    """

    frames: Sequence[Path]
    folder: Path
    limit_s: float
    seconds: float = 0.0
    processor_s: float = 0.0
    peak_mb: float = 0.0

    def call(self, *command: str | Path, own_settings: bool = True, allowed: Sequence[int] = (0,)) -> str:
        """Runs a program in the scratch folder and returns what it printed.

        Args:
            command: program and arguments.
            own_settings: with an empty home folder, so that a user's own settings neither matter nor change.
            allowed: exit codes that are no failure.

        Raises:
            PeerError: it failed, or the time is over.
        """
        program = Path(command[0]).name
        left = self.limit_s - self.seconds
        if left <= 0:
            raise PeerError(f"took more than {self.limit_s:.0f} s")
        log = self.folder / _LOG_NAME
        launcher = [sys.executable, "-I", "-S", str(measured_process.__file__), str(left), str(log)]
        environment = self._environment() if own_settings else None
        done = subprocess.run(
            [*launcher, *map(str, command)],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise PeerError(f"{program} could not be measured")
        used = json.loads(done.stdout)
        self.seconds += used["seconds"]
        self.processor_s += used["processor_s"]
        self.peak_mb = max(self.peak_mb, used["peak_kb"] / 1024)
        said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
        if used["late"]:
            raise PeerError(f"took more than {self.limit_s:.0f} s")
        if used["code"] not in allowed:
            raise PeerError(f"{program} ended with {used['code']}: {last_line(said)}")
        return said

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Counts the time of what this process does itself, such as a mean of files."""
        start, before = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - start
        self.processor_s += time.process_time() - before

    def _environment(self) -> Mapping[str, str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        places = {name: str(home / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
        for place in places.values():
            Path(place).mkdir(exist_ok=True)
        return {**os.environ, "HOME": str(home), "LC_ALL": "C.UTF-8", **places}


def last_line(text: str) -> str:
    """The last line that says something, short and without control characters."""
    lines = [re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x1f]", "", line).strip() for line in re.split(r"[\r\n]+", text)]
    said = [line for line in lines if line and "progress" not in line]
    return said[-1][:_LONGEST_REASON] if said else "it said nothing"
