from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catchlight.core import InputError, UsageError
from catchlight.evaluate.photo_sets import data_folder, photo_files, read_photo, synthetic_photos


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "photos" / "some"
    folder.mkdir(parents=True)
    for number in range(1, 13):
        Image.fromarray(np.full((16, 18, 3), number, np.uint8)).save(folder / f"{number}.png")
    (folder / "SOURCE.txt").write_text("not a picture")
    return tmp_path


def test_files_come_in_natural_order_and_spread_evenly(data: Path) -> None:
    assert [p.stem for p in photo_files(data, "some")] == [str(n) for n in range(1, 13)]
    assert [p.stem for p in photo_files(data, "some", at_most=3)] == ["1", "7", "12"]
    assert next(p.stem for p in photo_files(data, "some", without=("1", "12"), at_most=99)) == "2"


def test_a_photo_has_the_name_of_its_set(data: Path) -> None:
    photo = read_photo(data / "photos" / "some" / "12.png")
    assert photo.name == "some/12"
    assert photo.frame.transfer == "srgb"
    np.testing.assert_allclose(photo.frame.pixels, 12 / 255, atol=1e-6)


def test_what_is_missing_is_said(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="--data"):
        photo_files(data, "nothing")
    with pytest.raises(UsageError, match="--data"):
        data_folder(tmp_path / "nothing")
    monkeypatch.setenv("CATCHLIGHT_DATA", str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="CATCHLIGHT_DATA"):
        data_folder(None)
    assert data_folder(data) == data
    monkeypatch.delenv("CATCHLIGHT_DATA")
    assert data_folder(None) is None


def test_synthetic_photos_differ() -> None:
    first, second = synthetic_photos(2)
    assert first.name != second.name
    assert not np.array_equal(first.frame.pixels, second.frame.pixels)
