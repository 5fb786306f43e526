"""Tells the user why the first run takes longer."""

from __future__ import annotations

import os
from pathlib import Path

from catchlight.cli.terminal import warn

# Measured on two cores of a laptop-class processor: all kernels that `develop` needs.
_SECONDS = 40


def told_first_run(*, quiet: bool) -> bool:
    """Whether the times of this run contain compiling, and the note about it, unless `quiet`."""
    note = first_run_note()
    if note and not quiet:
        warn(note)
    return note is not None


def first_run_note() -> str | None:
    """One line when no compiled kernel is cached yet, None otherwise or where that cannot be told.

    numba keeps compiled kernels (index files `*.nbi`) in NUMBA_CACHE_DIR, or else in `__pycache__` beside the sources.
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR", "")
    package = Path(__file__).parents[1]
    if not chosen and not os.access(package, os.W_OK):
        return None  # the cache is then in a place that only numba knows
    place, pattern = (Path(chosen), "**/*.nbi") if chosen else (package, "*/__pycache__/*.nbi")
    if any(place.glob(pattern)):
        return None
    return f"first run: compiling kernels, about {_SECONDS} s more, only this once"
