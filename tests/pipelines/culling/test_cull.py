"""A folder is grouped, ranked and told, and nothing in it is touched."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from catchlight.core import InputError
from catchlight.pipelines.culling import cull, culling_record

Maker = Callable[..., Path]


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {p.name: (p.stat().st_mtime_ns, p.read_bytes()) for p in folder.iterdir()}


def test_a_burst_and_a_single_are_told_apart_and_ranked(album: Path) -> None:
    before = _state(album)
    stages: list[tuple[str, int, int]] = []
    found = cull(album, progress=lambda *stage: stages.append(stage))
    assert [[s.shot.path.name for s in g.shots] for g in found.groups] == [
        ["a0.jpg", "a1.jpg", "a2.jpg", "a3.jpg"],
        ["b.jpg"],
    ]
    assert found.groups[0].shots[found.groups[0].best].shot.path.name == "a2.jpg"
    ratings = {s.shot.path.name: s.rating for s in found.shots}
    assert ratings["a2.jpg"] == 5 and ratings["a3.jpg"] == 1 and ratings["b.jpg"] >= 4
    assert [s.shot.path.name for s in found.rejected] == ["a3.jpg"]
    assert found.skipped == () and ("look", 5, 5) in stages
    assert _state(album) == before


def test_raw_and_jpeg_of_one_name_are_one_shot(album: Path, taken: Maker) -> None:
    # The content decides how a file is read, so that a TIFF may play the RAW.
    taken("x.tif", seed=1, at_s=0.4).rename(album / "A2.DNG")
    found = cull(album)
    burst = found.groups[0]
    assert [len(s.shot.pictures) for s in burst.shots].count(2) == 1
    pair = next(s for s in burst.shots if len(s.shot.pictures) == 2)
    assert [p.name for p in pair.shot.pictures] == ["A2.DNG", "a2.jpg"]


def test_unreadable_files_are_named_and_the_rest_is_done(album: Path) -> None:
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff" + bytes(100))
    (album / "a2.nef").write_bytes(b"no raw")
    (album / "notes.txt").write_text("not a picture")
    (album / ".hidden.jpg").write_bytes(b"")
    (album / "nowhere.jpg").symlink_to(album / "missing.jpg")
    (album / "sub").mkdir()
    found = cull(album)
    assert sorted(p.name for p, _ in found.skipped) == ["a2.nef", "broken.jpg"]
    assert all(str(p) in reason for p, reason in found.skipped)
    assert [len(g.shots) for g in found.groups] == [4, 1]


def test_folders_without_pictures_are_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected pictures in this folder, found none"):
        cull(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        cull(tmp_path / "none")
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(InputError, match="found a file"):
        cull(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="none of the 1 pictures can be read"):
        cull(tmp_path)


def test_the_record_has_the_fixed_keys(album: Path) -> None:
    (album / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    record = json.loads(json.dumps(culling_record(cull(album, keep=1))))
    assert set(record) == {"groups", "skipped"}
    first = record["groups"][0]
    assert first["best"] == os.fspath(album / "a2.jpg") and not first["bracket"]
    assert [f["rating"] for f in first["frames"]] == [1, 1, 5, 1]
    for frame in first["frames"]:
        assert {"path", "rating", "score", "reasons"} <= set(frame) and 0 <= frame["score"] <= 1
    assert first["frames"][3]["reasons"]
    assert [s["path"] for s in record["skipped"]] == [os.fspath(album / "broken.jpg")]


def test_the_same_folder_gives_the_same_answer(album: Path) -> None:
    assert culling_record(cull(album)) == culling_record(cull(album))
