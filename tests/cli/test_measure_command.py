import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catchlight.core import Frame, RawFrame
from catchlight.core.colour import srgb_encode
from catchlight.io import write_dng_cfa, write_frame
from catchlight.simulate.charts.edge_roi import edge_roi

Run = Callable[..., Any]  # conftest's Outcome
SIGMA_PX = 0.8
MTF50 = float(np.sqrt(np.log(2) / 2) / (np.pi * SIGMA_PX))


def write_edge(place: Path, *, linear: bool = False) -> Path:
    plane = edge_roi(height=120, width=90, sigma_px=SIGMA_PX)
    pixels = np.repeat((plane if linear else srgb_encode(plane))[..., None], 3, axis=2)
    # A linear picture in a file that says it is encoded: what --linear is for.
    write_frame(place, Frame(pixels=pixels, transfer="srgb", white="display white"))
    return place


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    return write_edge(tmp_path / "edge.png")


def test_figures_go_to_the_terminal_the_json_and_the_page(catchlight: Run, chart: Path, tmp_path: Path) -> None:
    before = hashlib.sha256(chart.read_bytes()).hexdigest()
    done = catchlight("measure", chart, "--json", tmp_path / "m.json", "--report", tmp_path / "new" / "page")
    assert done.code == 0 and done.err == ""
    told = json.loads((tmp_path / "m.json").read_text())
    assert {"edges", "warnings"} <= set(told) and told["warnings"] == []
    (edge,) = told["edges"]
    assert edge["channel"] == "Y" and edge["mtf50_cy_px"] == pytest.approx(MTF50, rel=0.005)
    assert edge["image"] == "edge.png" and 0 <= edge["confidence"] <= 1
    assert f"{edge['mtf50_cy_px']:.4f}" in done.out and "edge.png: 90×120" in done.out
    page = (tmp_path / "new" / "page" / "index.html").read_text()
    assert "edge.png" in page and str(tmp_path / "new" / "page" / "index.html") in done.out
    assert hashlib.sha256(chart.read_bytes()).hexdigest() == before


def test_linear_numbers(catchlight: Run, tmp_path: Path) -> None:
    lying = write_edge(tmp_path / "linear.png", linear=True)
    for arguments, right in ((["--linear"], True), ([], False)):
        assert catchlight("measure", lying, *arguments, "--json", tmp_path / "m.json", "--force").code == 0
        (edge,) = json.loads((tmp_path / "m.json").read_text())["edges"]
        assert (edge["mtf50_cy_px"] == pytest.approx(MTF50, rel=0.005)) is right
        assert "linear" in json.loads((tmp_path / "m.json").read_text())["images"][0]["domain"] or not right


def test_a_picture_without_an_edge_is_measured_and_said_to_have_none(catchlight: Run, tmp_path: Path) -> None:
    flat = tmp_path / "flat.png"
    write_frame(flat, Frame(pixels=np.full((64, 64, 3), 0.5, np.float32), transfer="srgb", white="display white"))
    done = catchlight("measure", flat, "--json", tmp_path / "m.json", "--report", tmp_path / "page")
    assert done.code == 0 and "no usable edge" in done.one_line
    told = json.loads((tmp_path / "m.json").read_text())
    assert told["edges"] == [] and any("no usable edge" in w for w in told["warnings"])
    assert "No usable edge." in (tmp_path / "page" / "index.html").read_text()


def test_several_pictures_and_a_damaged_one(catchlight: Run, chart: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shots"
    folder.mkdir()
    chart.rename(folder / "a.png")
    write_edge(folder / "b.png")
    (folder / "c.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    done = catchlight("measure", folder, "--json", tmp_path / "m.json", "--quiet")
    assert done.code == 0 and done.out == "" and "c.png" in done.one_line
    told = json.loads((tmp_path / "m.json").read_text())
    assert [e["image"] for e in told["edges"]] == ["a.png", "b.png"]
    assert [i["name"] for i in told["images"]] == ["a.png", "b.png"]


def test_raw_files_are_measured_channel_by_channel(
    catchlight: Run, tmp_path: Path, tiny_raw: Callable[..., RawFrame]
) -> None:
    write_dng_cfa(tmp_path / "s.dng", tiny_raw(1))
    done = catchlight("measure", tmp_path / "s.dng", "--json", tmp_path / "m.json", "--channel", "g")
    assert done.code == 0
    assert json.loads((tmp_path / "m.json").read_text())["images"][0]["channels"] == ["G"]


def test_wrong_usage_and_bad_files_are_one_line(catchlight: Run, chart: Path, tmp_path: Path) -> None:
    note = tmp_path / "note.png"
    note.write_text("no picture")
    there = tmp_path / "there.json"
    there.write_text("mine")
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("mine")
    cases: list[tuple[int, str, list[object]]] = [
        (1, "not a picture of a known kind", [note]),
        (1, "missing.png", [tmp_path / "missing.png"]),
        (1, "exists already", [chart, "--json", there]),
        (1, "exists already", [chart, "--report", tmp_path / "page"]),
        (1, "does not exist", [chart, "--json", tmp_path / "no" / "m.json"]),
        (1, "is not a folder", [chart, "--report", chart / "page"]),
        (2, "one of the inputs", [chart, "--json", chart, "--force"]),
        (2, "found an empty name", [""]),
        (2, "--json -: results go to files", [chart, "--json", "-"]),
        (2, "expected some of Y R G B; found Q", [chart, "--channel", "q"]),
        (2, "this picture has Y", [chart, "--channel", "R"]),
        (2, "IMAGE", []),
    ]
    for code, words, arguments in cases:
        done = catchlight("measure", *arguments)
        assert done.code == code and words in done.one_line, (arguments, done)
    assert there.read_text() == "mine" and (tmp_path / "page" / "index.html").read_text() == "mine"


def test_nothing_half_written_when_the_report_fails(
    catchlight: Run, chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catchlight.pipelines.measure_report.write_measure_report", broken)
    done = catchlight("measure", chart, "--report", tmp_path / "new" / "page")
    assert done.code == 1 and "No space left" in done.one_line
    assert not (tmp_path / "new").exists()
