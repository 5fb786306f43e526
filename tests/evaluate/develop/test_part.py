from pathlib import Path

import numpy as np
import pytest

from catchlight.core import ContractError, Frame
from catchlight.evaluate import Row
from catchlight.evaluate.develop.part import fingerprint, loaded, name_of, rows_part
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.result_cache import ResultCache


def _photo(value: float) -> Photo:
    return Photo(name="set/a", frame=Frame(pixels=np.full((4, 4, 3), value, np.float32)))


def test_rows_come_back_from_the_cache_as_they_were(tmp_path: Path) -> None:
    rows = [
        Row(method="±a | b", case="x, ±3 EV", metric="m", value=1.25, ci95=0.5, unit="dB", higher_is_better=True),
        Row(method="c", case="x", metric="m", value=-2.0, ci95=None, unit="1", higher_is_better=False),
        Row(method="d", case="x", metric="m", value=-3.0, ci95=0.0, unit="1", higher_is_better=False),
    ]
    calls = []

    def measured() -> list[Row]:
        calls.append(1)
        return rows

    part = rows_part("p", "how", measured)
    (tmp_path / "photos").mkdir()
    for _ in range(2):
        cache = ResultCache(tmp_path)
        found = {name: cache.get(f"{part.name} {name}", job) for name, job in part.jobs.items()}
        assert part.rows(found) == rows
    assert calls == [1]


def test_a_photo_is_known_by_its_pixels() -> None:
    assert fingerprint(_photo(0.5)) == fingerprint(_photo(0.5)) != fingerprint(_photo(0.25))
    photo = _photo(0.5)
    assert name_of(photo) == "set/a" and loaded(photo) is photo


def test_a_photo_on_disk_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "set" / "b.png"
    path.parent.mkdir()
    path.write_bytes(b"one")
    before = fingerprint(path)
    path.write_bytes(b"two")
    assert name_of(path) == "set/b" and fingerprint(path) != before and len(before) == 16


def test_two_rows_of_one_name_do_not_hide_each_other() -> None:
    row = Row(method="a", case="x", metric="m", value=1.0, ci95=None, unit="1", higher_is_better=True)
    part = rows_part("p", "how", lambda: [row, row])
    with pytest.raises(ContractError, match="twice"):
        part.jobs["all"]()
