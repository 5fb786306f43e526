"""The name of an output file or folder as it was typed."""

from __future__ import annotations

from pathlib import Path

from catchlight.core import UsageError


def place_name(option: str, given: str | None) -> Path | None:
    """The path meant by an option; None where it was not given.

    Raises:
        UsageError: an empty name (a path would take it for the working folder), or `-`.
    """
    if given is None:
        return None
    if not given:
        raise UsageError(f"{option}: expected a file or folder, found an empty name; check the variable or the quotes")
    if given == "-":
        raise UsageError(f"{option} -: results go to files, not to standard output; name a file")
    return Path(given)
