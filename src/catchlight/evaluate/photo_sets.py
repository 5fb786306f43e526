"""The photos that benchmarks are made of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catchlight.core import Frame, InputError, RawFrame, UsageError
from catchlight.io import expand_inputs, read_picture
from catchlight.simulate import night_city

# Three game renders and a picture of pixel-art: no camera saw them.
GB82_NO_PHOTOS = ("mc1", "mc2", "mc3", "pixel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A clean picture and its name.

    Args:
        name: set and file, such as `gb82/nyc`.
        frame: sRGB, values 0…1.
    """

    name: str
    frame: Frame


def data_folder(data: Path | None) -> Path | None:
    """The folder with the real data: the one asked for, else CATCHLIGHT_DATA, else None.

    Raises:
        UsageError: it was named, but is not there.
    """
    named = data if data is not None else os.environ.get("CATCHLIGHT_DATA")
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        source = "--data" if data is not None else "CATCHLIGHT_DATA"
        raise UsageError(f"{source} {folder}: expected the folder that holds photos/; found none; check the path")
    return folder


def photo_files(data: Path, folder: str, *, without: Sequence[str] = (), at_most: int | None = None) -> list[Path]:
    """Picture files of one set, in natural order of their names.

    Args:
        data: the folder that holds `photos`.
        folder: the set, below `photos`.
        without: stems that are left out.
        at_most: how many, spread evenly over the set; None for all.

    Raises:
        InputError: the set is missing or empty.
    """
    where = data / "photos" / folder
    if not where.is_dir():
        raise InputError(f"{where}: expected the photos of this benchmark; found no such folder; check --data")
    files = [path for path in expand_inputs([where]) if path.stem not in without]
    if at_most is None or at_most >= len(files):
        return files
    return [files[i] for i in np.linspace(0, len(files) - 1, at_most).round().astype(int)]


def read_photo(path: Path) -> Photo:
    """One photo.

    Raises:
        InputError: not a picture, or a RAW file.
    """
    frame = read_picture(path)
    if isinstance(frame, RawFrame):
        raise InputError(f"{path}: expected a finished picture; found a RAW file")
    return Photo(name=f"{path.parent.name}/{path.stem}", frame=frame)


def synthetic_photos(count: int) -> list[Photo]:
    """Procedural night towns, for a machine without the data."""
    return [
        Photo(name=f"night_city/{seed}", frame=night_city(height_px=576, width_px=576, seed=seed))
        for seed in range(count)
    ]
