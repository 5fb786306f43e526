"""Names of files and folders as they were typed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from catchlight.core import UsageError
from catchlight.io import same_file


def place_name(option: str, given: str | None) -> Path | None:
    """The path meant by an option; None where it was not given.

    Raises:
        UsageError: an empty name (a path would take it for the working folder), or `-`.
    """
    if given is None:
        return None
    check_names(option, [given])
    if given == "-":
        raise UsageError(f"{option} -: results go to files, not to standard output; name a file")
    return Path(given)


def check_names(what: str, given: Iterable[str]) -> None:
    """Raises UsageError for an empty name among the inputs; `what` is how the help calls them."""
    if not all(given):
        raise UsageError(f"{what}: expected a file or folder, found an empty name; check the variable or the quotes")


def check_not_input(place: Path, inputs: Iterable[Path]) -> None:
    """Raises UsageError where an output is one of the inputs."""
    if any(same_file(place, file) for file in inputs):
        raise UsageError(f"{place}: is one of the inputs, which are never overwritten; choose another name")
