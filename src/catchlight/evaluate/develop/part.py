"""A part of a benchmark: measurements that are kept one by one, and the rows that they become."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catchlight.core import ContractError
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.photo_sets import Photo, read_photo
from catchlight.evaluate.result_cache import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a benchmark measures besides its main cases.

    Args:
        name: short, unique in the benchmark.
        what: how its cases are made and scored, for the configuration.
        jobs: every measurement by its name, unique in the part.
        rows: makes rows of the figures by job, in the order of the jobs.
        photos: what the cases are made of, by name.
        apart: methods that do not compete in tables: oracles, and what is no method.
    """

    name: str
    what: str
    jobs: Mapping[str, Callable[[], Figures]]
    rows: Callable[[Mapping[str, Figures]], list[Row]]
    photos: Mapping[str, Path | Photo] = field(default_factory=dict)
    apart: tuple[str, ...] = ()


def rows_part(
    name: str, what: str, rows: Callable[[], Sequence[Row]], *, photos: Mapping[str, Path | Photo] | None = None
) -> Part:
    """A part that is measured in one go; its rows are kept as they are."""
    return Part(
        name=name,
        what=what,
        jobs={"all": lambda: _figures_of_rows(rows())},
        rows=lambda found: _rows_of_figures(found["all"]),
        photos=photos or {},
    )


def name_of(photo: Path | Photo) -> str:
    """Set and file of a photo that may not have been read yet."""
    return photo.name if isinstance(photo, Photo) else f"{photo.parent.name}/{photo.stem}"


def loaded(photo: Path | Photo) -> Photo:
    """The photo, read if need be."""
    return photo if isinstance(photo, Photo) else read_photo(photo)


def fingerprint(photo: Path | Photo) -> str:
    """First 16 hex digits of the SHA-256 of its file, or of its pixels."""
    content = photo.frame.pixels.tobytes() if isinstance(photo, Photo) else photo.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]


_SPREAD = "±"


def _figures_of_rows(rows: Sequence[Row]) -> Figures:
    figures: Figures = {}
    for row in rows:
        key = json.dumps([row.method, row.case, row.metric, row.unit, row.higher_is_better], ensure_ascii=False)
        if key in figures:
            raise ContractError(f"a row has a name of its own; found {row.method}, {row.case}, {row.metric} twice")
        figures[key] = row.value
        if row.ci95 is not None:
            figures[_SPREAD + key] = row.ci95
    return figures


def _rows_of_figures(figures: Figures) -> list[Row]:
    rows = []
    for key, value in figures.items():
        if key.startswith(_SPREAD):
            continue
        method, case, metric, unit, higher = json.loads(key)
        rows.append(
            Row(
                method=method,
                case=case,
                metric=metric,
                value=value,
                ci95=figures.get(_SPREAD + key),
                unit=unit,
                higher_is_better=higher,
            )
        )
    return rows
