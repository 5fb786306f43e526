"""The frames of a focus sweep and where the lens was at each: from `sweep.csv` or the simulator's `truth.json`."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from catchlight.core import InputError

_CSV, _TRUTH = "sweep.csv", "truth.json"
_NUMBERS = ("dac", "focus_d", "object_d", "coc_px")
_FILES = ("file", "left", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFrame:
    """One frame of a sweep.

    Args:
        file: the picture; None where only the two views are given.
        left: view through the left part of the aperture.
        right: the other view.
        dac: position of the actuator.
        focus_d: where the lens is focused, in dioptres.
        object_d: where the target is, in dioptres.
        coc_px: signed circle of confusion of the target in photosites, > 0 nearer than the focus.
    """

    file: Path | None = None
    left: Path | None = None
    right: Path | None = None
    dac: float | None = None
    focus_d: float | None = None
    object_d: float | None = None
    coc_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTable:
    """All frames of a sweep.

    Args:
        frames: in order.
        window: top, left, bottom, right of the target in the pictures; None for their middle.
    """

    frames: tuple[SweepFrame, ...]
    window: tuple[int, int, int, int] | None = None


def sweep_table(folder: Path) -> SweepTable:
    """Reads what lies in the folder.

    `sweep.csv` has a line of column names: `file` or `left` and `right`, and any of `dac`, `focus_d`, `object_d`
    (dioptres) and `coc_px`.

    Raises:
        InputError: no such folder or file, an unknown column, a value that is no number, a picture that is not there.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected the folder of a focus sweep, found none; check the name")
    try:
        if (folder / _CSV).is_file():
            return _from_csv(folder)
        if (folder / _TRUTH).is_file():
            return _from_truth(folder)
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{folder}: the sweep's table cannot be read: {' '.join(str(error).split())}") from error
    raise InputError(f"{folder}: expected {_CSV} (columns file, dac, object_d, ...) or {_TRUTH}; found neither")


def _from_csv(folder: Path) -> SweepTable:
    with (folder / _CSV).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream, skipinitialspace=True)
        names = [n.strip() for n in reader.fieldnames or ()]
        unknown = [n for n in names if n not in (*_NUMBERS, *_FILES)]
        if unknown:
            known = ", ".join((*_FILES, *_NUMBERS))
            raise InputError(f"{folder / _CSV}: expected columns out of {known}; found {unknown[0]!r}")
        rows = [{(k or "").strip(): (v or "").strip() for k, v in row.items()} for row in reader]
    return SweepTable(frames=tuple(_frame(folder, row, f"{_CSV}, line {i + 2}") for i, row in enumerate(rows)))


def _from_truth(folder: Path) -> SweepTable:
    content = json.loads((folder / _TRUTH).read_text(encoding="utf-8"))
    frames = content.get("frames") if isinstance(content, dict) else None
    if not isinstance(frames, list) or not all(isinstance(f, dict) for f in frames):
        raise InputError(f"{folder / _TRUTH}: expected the truth of a focus sweep with its frames; found another kind")
    window = content.get("window")
    known = isinstance(window, list) and len(window) == 4 and all(isinstance(v, int) for v in window)
    return SweepTable(
        frames=tuple(_frame(folder, f, f"{_TRUTH}, frame {i}") for i, f in enumerate(frames)),
        window=(window[0], window[1], window[2], window[3]) if known else None,
    )


def _frame(folder: Path, row: Mapping[str, object], where: str) -> SweepFrame:
    files: dict[str, Path] = {}
    for name in _FILES:
        if row.get(name):
            files[name] = folder / str(row[name])
            if not files[name].is_file():
                raise InputError(f"{files[name]}: no such file; {where} names it")
    numbers: dict[str, float] = {}
    for name in _NUMBERS:
        given = row.get(name)
        if given is None or given == "":
            continue
        try:
            numbers[name] = float(str(given))
        except ValueError:
            numbers[name] = math.nan
        if not math.isfinite(numbers[name]):
            raise InputError(f"{folder}: {where}: expected a number for {name}, found {given!r}")
    if "file" not in files and not {"left", "right"} <= files.keys():
        raise InputError(f"{folder}: {where}: expected a picture (file, or left and right); found none")
    return SweepFrame(
        file=files.get("file"),
        left=files.get("left"),
        right=files.get("right"),
        dac=numbers.get("dac"),
        focus_d=numbers.get("focus_d"),
        object_d=numbers.get("object_d"),
        coc_px=numbers.get("coc_px"),
    )
