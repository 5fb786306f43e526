import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catchlight.core import Frame, InputError, OutputError, RawFrame
from catchlight.io import read_picture, write_dng_cfa, write_frame

Run = Callable[..., Any]  # conftest's Outcome
Tiny = Callable[..., RawFrame]


def hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_burst_becomes_a_photo_and_inputs_stay(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    before = hashes(burst)
    out = tmp_path / "out.jpg"
    done = catchlight("develop", burst, "-o", out, "--json", tmp_path / "r.json")
    assert done.code == 0 and hashes(burst) == before
    assert "3 frames merged" in done.out and "dB less noise expected" in done.out and str(out) in done.out
    picture = read_picture(out)
    assert isinstance(picture, Frame) and picture.shape == (96, 128)
    told = json.loads((tmp_path / "r.json").read_text())
    assert {f["index"] for f in told["frames"]} == {0, 1, 2}
    assert sum(f["reference"] for f in told["frames"]) == 1
    assert all(abs(v) < 1 for f in told["frames"] for v in f["shift_px"])  # nothing moved
    assert told["noise_from"] == "file" and told["noise_reduction_db"] > 2
    assert told["noise_reduction_db"] == pytest.approx(-10 * np.log10(told["share"]))
    assert told["output"] == str(out) and told["settings"]["render"] == "natural"
    assert told["skipped"] == told["notes"] == []


def test_linear_keeps_the_geometry_in_16_bits(catchlight: Run, tiny_raw: Tiny, tmp_path: Path) -> None:
    write_dng_cfa(tmp_path / "a.dng", tiny_raw(0, orientation=6))
    assert catchlight("develop", tmp_path / "a.dng", "-o", tmp_path / "l.tif", "--render", "linear").code == 0
    picture = read_picture(tmp_path / "l.tif")
    assert isinstance(picture, Frame)
    assert picture.shape == (96, 128) and picture.transfer == "linear"


def test_natural_is_turned_upright(catchlight: Run, tiny_raw: Tiny, tmp_path: Path) -> None:
    write_dng_cfa(tmp_path / "a.dng", tiny_raw(0, orientation=6))
    assert catchlight("develop", tmp_path / "a.dng", "-o", tmp_path / "n.png").code == 0
    assert read_picture(tmp_path / "n.png").shape == (128, 96)


@pytest.mark.parametrize("with_report", [False, True])
def test_dng_output_is_the_merged_mosaic(catchlight: Run, burst: Path, tmp_path: Path, with_report: bool) -> None:
    extra = ["--report", tmp_path / "report"] if with_report else []
    assert catchlight("develop", burst, "-o", tmp_path / "m.dng", "--reference", 1, *extra).code == 0
    merged, single = read_picture(tmp_path / "m.dng"), read_picture(burst / "f1.dng")
    assert isinstance(merged, RawFrame) and isinstance(single, RawFrame)
    assert merged.cfa == single.cfa and merged.shape == single.shape
    assert merged.noise is not None and merged.noise.shot[1] < 0.7 * 2e-4
    assert (tmp_path / "report" / "index.html").exists() == with_report


def test_folder_output_takes_the_reference_name(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    assert catchlight("develop", burst, "-o", f"{tmp_path}/new/", "--reference", 2).code == 0
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["f2.jpg"]
    again = catchlight("develop", burst, "-o", tmp_path / "new", "--reference", 2)
    assert again.code == 1 and "exists already" in again.one_line
    assert catchlight("develop", burst, "-o", tmp_path / "new", "--reference", 2, "--force", "--quiet").out == ""


def test_one_bad_frame_is_left_out_and_told(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    (burst / "f1.dng").write_bytes((burst / "f1.dng").read_bytes()[:4000])
    done = catchlight("develop", burst, "-o", tmp_path / "o.png", "--json", tmp_path / "r.json")
    assert done.code == 0 and "2 frames merged" in done.out and "f1.dng" not in done.out
    assert done.one_line.startswith("catchlight: left out") and "f1.dng" in done.one_line
    told = json.loads((tmp_path / "r.json").read_text())
    assert [s["name"] for s in told["skipped"]] == ["f1.dng"] and told["skipped"][0]["reason"]
    strict = catchlight("develop", burst, "-o", tmp_path / "s.png", "--strict")
    assert strict.code == 1 and "f1.dng" in strict.one_line and not (tmp_path / "s.png").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"these are words, no picture\n" * 40, "RAW"), (None, "cut off")],
    ids=["empty", "renamed text", "truncated"],
)
def test_damaged_input_is_one_line(
    catchlight: Run, burst: Path, tmp_path: Path, content: bytes | None, words: str
) -> None:
    bad = tmp_path / "bad.dng"
    bad.write_bytes((burst / "f0.dng").read_bytes()[:5000] if content is None else content)
    done = catchlight("develop", bad, "-o", tmp_path / "o.jpg")
    assert done.code == 1 and "bad.dng" in done.one_line and words in done.err
    assert not (tmp_path / "o.jpg").exists()


