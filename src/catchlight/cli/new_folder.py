"""Folders for results that are gone again where no result came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catchlight.core import OutputError
from catchlight.io import check_writable


def check_new_folder(folder: Path) -> None:
    """Fails now, before any work, where `new_folder` would fail.

    Raises:
        OutputError: what should hold it is a file, or cannot be written to.
    """
    parent = next(p for p in (folder, *folder.parents) if p.exists())
    if not parent.is_dir():
        raise OutputError(f"{folder}: {parent} is not a folder; choose another place")
    missing = folder.relative_to(parent).parts
    check_writable(parent / (missing[0] if missing else ".catchlight-probe"), force=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Makes a folder and those above it; when the block fails, those that it made and that are empty are removed.

    Raises:
        OutputError: the folder cannot be made.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}; choose another place") from error
        yield
    except BaseException:
        for place in missing:
            with suppress(OSError):  # something is in it
                place.rmdir()
        raise
