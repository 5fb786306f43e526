"""`catchlight train data-report`: what it prints, writes and refuses."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.cli.train_data import data_report
from catchlight.core import CatchlightError, OutputError, UsageError
from catchlight.train.data import read_manifest
from catchlight.train.data.gates import GateStopError


def _check() -> None:
    pass


@pytest.fixture
def report() -> Callable[..., None]:
    """The command with its options' defaults, as typer would fill them in."""

    def call(named: object, **options: object) -> None:
        data_report(str(named), **options)(_check)

    return call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "set"
    (place / "val").mkdir(parents=True)
    rng = np.random.default_rng(5)
    for name in ("a.png", "b.png", "c.png", "val/d.png"):
        scene = cv2.resize(rng.integers(20, 230, (9, 9, 3)).astype(np.float32), (144, 144), interpolation=0)
        scene = cv2.GaussianBlur(scene, (0, 0), 0.7) + rng.normal(0, 4, scene.shape)
        cv2.imwrite(str(place / name), scene.clip(0, 255).astype(np.uint8))
    return place


def test_a_good_folder(
    folder: Path, tmp_path: Path, report: Callable[..., None], capsys: pytest.CaptureFixture
) -> None:
    page, record, manifest = tmp_path / "new" / "page", tmp_path / "r.json", tmp_path / "set.json"
    report(
        folder, licence="CC0-1.0", origin="my garden", output=str(page), json=str(record), manifest=str(manifest)
    )  # fmt: skip
    said = capsys.readouterr().out
    assert "4 photos kept, 0 dropped" in said and f"report: {page / 'index.html'}" in said
    assert (page / "index.html").is_file() and len(json.loads(record.read_text("utf-8"))["kept"]) == 4
    written = read_manifest(manifest)
    assert written.sources[0].licence == "CC0-1.0" and written.sources[0].origin == "my garden"
    assert [e.split for e in written.entries] == ["train"] * 3 + ["validation"]
    # The manifest is a set, too.
    report(manifest, data=str(folder), quiet=True)
    with pytest.raises(OutputError, match="exists already"):
        report(folder, json=str(record))


def test_a_stop_is_told_after_everything_is_written(folder: Path, tmp_path: Path, report: Callable[..., None]) -> None:
    record = tmp_path / "r.json"
    with pytest.raises(GateStopError, match="licence 'unknown' cannot train shipped weights") as failure:
        report(folder, json=str(record), quiet=True)
    assert failure.value.exit_code == 1 and "\n" not in str(failure.value)
    assert json.loads(record.read_text("utf-8"))["findings"][0]["gate"] == "licence"
    report(folder, own=True, quiet=True)
    report(folder, acknowledge=["licence"], quiet=True)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"acknowledge": ["licens"]}, UsageError, "expected one of licence"),
        ({"data": ""}, UsageError, "found an empty name"),
        ({"output": "-"}, UsageError, "not to standard output"),
    ],
)
def test_wrong_options(
    folder: Path, report: Callable[..., None], options: dict[str, object], kind: type[CatchlightError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        partial(report, folder, quiet=True)(**options)


def test_nothing_there(tmp_path: Path, report: Callable[..., None]) -> None:
    with pytest.raises(CatchlightError, match="expected a manifest, a folder, a tar or one of raw_engine"):
        report(tmp_path / "none")
    with pytest.raises(UsageError, match="empty name"):
        report("")