def test_mixed_sizes_name_both_frames(catchlight: Run, tiny_raw: Tiny, burst: Path, tmp_path: Path) -> None:
    write_dng_cfa(burst / "g.dng", tiny_raw(9, height=64, width=64))
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg")
    assert done.code == 1 and "g.dng is 64×64" in done.one_line


def test_what_is_wrong_with_the_request_is_told_before_any_work(
    catchlight: Run, burst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("work began")

    monkeypatch.setattr("catchlight.pipelines.develop", never)
    (tmp_path / "there.jpg").write_bytes(b"mine")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("mine")
    out = tmp_path / "o.jpg"
    cases: list[tuple[int, str, list[object]]] = [
        (1, "no such file", [tmp_path / "missing.dng", "-o", out]),
        (1, "nothing matches", [f"{burst}/*.nef", "-o", out]),
        (1, "exists already", [burst, "-o", tmp_path / "there.jpg"]),
        (1, "not a folder", [burst, "-o", burst / "f0.dng" / "o.jpg"]),
        (1, "does not exist", [burst, "-o", tmp_path / "nowhere" / "o.jpg"]),
        (1, "not a folder", [burst, "-o", f"{burst}/f0.dng/new/"]),
        (1, "exists already", [burst, "-o", out, "--report", tmp_path / "report"]),
        (1, "not a folder", [burst, "-o", out, "--report", burst / "f0.dng" / "r"]),
        (1, "exists already", [burst, "-o", out, "--json", tmp_path / "there.jpg"]),
        (2, "ending in one of", [burst, "-o", tmp_path / "o.bmp"]),
        (2, "no suffix", [burst, "-o", tmp_path / "o"]),
        (2, "--reference is one of 0…2", [burst, "-o", out, "--reference", 3]),
        (2, "--reference is one of 0…2", [burst, "-o", out, "--reference", -1]),
        (2, "--reference is 0 for a single frame; found 99", [burst / "f0.dng", "-o", out, "--reference", 99]),
        (2, "--output: expected a file or folder, found an empty name", [burst, "-o", ""]),
        (2, "--report: expected a file or folder, found an empty name", [burst, "-o", out, "--report", ""]),
        (2, "INPUT: expected a file or folder, found an empty name", ["", burst, "-o", out]),
        (2, "--output -: results go to files", [burst, "-o", "-"]),
        (2, "--json -: results go to files", [burst, "-o", out, "--json", "-"]),
        (2, "--exposure lies in", [burst, "-o", out, "--exposure", 9]),
        (2, "--denoise lies in", [burst, "-o", out, "--denoise", "nan"]),
        (2, "--quality", [burst, "-o", out, "--quality", 0]),
        (2, "16 bits", [burst, "-o", out, "--render", "linear"]),
        (2, "merged RAW", [burst, "-o", tmp_path / "o.dng", "--render", "natural"]),
        (2, "one of the inputs", [burst, "-o", burst / "f1.dng", "--force"]),
        (2, "one of the inputs", [burst, "-o", out, "--json", burst / "f1.dng", "--force"]),
        (2, "both the output", [burst, "-o", out, "--json", out]),
        (2, "--output", [burst]),
        (2, "INPUT", ["-o", out]),
        (2, "--nonsense", [burst, "-o", out, "--nonsense"]),
    ]
    for code, words, arguments in cases:
        done = catchlight("develop", *arguments)
        assert (done.code, words in done.one_line) == (code, True), (arguments, done)
    assert not out.exists() and (tmp_path / "there.jpg").read_bytes() == b"mine"
    assert (tmp_path / "report" / "index.html").read_text() == "mine"


def test_an_input_is_not_overwritten_through_a_folder(catchlight: Run, tmp_path: Path) -> None:
    pixels = np.full((32, 32, 3), 0.5, np.float32)
    write_frame(tmp_path / "a.jpg", Frame(pixels=pixels, transfer="srgb"))
    done = catchlight("develop", tmp_path / "a.jpg", "-o", tmp_path, "--force")
    assert done.code == 2 and "never overwritten" in done.one_line


def test_rgb_frames_have_no_mosaic(catchlight: Run, tmp_path: Path) -> None:
    write_frame(tmp_path / "a.png", Frame(pixels=np.full((32, 32, 3), 0.5, np.float32), transfer="srgb"))
    done = catchlight("develop", tmp_path / "a.png", "-o", tmp_path / "a.dng")
    assert done.code == 1 and "RGB" in done.one_line and not (tmp_path / "a.dng").exists()


def test_full_disk_leaves_nothing_behind(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", "size=8k", "tmpfs", str(disk)]
    if mount is None or subprocess.run([mount, *options], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a tiny disk; tests/io covers ENOSPC without one")
    try:
        done = catchlight("develop", burst, "-o", disk / "o.tif")
        assert done.code == 1 and "the disk is full" in done.one_line
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_running_out_of_memory_is_one_line(
    catchlight: Run, burst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("catchlight.pipelines.develop", hungry)
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg")
    assert done.code == 1 and "out of memory" in done.one_line


def test_the_unexpected_is_one_line_with_a_way_to_the_traceback(
    catchlight: Run, burst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("a\nb")

    monkeypatch.setattr("catchlight.pipelines.develop", broken)
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg")
    assert done.code == 1 and "KeyError" in done.one_line and "CATCHLIGHT_TRACEBACK=1" in done.err
    monkeypatch.setenv("CATCHLIGHT_TRACEBACK", "1")
    assert "Traceback" in catchlight("develop", burst, "-o", tmp_path / "o.jpg").err


def test_an_interruption_between_stages_is_heard(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    from catchlight.cli.interrupts import Interrupted
    from catchlight.cli.main import run

    heard = 0

    def check() -> None:
        nonlocal heard
        heard += 1
        if heard == 4:
            raise Interrupted(15)

    assert run(["develop", str(burst), "-o", str(tmp_path / "o.jpg")], check=check) == 143
    assert heard == 4 and os.listdir(tmp_path) == ["burst"]  # noqa: PTH208 - names are what counts


def test_catchlight_errors_keep_their_own_code() -> None:
    from catchlight.cli.failure import describe_failure

    assert describe_failure(InputError("bad\n  thing")) == (r"catchlight: bad\n  thing", 1)


def test_odd_names_are_printed_as_escapes(catchlight: Run, tiny_raw: Tiny, tmp_path: Path) -> None:
    odd = tmp_path / "a\n\x1b[2J\udcff.dng"
    write_dng_cfa(tmp_path / "plain.dng", tiny_raw(0))
    try:
        (tmp_path / "plain.dng").rename(odd)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    done = catchlight("develop", odd, "-o", tmp_path / "o.jpg", "--json", tmp_path / "r.json", "--report", tmp_path)
    assert done.code == 0, done.err
    assert r"a\n\x1b[2J\udcff.dng" in done.out and done.out.count("\n") == 2 and "\x1b" not in done.out
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["frames"][0]["name"] == odd.name
    odd.write_bytes(b"")
    failed = catchlight("develop", odd, "-o", tmp_path / "p.jpg")
    assert r"a\n\x1b[2J\udcff.dng" in failed.one_line and "\x1b" not in failed.err


def test_copies_of_a_frame_are_told_even_when_quiet(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    shutil.copy(burst / "f0.dng", burst / "g.dng")
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--quiet")
    assert done.code == 0 and done.out == ""
    assert "f0.dng and g.dng are the same file content" in done.one_line and "f1.dng" not in done.err


def test_files_that_differ_in_one_byte_are_no_copies(tmp_path: Path) -> None:
    from catchlight.cli.duplicates import duplicate_lines

    content = bytearray(300_000)
    for index, name in enumerate("abcdef"):
        content[0] = index if name in "ab" else 9  # far from the middle, which is looked at first
        (tmp_path / name).write_bytes(content)
    told = duplicate_lines([tmp_path / name for name in "abcdef"])
    assert len(told) == 1 and told[0].startswith("c, d and 2 more are the same")
    assert duplicate_lines([tmp_path / "a", tmp_path / "b", tmp_path / "missing"]) == []


def test_a_frame_that_hardly_agrees_is_told_on_stderr(
    catchlight: Run, tiny_raw: Tiny, burst: Path, tmp_path: Path
) -> None:
    other = tiny_raw(5)
    write_dng_cfa(burst / "z.dng", replace(other, mosaic=np.ascontiguousarray(65535 - other.mosaic)))
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--quiet", "--reference", 0)
    assert done.code == 0 and "hardly used" in done.one_line and "z.dng" in done.err


def test_a_single_frame_is_told_as_what_it_became(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    assert "one frame, written as RAW" in catchlight("develop", burst / "f0.dng", "-o", tmp_path / "o.dng").out
    assert "one frame developed" in catchlight("develop", burst / "f0.dng", "-o", tmp_path / "o.jpg").out


def test_a_report_that_fails_leaves_the_picture_and_no_folder(
    catchlight: Run, burst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OutputError("the disk is full")

    monkeypatch.setattr("catchlight.pipelines.report.write_report", full)
    out, record = tmp_path / "o.jpg", tmp_path / "r.json"
    done = catchlight("develop", burst, "-o", out, "--report", tmp_path / "new" / "r", "--json", record)
    assert done.code == 1 and f"{out} is written; the report is not: the disk is full" in done.one_line
    assert out.exists() and record.exists() and not (tmp_path / "new").exists()


def test_the_first_run_is_told_where_times_are(
    catchlight: Run, burst: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catchlight.cli.first_run.first_run_note", lambda: "first run: compiling")
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--report", tmp_path / "r")
    words = "includes compiling, first run only"
    assert words in done.out and words in (tmp_path / "r" / "index.html").read_text(encoding="utf-8")


def test_frames_left_out_for_one_reason_share_a_line(catchlight: Run, tiny_raw: Tiny, tmp_path: Path) -> None:
    told = tiny_raw(0).metadata
    day_ns = 86400 * 10**9
    for k in range(5):
        raw = tiny_raw(k)
        when = replace(told, timestamp_ns=day_ns * (20000 + (5 if k > 2 else 0)))
        write_dng_cfa(tmp_path / f"{k}.dng", replace(raw, metadata=when))
    done = catchlight("develop", tmp_path, "-o", tmp_path / "o.jpg")
    assert done.code == 0
    assert done.one_line == "catchlight: left out 3.dng, 4.dng: taken 5 days later; develop separately"


def test_a_wrong_choice_is_told_in_plain_words(catchlight: Run, burst: Path, tmp_path: Path) -> None:
    done = catchlight("develop", burst, "-o", tmp_path / "o.jpg", "--scale", "3")
    assert done.code == 2 and "Value error" not in done.one_line and "'1.5'" in done.one_line
