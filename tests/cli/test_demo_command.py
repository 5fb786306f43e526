import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catchlight.cli.demo import OwnFiles
from catchlight.core import Frame, RawFrame
from catchlight.io import read_picture


def test_demo_shows_the_camera_and_may_run_again(catchlight: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = catchlight("demo", "-o", out, "--json", out / "demo.json")
    assert done.code == 0, done.err
    told = json.loads((out / "demo.json").read_text(encoding="utf-8"))
    assert len(told["files"]) == 5
    assert all(Path(f["path"]).stat().st_size == f["bytes"] for f in told["files"])
    assert [len(d["frames"]) for d in told["developments"]] == [8, 1]
    assert (
        "synthetic" in done.out and "dB less noise expected" in done.out and str(out / "report/index.html") in done.out
    )
    night, single = read_picture(out / "night.jpg"), read_picture(out / "night_single_frame.jpg")
    assert isinstance(night, Frame) and night.shape == single.shape
    assert isinstance(read_picture(out / "night.dng"), RawFrame)
    assert read_picture(out / "rose.jpg").shape == (512, 768)
    assert "8 frames, one photo" in (out / "report/index.html").read_text(encoding="utf-8")
    again = OwnFiles(out)
    again.require_ours(("night.jpg", "rose.jpg", str(out / "demo.json")))  # its own files may be overwritten
    (out / "rose.jpg").write_bytes(b"mine")
    refused = catchlight("demo", "-o", out)
    assert refused.code == 1 and "rose.jpg" in refused.err and (out / "rose.jpg").read_bytes() == b"mine"


def test_demo_leaves_a_users_file_alone(catchlight: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "night.dng").write_bytes(b"mine")
    done = catchlight("demo", "-o", tmp_path)
    assert done.code == 1 and "was not made by the demo" in done.err
    assert [p.name for p in tmp_path.iterdir()] == ["night.dng"]


def test_a_file_that_an_ended_run_was_making_is_ours(tmp_path: Path) -> None:
    (tmp_path / "night.jpg").write_bytes(b"half")
    (tmp_path / "made-by-catchlight-demo.json").write_text(json.dumps({"files": {"night.jpg": None}}))
    OwnFiles(tmp_path).require_ours(("night.jpg",))


def test_demo_checks_the_json_file_before_any_work(catchlight: Callable[..., Any], tmp_path: Path) -> None:
    out, mine = tmp_path / "demo", tmp_path / "mine.json"
    mine.write_text("mine")
    cases = [
        (2, "two names", out / "night.jpg"),
        (2, "two names", out / "made-by-catchlight-demo.json"),
        (1, "was not made by the demo", mine),
        (1, "does not exist", tmp_path / "missing" / "d.json"),
    ]
    for code, words, place in cases:
        done = catchlight("demo", "-o", out, "--json", place)
        assert (done.code, words in done.one_line) == (code, True), done
    for arguments in (["-o", ""], ["-o", out, "--json", ""], ["-o", "-"]):
        assert catchlight("demo", *arguments).code == 2
    assert not out.exists() and mine.read_text() == "mine"
