"""Streams of photos: seeded, resumable, sharded; what cannot be used is named, skipped and counted."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import CatchlightError, ColourSpace, Frame, InputError, Metadata
from catchlight.io import write_frame
from catchlight.simulate.batches.worker_pool import mapped
from catchlight.train.data import PhotoSet, load_photos, open_set, read_manifest, scan_folder, write_manifest
from catchlight.train.data.photo_files import decoded

Make = Callable[..., np.ndarray]


def _order(photos: PhotoSet, **options: int | None) -> list[tuple[int, str]]:
    return [(sample.number, sample.entry.file) for sample in photos.stream(**options)]


def test_every_epoch_has_every_photo_in_an_order_of_its_own(album: Path) -> None:
    photos = open_set(album)
    order = _order(photos, seed=3, epochs=2)
    files = [file for _, file in order]
    assert sorted(files[:9]) == sorted(files[9:]) == [e.file for e in photos.entries]
    assert files[:9] != files[9:]
    assert order == _order(open_set(album), seed=3, epochs=2)
    assert order != _order(photos, seed=4, epochs=2)
    assert _order(photos) == list(enumerate(e.file for e in photos.entries))


@pytest.mark.parametrize("start", [1, 8, 9, 13])
def test_a_stream_goes_on_where_it_was(album: Path, start: int) -> None:
    photos = open_set(album)
    assert _order(photos, seed=3, epochs=2, start=start) == _order(photos, seed=3, epochs=2)[start:]


@pytest.mark.parametrize("of", [2, 4])
def test_shards_share_out_the_same_order(album: Path, of: int) -> None:
    photos = open_set(album)
    parts = [_order(photos.shard(rank, of), seed=3, epochs=2) for rank in range(of)]
    assert sorted(item for part in parts for item in part) == _order(photos, seed=3, epochs=2)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_processes_give_the_same(album: Path) -> None:
    photos = open_set(album)
    alone = [sample.pixels for sample in photos.stream(seed=5)]
    together = [sample.pixels for sample in photos.stream(seed=5, workers=1)]
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def _die(number: int) -> int:
    os._exit(3)


def test_a_worker_that_dies_is_told() -> None:
    with pytest.raises(CatchlightError, match="worker processes ended unexpectedly"):
        list(mapped(_die, range(3), workers=1))


def test_load_photos_gives_one_split_sorted_by_file(album: Path, photo: Make) -> None:
    photos = load_photos(open_set(album), "validation")
    assert len(photos) == 3 and all(np.array_equal(photos[i], photo(6 + i)) for i in range(3))
    with pytest.raises(InputError, match="photos for test; the manifest has none"):
        load_photos(open_set(album), "test")


@pytest.fixture
def hundred(tmp_path: Path) -> Path:
    """A hundred small pictures."""
    folder = tmp_path / "hundred"
    folder.mkdir()
    for number in range(100):
        cv2.imwrite(str(folder / f"{number:03}.png"), np.full((8, 8, 3), number, np.uint8))
    return folder


def test_one_bad_file_in_a_hundred_is_skipped_and_two_stop(hundred: Path) -> None:
    manifest = scan_folder(hundred)
    (hundred / "050.png").write_bytes((hundred / "051.png").read_bytes())
    photos = PhotoSet(manifest, hundred)
    files = [file for _, file in _order(photos, seed=1)]
    assert len(files) == 99 and "050.png" not in files
    assert list(photos.faults) == ["050.png"] and "sha256" in photos.faults["050.png"]
    # The same one again, in another epoch, is not another one.
    assert len(_order(photos, seed=1, epochs=2)) == 198
    (hundred / "060.png").unlink()
    with pytest.raises(InputError, match="2 of 100 photos cannot be used, more than 1%; the first: ") as failure:
        _order(PhotoSet(manifest, hundred), seed=1)
    assert "\n" not in str(failure.value)


def test_damaged_pictures_are_faults_too(hundred: Path) -> None:
    (hundred / "007.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    photos = open_set(hundred)  # the manifest is made from the damaged file: its hash is right
    assert len(_order(photos)) == 99
    assert "007.png" in photos.faults


def test_photos_are_turned_upright_and_brought_to_srgb(tmp_path: Path) -> None:
    pixels = np.zeros((40, 60, 3), np.float32)
    pixels[:20, :30] = (0.8, 0.2, 0.2)  # the top left
    path = tmp_path / "turned.png"
    frame = Frame(pixels=pixels, transfer="srgb", metadata=Metadata(orientation=6))
    write_frame(path, frame)
    shown = decoded(path)
    assert shown.shape == (60, 40, 3)  # turned clockwise by a quarter: the top left is now at the top right
    assert shown[5, 35].tolist() == [204, 51, 51] and shown[5, 5].tolist() == [0, 0, 0]
    # Display P3's own red lies outside of sRGB; a grey stays what it is.
    wide = np.full((8, 8, 3), 0.5, np.float32)
    wide[0] = (1.0, 0.0, 0.0)
    write_frame(tmp_path / "p3.png", Frame(pixels=wide, space=ColourSpace.DISPLAY_P3, transfer="srgb"))
    shown = decoded(tmp_path / "p3.png")
    assert shown[0, 0].tolist() == [255, 0, 0] and np.abs(shown[4, 4].astype(int) - 128).max() <= 1


def test_a_manifest_beside_its_photos_or_elsewhere(album: Path, tmp_path: Path) -> None:
    manifest = scan_folder(album)
    write_manifest(manifest, album / "set.json")
    assert len(open_set(album / "set.json")) == 9
    write_manifest(manifest, tmp_path / "set.json")
    assert len(open_set(tmp_path / "set.json", data=album)) == 9
    assert read_manifest(tmp_path / "set.json") == manifest
    entries = tuple(replace(e, dropped="graphic") if e.split == "train" else e for e in manifest.entries)
    assert len(PhotoSet(replace(manifest, entries=entries), album)) == 3
