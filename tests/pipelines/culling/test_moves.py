"""Moved shots keep their files together, never land on another file, and come back."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from catchlight.core import InputError, OutputError
from catchlight.io.xmp_sidecar import write_rating
from catchlight.pipelines.culling import cull, move_files, moves, plan_moves, undo_moves

Maker = Callable[..., Path]


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_rejected_shots_move_with_all_their_files_and_come_back(album: Path, taken: Maker) -> None:
    taken("a3.png", seed=1, at_s=0.6, blur_px=4.0)
    write_rating(album / "a3.xmp", 0)
    write_rating(album / "a3.jpg.xmp", 0)
    before = _tree(album.parent)
    target = album.parent / "aside"
    plan = plan_moves(cull(album), target)
    assert _tree(album.parent) == before and not target.exists()
    log = move_files(plan)
    assert log is not None
    moved = ["a3.jpg", "a3.jpg.xmp", "a3.png", "a3.xmp"]
    assert sorted(p.name for p in (target / "rejected").iterdir()) == moved
    assert sorted(p.name for p in album.iterdir()) == ["a0.jpg", "a1.jpg", "a2.jpg", "b.jpg"]
    assert undo_moves(log) == 4
    assert _tree(album.parent) == before and not target.exists()


def test_by_group_every_burst_gets_a_folder(album: Path) -> None:
    log = move_files(plan_moves(cull(album), album / "sorted", by_group=True))
    assert sorted(p.name for p in (album / "sorted" / "group-001").iterdir()) == [f"a{i}.jpg" for i in range(4)]
    assert sorted(p.name for p in album.iterdir()) == ["b.jpg", "sorted"]
    assert log is not None and json.loads(log.read_text())["moves"][0]["from"] == str(album / "a0.jpg")


def test_a_taken_name_is_never_overwritten_and_pairs_stay_pairs(album: Path, taken: Maker) -> None:
    taken("a3.png", seed=1, at_s=0.6, blur_px=4.0)
    there = album.parent / "aside" / "rejected"
    there.mkdir(parents=True)
    (there / "a3.png").write_bytes(b"another picture")
    (there / "a3-2.jpg").write_bytes(b"one more")
    move_files(plan_moves(cull(album), album.parent / "aside"))
    assert (there / "a3.png").read_bytes() == b"another picture"
    assert (there / "a3-2.jpg").read_bytes() == b"one more"
    assert {"a3-3.jpg", "a3-3.png"} <= {p.name for p in there.iterdir()}


def test_links_stay_where_they_are(album: Path) -> None:
    (album / "a3.jpg").rename(album.parent / "real.jpg")
    (album / "a3.jpg").symlink_to("../real.jpg")
    plan = plan_moves(cull(album), album / "aside")
    assert plan.moves == () and [p.name for p, _ in plan.left] == ["a3.jpg"]
    assert move_files(plan) is None and not (album / "aside").exists()


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM])
def test_without_hard_links_files_move_all_the_same(album: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", refuse)
    before = _tree(album)
    log = move_files(plan_moves(cull(album), album / "aside"))
    assert (album / "aside" / "rejected" / "a3.jpg").read_bytes() == before["a3.jpg"]
    assert log is not None and undo_moves(log) == 1 and _tree(album) == before


def test_a_move_that_fails_half_way_leaves_all_as_it_was(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, plain, calls = _tree(album), moves._move, []

    def fail_at_third(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 3:
            raise OutputError(f"{source}: cannot be moved")
        plain(source, target)

    monkeypatch.setattr(moves, "_move", fail_at_third)
    with pytest.raises(OutputError, match="cannot be moved"):
        move_files(plan_moves(cull(album), album / "aside", by_group=True))
    assert _tree(album) == before and not (album / "aside").exists()


def test_undo_moves_nothing_where_a_place_is_taken_or_a_file_gone(album: Path) -> None:
    log = move_files(plan_moves(cull(album), album / "aside", by_group=True))
    assert log is not None
    (album / "a1.jpg").write_bytes(b"new")
    state = _tree(album)
    with pytest.raises(OutputError, match=r"a1\.jpg: is there again"):
        undo_moves(log)
    assert _tree(album) == state
    (album / "a1.jpg").unlink()
    (album / "aside" / "group-001" / "a2.jpg").unlink()
    with pytest.raises(InputError, match="nothing was undone"):
        undo_moves(log)


def test_undo_wants_a_log(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"kind": "something"}')
    (tmp_path / "text.json").write_text("hello")
    for name, words in (
        ("other.json", "expected the log"),
        ("text.json", "expected the log"),
        ("none", "cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            undo_moves(tmp_path / name)


def test_a_folder_that_was_there_before_stays_when_undone(album: Path) -> None:
    (album / "aside").mkdir()
    log = move_files(plan_moves(cull(album), album / "aside"))
    assert log is not None and undo_moves(log) == 1
    assert list((album / "aside").iterdir()) == []
