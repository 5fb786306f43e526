"""Manifests of what lies in a folder or in WebDataset tars."""

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import InputError, UsageError
from catchlight.train.data import Source, open_set, scan_folder, scan_tars

Make = Callable[..., np.ndarray]


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def test_a_folder(album: Path, photo: Make, write: Callable[[Path, np.ndarray], Path]) -> None:
    write(album / "birds" / "x.png", photo(20, 32))
    write(album / ".hidden" / "x.png", photo(21, 32))
    (album / "notes.txt").write_text("none", "utf-8")
    source = Source(name="ours", origin="here", licence="MIT")
    manifest = scan_folder(album, source=source, labels=True)
    files = [entry.file for entry in manifest.entries]
    assert files == ["birds/x.png", *(f"train/{i}.png" for i in range(6)), *(f"val/{i}.png" for i in range(6, 9))]
    assert [entry.split for entry in manifest.entries] == ["train"] * 7 + ["validation"] * 3
    assert manifest.entries[0].label == "birds" and manifest.entries[0].source == "ours"
    assert manifest.entries[1].sha256 == hashlib.sha256((album / "train/0.png").read_bytes()).hexdigest()
    assert scan_folder(album).sources[0].licence == "unknown"


def test_held_out_photos_stay_where_they_are(tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"{i}.png").write_bytes(str(i).encode())
    first = {e.file: e.split for e in scan_folder(tmp_path, held_out=0.2).entries}
    share = sum(split == "validation" for split in first.values()) / 300
    assert abs(share - 0.2) < 0.07  # three standard errors
    for i in range(0, 300, 2):
        (tmp_path / f"{i}.png").unlink()
    again = {e.file: e.split for e in scan_folder(tmp_path, held_out=0.2).entries}
    assert all(first[file] == split for file, split in again.items())


def test_tars_hold_pictures_labels_and_groups(tmp_path: Path, photo: Make) -> None:
    one, two = photo(1, 40), photo(2, 48)
    _tar(
        tmp_path / "train-0.tar",
        {
            "d/a.png": _png(one), "d/a.cls": b"3\n", "d/a.json": json.dumps({"group": "street"}).encode(),
            "d/b.PNG": _png(two), "d/b.json": b'{"label": "cat"}', "d/c.txt": b"no picture",
        },
    )  # fmt: skip
    _tar(tmp_path / "val-0.tar", {"e.png": _png(two)})
    photos = open_set(tmp_path)
    entries = photos.manifest.entries
    assert [(e.file, e.split, e.label, e.group) for e in entries] == [
        ("train-0.tar/d/a.png", "train", "3", "street"),
        ("train-0.tar/d/b.PNG", "train", "cat", None),
        ("val-0.tar/e.png", "validation", None, None),
    ]
    shown = [sample.pixels for sample in photos.stream()]
    assert np.array_equal(shown[0], one) and np.array_equal(shown[1], two) and np.array_equal(shown[2], two)
    assert photos.faults == {}


def test_damaged_and_empty_tars(tmp_path: Path, photo: Make) -> None:
    path = _tar(tmp_path / "train.tar", {"a.png": _png(photo(1))})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"train\.tar: not a WebDataset tar, or damaged"):
        scan_tars([path])
    with pytest.raises(InputError, match="expected WebDataset samples with a picture"):
        scan_tars([_tar(tmp_path / "none.tar", {"a.txt": b"1"})])
    with pytest.raises(InputError, match=r"x\.tar: cannot be read"):
        scan_tars([tmp_path / "x.tar"])


def test_a_missing_extra_is_named(tmp_path: Path, photo: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _tar(tmp_path / "train.tar", {"a.png": _png(photo(1, 32))})
    monkeypatch.setitem(sys.modules, "webdataset.tariterators", None)
    with pytest.raises(UsageError, match=r'pip install "catchlight\[train\]"'):
        scan_tars([path])


def test_nothing_to_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)
    with pytest.raises(InputError, match="expected pictures in this folder or below"):
        open_set(tmp_path)
    with pytest.raises(InputError, match="one of raw_engine"):
        open_set(tmp_path / "none")
    with pytest.raises(UsageError, match="--data or in CATCHLIGHT_DATA"):
        open_set("raw_engine")
