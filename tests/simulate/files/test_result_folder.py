from pathlib import Path

import pytest

from catchlight.core import OutputError
from catchlight.simulate.files.result_folder import TRUTH_NAME, check_result_folder, result_folder


def _write(folder: Path, text: str, *, force: bool = False) -> None:
    with result_folder(folder, force=force) as place:
        (place / TRUTH_NAME).write_text(text)
        (place / "sub").mkdir()
        (place / "sub" / "frame").write_text(text)


def test_a_result_appears_whole_and_is_replaced_only_with_force(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    _write(folder, "one")
    assert (folder / "sub" / "frame").read_text() == "one"
    with pytest.raises(OutputError, match="--force"):
        _write(folder, "two")
    assert (folder / "sub" / "frame").read_text() == "one"
    _write(folder, "two", force=True)
    assert (folder / "sub" / "frame").read_text() == "two"
    assert [p.name for p in folder.parent.iterdir()] == ["b"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_a_failure(tmp_path: Path, error: type[BaseException]) -> None:
    old = tmp_path / "old"
    _write(old, "one")
    for folder in (tmp_path / "new" / "deep", old):
        with pytest.raises(error), result_folder(folder, force=True) as place:
            (place / "half").write_text("x")
            raise error
    assert (old / TRUTH_NAME).read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["old"]


def test_folders_of_others_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_text("mine")
    for force in (False, True):
        with pytest.raises(OutputError, match="other files"):
            check_result_folder(tmp_path, force=force)
        with pytest.raises(OutputError, match="not a folder"):
            check_result_folder(tmp_path / "photo.jpg", force=force)
        with pytest.raises(OutputError), result_folder(tmp_path, force=force):
            raise AssertionError("was let in")
    empty = tmp_path / "empty"
    empty.mkdir()
    _write(empty, "one")
    assert (empty / TRUTH_NAME).is_file()
    with pytest.raises(OutputError, match="folder cannot be made"), result_folder(tmp_path / "photo.jpg" / "x"):
        raise AssertionError("was let in")


def test_what_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(OutputError, match="other files"), result_folder(folder, force=True):
        folder.mkdir()
        (folder / "thesis.txt").write_text("mine")
    assert (folder / "thesis.txt").read_text() == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_told_of_the_folder_that_was_asked_for(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"results: cannot be written: No space left"),
        result_folder(tmp_path / "results"),
    ):
        raise OSError(28, "No space left on device", "a temporary name")
    assert list(tmp_path.iterdir()) == []
