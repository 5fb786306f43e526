from pathlib import Path

import pytest

from catchlight.core import InputError
from catchlight.io import expand_inputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = [
        "IMG_10.dng",
        "IMG_2.DNG",
        "img_3.Nef",
        "IMG_2.jpg",
        "IMG_4.JPG",
        ".hidden.jpg",
        "notes.txt",
        "._IMG_2.dng",
    ]
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "IMG_5.jpg").touch()
    (tmp_path / "album.jpg").mkdir()
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [p.name for p in paths]


def test_a_folder_gives_its_pictures_as_people_count(folder: Path) -> None:
    assert names(expand_inputs([folder])) == ["IMG_2.DNG", "img_3.Nef", "IMG_4.JPG", "IMG_10.dng"]


def test_a_named_file_is_taken_as_it_is(folder: Path) -> None:
    assert names(expand_inputs([folder / "notes.txt", str(folder / "IMG_2.jpg")])) == ["notes.txt", "IMG_2.jpg"]


def test_a_glob_is_expanded_in_order(folder: Path) -> None:
    assert names(expand_inputs([f"{folder}/IMG_*.[dD][nN][gG]"])) == ["IMG_2.DNG", "IMG_10.dng"]
    assert names(expand_inputs([f"{folder}/deep*"])) == ["IMG_5.jpg"]


def test_a_file_named_like_a_glob_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "a[1].jpg"
    odd.touch()
    assert expand_inputs([odd]) == [odd]


def test_each_picture_once_and_in_the_order_given(folder: Path) -> None:
    found = expand_inputs([folder / "IMG_4.JPG", folder, folder / "IMG_10.dng"])
    assert names(found) == ["IMG_4.JPG", "IMG_2.DNG", "img_3.Nef", "IMG_10.dng"]


def test_nothing_is_an_error(folder: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for wrong, said in (
        ([], "at least one"),
        ([empty], "found none"),
        ([f"{folder}/*.orf"], "nothing matches"),
        ([folder / "IMG_99.dng"], "no such file"),
    ):
        with pytest.raises(InputError, match=said):
            expand_inputs(wrong)
