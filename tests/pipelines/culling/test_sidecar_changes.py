"""Stars go to sidecars: new ones, other programs' ones, and never over what somebody decided."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from catchlight.core import OutputError
from catchlight.io.xmp_sidecar import read_rating, write_rating
from catchlight.pipelines.culling import cull, move_files, plan_moves, plan_sidecars, sidecar_changes, write_sidecars

Maker = Callable[..., Path]


def test_every_shot_gets_one_sidecar_and_no_picture_changes(album: Path, taken: Maker) -> None:
    taken("a2.png", seed=1, at_s=0.4)
    pictures = {p: p.read_bytes() for p in album.iterdir()}
    found = cull(album)
    plan = plan_sidecars(found.shots)
    assert not list(album.glob("*.xmp"))
    write_sidecars(plan.changes)
    assert sorted(p.name for p in album.glob("*.xmp")) == ["a0.xmp", "a1.xmp", "a2.xmp", "a3.xmp", "b.xmp"]
    for shot in found.shots:
        assert read_rating(shot.shot.path.with_suffix(".xmp")) == shot.rating
    assert all(path.read_bytes() == data for path, data in pictures.items())
    # Done twice, nothing is left to do.
    assert plan_sidecars(found.shots, replace_ratings=True).changes == ()


def test_given_ratings_stay_unless_told_otherwise(album: Path) -> None:
    write_rating(album / "a3.xmp", 4)
    write_rating(album / "a0.jpg.xmp", -1)  # darktable's, rejected
    write_rating(album / "a1.jpg.xmp", 0)  # darktable's, not rated
    found = cull(album)
    plan = plan_sidecars(found.shots)
    assert sorted(p.name for p in plan.kept) == ["a0.jpg", "a3.jpg"]
    write_sidecars(plan.changes)
    assert read_rating(album / "a3.xmp") == 4 and read_rating(album / "a0.jpg.xmp") == -1
    assert not (album / "a0.xmp").exists()
    stars = {s.shot.path.name: s.rating for s in found.shots}
    assert read_rating(album / "a1.jpg.xmp") == read_rating(album / "a1.xmp") == stars["a1.jpg"]
    write_sidecars(plan_sidecars(found.shots, replace_ratings=True).changes)
    assert read_rating(album / "a3.xmp") == stars["a3.jpg"] == 1


def test_a_damaged_sidecar_is_named_and_the_rest_is_written(album: Path) -> None:
    (album / "a1.xmp").write_bytes(b"<broken")
    plan = plan_sidecars(cull(album).shots)
    assert [p.name for p, _ in plan.unusable] == ["a1.jpg"] and "a1.xmp" in plan.unusable[0][1]
    write_sidecars(plan.changes)
    assert (album / "a1.xmp").read_bytes() == b"<broken" and read_rating(album / "a2.xmp") == 5


def test_where_one_cannot_be_written_none_is(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rating(album / "a0.xmp", 0)
    before = (album / "a0.xmp").read_bytes()
    plan = plan_sidecars(cull(album).shots)
    plain, calls = sidecar_changes._write, []

    def full_at_third(place: Path, data: bytes) -> None:
        calls.append(place)
        if len(calls) == 3:
            raise OutputError(f"{place}: cannot be written: the disk is full")
        plain(place, data)

    monkeypatch.setattr(sidecar_changes, "_write", full_at_third)
    with pytest.raises(OutputError, match="disk is full"):
        write_sidecars(plan.changes)
    assert [p.name for p in album.glob("*.xmp")] == ["a0.xmp"] and (album / "a0.xmp").read_bytes() == before


def test_a_read_only_folder_is_refused_before_anything(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cull(album)
    sidecars, aside = plan_sidecars(found.shots), plan_moves(found, album.parent / "aside")
    # As for a user whom permissions bind; root may write anywhere.
    monkeypatch.setattr(os, "access", lambda place, mode: mode & os.W_OK == 0)
    with pytest.raises(OutputError, match="read-only"):
        write_sidecars(sidecars.changes)
    with pytest.raises(OutputError, match="read-only"):
        move_files(aside)
    assert not list(album.glob("*.xmp")) and [p.name for p in album.parent.iterdir()] == ["album"]
