"""The shots in a folder: files of one name are one press of the button."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catchlight.core import ContractError, InputError
from catchlight.io import RAW_SUFFIXES, READABLE_SUFFIXES
from catchlight.io.expand_inputs import natural_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """The files of one shot in one folder.

    Args:
        pictures: RAW files first, then the others, each by name; at least one. The first that can be read is judged.
    """

    pictures: tuple[Path, ...]

    def __post_init__(self) -> None:
        if not self.pictures:
            raise ContractError("a shot has at least one file; found none")

    @property
    def path(self) -> Path:
        """The file that stands for the shot."""
        return self.pictures[0]


def shots_in(folder: Path) -> tuple[Shot, ...]:
    """The shots of a folder in natural order of their names, subfolders, hidden files and what is no picture left out.

    Links are taken for the pictures they lead to; those that lead nowhere are left out.

    Raises:
        InputError: no folder, one that cannot be read, or one without pictures.
    """
    try:
        if not folder.is_dir():
            raise InputError(f"{folder}: expected a folder with pictures, found {_instead(folder)}; check the name")
        files = [
            p
            for p in folder.iterdir()
            if p.suffix.lower() in READABLE_SUFFIXES and not p.name.startswith(".") and p.is_file()
        ]
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: the folder cannot be read: {getattr(error, 'strerror', error)}") from error
    if not files:
        raise InputError(f"{folder}: expected pictures in this folder, found none; name the folder that holds them")
    # Some cameras and copies change the case: IMG_1.CR3 and img_1.jpg are one shot.
    by_stem: dict[str, list[Path]] = {}
    for file in sorted(files, key=lambda p: (p.suffix.lower() not in RAW_SUFFIXES, natural_key(p))):
        by_stem.setdefault(file.stem.casefold(), []).append(file)
    shots = [Shot(pictures=tuple(pictures)) for pictures in by_stem.values()]
    return tuple(sorted(shots, key=lambda s: natural_key(s.path)))


def _instead(folder: Path) -> str:
    return "a file" if folder.exists() else "no such folder"
