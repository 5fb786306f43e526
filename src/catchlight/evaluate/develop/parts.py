"""The parts of the develop benchmark beside bursts and demosaicing, in the order of their tables."""

from __future__ import annotations

from pathlib import Path

from catchlight.evaluate.culling import culling_rows
from catchlight.evaluate.develop.halo_rows import halo_part
from catchlight.evaluate.develop.hdr import hdr_rows
from catchlight.evaluate.develop.other_sensors import other_sensors_part
from catchlight.evaluate.develop.part import Part, name_of, rows_part
from catchlight.evaluate.develop.super_resolution import super_resolution_part
from catchlight.evaluate.develop.white_balance_rows import white_balance_part
from catchlight.evaluate.photo_sets import Photo, photo_files

_CULLING_SETS = ("gb82", "kodak24", "clic2025_960/validation")


def parts_of(folder: Path | None, quick: bool) -> tuple[Part, ...]:
    """All parts.

    Args:
        folder: holds `photos`; None for procedural night towns.
        quick: the smallest cases of each.

    Raises:
        InputError: a set of photos is missing there.
    """
    return (
        super_resolution_part(folder, quick),
        other_sensors_part(folder, quick),
        rows_part(
            "high dynamic range",
            "SYNTHETIC brackets of a step wedge and of photos; see catchlight.evaluate.develop.hdr",
            lambda: hdr_rows(quick, folder),
            photos=_files(folder, "gb82"),
        ),
        halo_part(quick),
        white_balance_part(folder, quick),
        rows_part(
            "culling",
            "SYNTHETIC folders of JPEG files; see catchlight.evaluate.culling",
            lambda: culling_rows(quick, data=folder),
            photos=_files(folder, *_CULLING_SETS, *(() if quick else ("clic2025_960/final-test",))),
        ),
    )


def _files(folder: Path | None, *sets: str) -> dict[str, Path | Photo]:
    if folder is None:
        return {}
    return {name_of(path): path for photos in sets for path in photo_files(folder, photos)}
