import json
from dataclasses import replace
from pathlib import Path

import pytest

from catchlight.cli.main import run
from catchlight.evaluate import BENCHMARKS, Evaluation, Row

ROW = Row(method="engine", case="dark", metric="PSNR", value=30.0, ci95=0.25, unit="dB", higher_is_better=True)
ONE = Evaluation(benchmark="raw_engine", commit="c", config={"tables": ["PSNR"], "from_cache": 0}, rows=(ROW,))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The JSON of an earlier evaluation; what is measured now is the same."""
    monkeypatch.setitem(BENCHMARKS, "raw_engine", lambda *_, **__: ONE)
    place = tmp_path / "before.json"
    place.write_text(ONE.to_json())
    return place


def test_an_open_gate_lets_the_leaderboard_be_written(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = measured.with_name("L.md")
    board.write_text("# Board\n")
    assert run(["evaluate", "raw_engine", "--against", str(measured), "--leaderboard", str(board)]) == 0
    assert "release gate: open, none of 1 figures dropped" in capsys.readouterr().out
    assert "| dark | 30.00 ± 0.25 |" in board.read_text()


def test_a_shut_gate_names_the_slice_keeps_the_json_and_exits_1(
    measured: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = replace(ONE, rows=(replace(ROW, value=28.0),))
    monkeypatch.setitem(BENCHMARKS, "raw_engine", lambda *_, **__: worse)
    board, after = measured.with_name("L.md"), measured.with_name("after.json")
    board.write_text("# Board\n")
    order = ["evaluate", "raw_engine", "--against", str(measured), "--leaderboard", str(board), "--json", str(after)]
    assert run(order) == 1
    told = capsys.readouterr().err
    assert "engine, dark: PSNR 2.00 dB worse" in told
    assert len(told.splitlines()) == 1
    assert board.read_text() == "# Board\n"
    assert json.loads(after.read_text())["rows"][0]["value"] == 28.0


def test_wrong_requests_end_before_any_work(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> Evaluation:
        raise AssertionError("worked")

    for name in ("raw_engine", "develop"):
        monkeypatch.setitem(BENCHMARKS, name, never)
    assert run(["evaluate", "raw_engine", "--against", str(measured.with_name("nothing.json"))]) == 1
    assert run(["evaluate", "develop", "--leaderboard", str(measured)]) == 2
    assert run(["evaluate", "raw_engine", "--leaderboard", str(measured.parent)]) == 1
