from pathlib import Path

import pytest

from catchlight.core import OutputError, UsageError
from catchlight.evaluate import ResultCache, default_folder, open_cache


def _never() -> dict[str, float]:
    raise AssertionError("measured again")


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "c", {"a": 1})
    assert cache.get("gain 1, static gb82/é", lambda: {"PSNR": 1.5}) == {"PSNR": 1.5}
    again = open_cache(tmp_path / "c", {"a": 1})
    assert again.get("gain 1, static gb82/é", _never) == {"PSNR": 1.5}
    assert (again.hits, again.misses) == (1, 0)


def test_a_changed_configuration_is_refused_until_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    open_cache(folder, {"a": 1, "b": 2}).get("x", lambda: {"PSNR": 1.0})
    with pytest.raises(UsageError, match=r"changed: a\); pass --fresh"):
        open_cache(folder, {"a": 3, "b": 2})
    assert open_cache(folder, {"a": 1, "b": 2}).get("x", _never) == {"PSNR": 1.0}
    fresh = open_cache(folder, {"a": 3, "b": 2}, fresh=True)
    assert fresh.get("x", lambda: {"PSNR": 2.0}) == {"PSNR": 2.0}


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    for fresh in (False, True):
        with pytest.raises(UsageError, match="something else"):
            open_cache(tmp_path, {}, fresh=fresh)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_fresh_removes_only_results(tmp_path: Path) -> None:
    open_cache(tmp_path / "c", {}).get("x", lambda: {"PSNR": 1.0})
    (tmp_path / "c" / "notes.txt").write_text("mine")
    open_cache(tmp_path / "c", {}, fresh=True)
    assert (tmp_path / "c" / "notes.txt").read_text() == "mine"


def test_a_damaged_result_is_measured_again(tmp_path: Path) -> None:
    cache = open_cache(tmp_path / "c", {})
    cache.get("x", lambda: {"PSNR": 1.0})
    next((tmp_path / "c" / "photos").iterdir()).write_text('{"PSNR": 1')
    assert cache.get("x", lambda: {"PSNR": 2.0}) == {"PSNR": 2.0}
    assert cache.get("x", _never) == {"PSNR": 2.0}


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        open_cache(tmp_path / "file" / "c", {})


def test_without_a_folder_nothing_is_kept() -> None:
    cache = ResultCache()
    assert cache.get("x", lambda: {"PSNR": 1.0}) == {"PSNR": 1.0}
    assert cache.get("x", lambda: {"PSNR": 2.0}) == {"PSNR": 2.0}


def test_every_configuration_has_its_own_default_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, second = default_folder("develop", {"a": 1}), default_folder("develop", {"a": 2})
    assert first != second
    assert first == default_folder("develop", {"a": 1})
    assert first.is_relative_to(tmp_path)
