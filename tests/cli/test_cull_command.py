"""`catchlight cull`: says what it would do, does it when asked, and takes it back."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.cli.cull import cull
from catchlight.core import Frame, InputError, Metadata, OutputError, UsageError
from catchlight.io import write_frame
from catchlight.io.xmp_sidecar import read_rating


def _check() -> None:
    pass


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Three frames of one scene, the second blurred."""
    rng = np.random.default_rng(1)
    scene = np.full((160, 200), 0.4, np.float32)
    for _ in range(40):
        x, y, size = (int(v) for v in rng.integers((0, 0, 6), (200, 160, 30)))
        cv2.rectangle(scene, (x, y), (x + size, y + size // 2), float(rng.uniform(0.1, 0.8)), -1)
    folder = tmp_path / "album"
    folder.mkdir()
    for number, blur in enumerate((0.6, 4.0, 0.8)):
        pixels = cv2.GaussianBlur(scene, (0, 0), blur) + 0.01 * rng.standard_normal(scene.shape).astype(np.float32)
        metadata = Metadata(exposure_s=0.01, timestamp_ns=10**18 + number * 10**8)
        frame = Frame(pixels=np.repeat(pixels[..., None], 3, axis=2), transfer="srgb", metadata=metadata)
        write_frame(folder / f"f{number}.jpg", frame)
    return folder


def _names(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_without_an_action_it_only_says(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cull(str(album))(_check)
    said = capsys.readouterr().out
    assert "group 1, burst of 3" in said and "★★★★★" in said and "blurred" in said
    assert "3 shots in 1 group and 0 alone; 1 rated 1" in said and "nothing written" in said
    assert _names(album) == ["f0.jpg", "f1.jpg", "f2.jpg"]


def test_dry_runs_write_nothing(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cull(str(album), ratings=True, dry_run=True)(_check)
    cull(str(album), move=str(album / "aside"), dry_run=True)(_check)
    said = capsys.readouterr().out
    assert "would write 3 XMP sidecars" in said and "would move 1 file" in said
    assert _names(album) == ["f0.jpg", "f1.jpg", "f2.jpg"]


def test_ratings_are_written_and_kept(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cull(str(album), ratings=True, quiet=True)(_check)
    assert read_rating(album / "f0.xmp") == 5 and read_rating(album / "f1.xmp") == 1
    assert capsys.readouterr().out == ""
    cull(str(album), ratings=True)(_check)
    assert "wrote 0 XMP sidecars" in capsys.readouterr().out


def test_moved_and_back(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cull(str(album), move=str(album / "aside"), keep=1)(_check)
    log = album / "aside" / "catchlight-cull-001.json"
    assert f"undo with --undo {log}" in capsys.readouterr().out
    assert _names(album / "aside" / "rejected") == ["f1.jpg", "f2.jpg"]
    cull(undo=str(log))(_check)
    assert "moved back: 2 files" in capsys.readouterr().out
    assert _names(album) == ["f0.jpg", "f1.jpg", "f2.jpg"]


def test_the_json_is_for_machines_and_not_overwritten(album: Path, tmp_path: Path) -> None:
    (album / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    record = tmp_path / "cull.json"
    cull(str(album), json=str(record), quiet=True)(_check)
    found = json.loads(record.read_text())
    assert found["groups"][0]["best"].endswith("f0.jpg") and found["skipped"][0]["path"].endswith("bad.jpg")
    with pytest.raises(OutputError, match="exists already"):
        cull(str(album), json=str(record))(_check)
    with pytest.raises(UsageError, match="one of the inputs"):
        cull(str(album), json=str(album / "f0.jpg"), force=True)(_check)


def test_skipped_files_are_told_on_stderr(album: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (album / "bad.jpg").write_bytes(b"\xff\xd8\xff")
    cull(str(album), quiet=True)(_check)
    told = capsys.readouterr()
    assert "bad.jpg" in told.err and told.err.count("\n") == 1 and told.out == ""


def test_wrong_usage_is_one_line(album: Path, tmp_path: Path) -> None:
    wrong = [
        (cull(None), "expected a folder"),
        (cull(""), "empty name"),
        (cull(str(album), ratings=True, move="x"), "one at a time"),
        (cull(str(album), by_group=True), "--move DIR"),
        (cull(str(album), keep=0), "at least 1"),
        (cull(str(album), undo="x"), "stands alone"),
        (cull(str(album), move=""), "empty name"),
    ]
    for work, words in wrong:
        with pytest.raises(UsageError, match=words):
            work(_check)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="found none"):
        cull(str(tmp_path / "empty"))(_check)
    with pytest.raises(InputError, match="no such folder"):
        cull(str(tmp_path / "none"), ratings=True)(_check)
    with pytest.raises(OutputError, match="not a folder"):
        cull(str(album), move=str(album / "f0.jpg" / "x"))(_check)


def test_a_read_only_folder_is_refused_before_any_work(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: mode & os.W_OK == 0)
    for action in ({"ratings": True}, {"move": str(album / "aside")}):
        with pytest.raises(OutputError, match="read-only"):
            cull(str(album), **action)(_check)  # type: ignore[arg-type]
    assert _names(album) == ["f0.jpg", "f1.jpg", "f2.jpg"]
