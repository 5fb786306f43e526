import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catchlight.cli.demo import OwnFiles
from catchlight.core import Frame, RawFrame
from catchlight.io import read_picture


def test_demo_shows_the_camera_and_may_run_again(catchlight: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "demo"
    done = catchlight("demo", "-o", out)
    assert done.code == 0, done.err
    assert "synthetic" in done.out and str(out / "report/index.html") in done.out
    night, single = read_picture(out / "night.jpg"), read_picture(out / "night_single_frame.jpg")
    assert isinstance(night, Frame) and night.shape == single.shape
    assert isinstance(read_picture(out / "night.dng"), RawFrame)
    assert read_picture(out / "rose.jpg").shape == (512, 768)
    assert "8 frames, one photo" in (out / "report/index.html").read_text(encoding="utf-8")
    again = OwnFiles(out)
    again.require_ours(("night.jpg", "rose.jpg"))  # its own files may be overwritten
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
