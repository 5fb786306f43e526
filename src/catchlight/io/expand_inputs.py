"""What the user named (files, folders, globs) becomes a list of picture files."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from catchlight.core import InputError
from catchlight.io.check_regular import check_regular

RAW_SUFFIXES = (
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
)  # fmt: skip
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".tif", ".tiff", ".webp", ".heic", ".heif", ".hif", ".avif")
READABLE_SUFFIXES = (*RAW_SUFFIXES, *IMAGE_SUFFIXES)


def expand_inputs(arguments: Sequence[str | Path]) -> list[Path]:
    """The picture files meant by `arguments`, each once.

    A file is taken as it is, whatever its name. A folder stands for its picture files by suffix, without subfolders,
    hidden files, pipes and links that lead nowhere, in natural order (IMG_2 before IMG_10); a shot that lies there as
    RAW and as JPEG is taken as RAW. A glob stands for what it matches, in natural order.

    Raises:
        InputError: something named does not exist or is no file (a pipe, a device), or nothing was found.
    """
    found: list[Path] = []
    for argument in arguments:
        path = Path(argument)
        # Of pathlib's own questions some raise where a name is too long or a folder is closed; these answer no.
        if glob.has_magic(str(argument)) and not os.path.lexists(path):
            matches = [Path(p) for p in glob.glob(str(argument), recursive=True)]  # noqa: PTH207 - takes absolute ones
            if not matches:
                raise InputError(f"{argument}: nothing matches; check the folder and the pattern")
            for match in sorted(matches, key=natural_key):
                found += _meant(match)
        else:
            found += _meant(path)
    if not found:
        raise InputError("expected at least one picture, found no input; name files, a folder or a pattern")
    return list(dict.fromkeys(found))


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorts names as people count: runs of digits by their value, letters without regard to case.

    >>> [p.name for p in sorted([Path("f10.dng"), Path("F2.dng")], key=natural_key)]
    ['F2.dng', 'f10.dng']
    """
    parts = re.split(r"([0-9]+)", str(path))
    keys = [(0, int(p), "") if i % 2 else (1, 0, p.casefold()) for i, p in enumerate(parts)]
    return (*keys, (2, 0, str(path)))  # the exact spelling decides between IMG_1 and img_01


def _meant(path: Path) -> list[Path]:
    if os.path.isdir(path):  # noqa: PTH112 - never raises
        return _in_folder(path)
    check_regular(path)
    return [path]


def _in_folder(folder: Path) -> list[Path]:
    try:
        files = [
            p
            for p in folder.iterdir()
            if p.suffix.lower() in READABLE_SUFFIXES and not p.name.startswith(".") and p.is_file()
        ]
    except OSError as error:
        raise InputError(f"{folder}: the folder cannot be read: {error.strerror}") from error
    if not files:
        raise InputError(f"{folder}: expected pictures in this folder, found none; known are {_short(IMAGE_SUFFIXES)}")
    raw_shots = {p.stem.lower() for p in files if p.suffix.lower() in RAW_SUFFIXES}
    kept = [p for p in files if p.suffix.lower() in RAW_SUFFIXES or p.stem.lower() not in raw_shots]
    return sorted(kept, key=natural_key)


def _short(suffixes: Iterable[str]) -> str:
    return "RAW files and " + " ".join(suffixes)
