"""A program that develops RAW frames, as the benchmark calls it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.develop.peers.peer_run import PeerRun, last_line

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One method of the table.

    Args:
        name: what the table calls it.
        programs: executables that it needs, the main one first.
        frames: how many frames of the burst it uses; None for all.
        settings: how it is called, for whoever wants to repeat it.
        develop: from the frames of a run to a picture in linear light.
        version: arguments of the main program that make it tell its version.
        starts_fast: part of `--quick`.
    """

    name: str
    programs: tuple[str, ...]
    frames: int | None
    settings: str
    develop: Callable[[PeerRun], Picture]
    version: tuple[str, ...] = ("--version",)
    starts_fast: bool = True

    @property
    def missing(self) -> tuple[str, ...]:
        """Those of its programs that are not installed."""
        return tuple(program for program in self.programs if shutil.which(program) is None)

    @property
    def told_version(self) -> str:
        """What its main program says of itself; part of the benchmark's configuration."""
        return _version(self.programs[0], self.version) if self.programs and not self.missing else ""


@cache
def _version(program: str, arguments: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown version"
    lines = [line for line in done.stdout.decode(errors="replace").splitlines() if any(c.isdigit() for c in line)]
    return last_line(lines[0]) if lines else "unknown version"
