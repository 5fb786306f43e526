"""A folder of results appears whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catchlight.core.errors import OutputError

# Every folder that the simulator writes has this file; no other folder is ever replaced.
TRUTH_NAME = "truth.json"

# Told (what, number, of how many) before each step of long work; may raise to end it.
Listener = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """The listener that hears nothing."""


def check_result_folder(folder: Path, *, force: bool) -> None:
    """Fails now, before any work, where `result_folder` would fail.

    Raises:
        OutputError: it is a file, has other content than earlier results, or exists and `force` is false.
    """
    folder = Path(folder)
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise OutputError(f"{folder}: is not a folder; choose another name")
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / TRUTH_NAME).is_file():
                raise OutputError(f"{folder}: holds other files than simulated ones; choose another folder")
            if not force:
                raise OutputError(f"{folder}: exists already; choose another name or replace it with --force")
    except OSError as error:
        raise OutputError(f"{folder}: cannot be read: {error.strerror}; choose another folder") from error


@contextmanager
def result_folder(folder: Path, *, force: bool = False) -> Iterator[Path]:
    """Gives a temporary folder beside `folder`; it becomes `folder` when the block ends, and is removed if it fails.

    An earlier result is replaced with `force`, but no folder that holds anything else.

    Raises:
        OutputError: see `check_result_folder`; or the folder cannot be made, or what is written into it does not fit.
    """
    folder = Path(folder).absolute()
    check_result_folder(folder, force=force)
    temporary = folder.with_name(f".{folder.name[:100]}.{secrets.token_hex(4)}")
    old = folder.with_name(f"{temporary.name}.old")
    missing = [place for place in folder.parents if not place.exists()]
    try:
        try:
            temporary.mkdir(parents=True)
        except OSError as error:
            raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}; choose another place") from error
        try:
            yield temporary
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be written: {error.strerror or error}; choose another folder"
            ) from error
        check_result_folder(folder, force=force)
        try:
            if folder.exists():
                folder.rename(old)
            temporary.rename(folder)
        except OSError as error:
            if old.exists() and not folder.exists():
                old.rename(folder)
            raise OutputError(f"{folder}: cannot be written: {error.strerror}; choose another folder") from error
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        for place in missing:
            with suppress(OSError):  # something else is in it by now
                place.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)
