import json
from pathlib import Path

import pytest

from catchlight.cli.main import run
from catchlight.evaluate import BENCHMARKS, Evaluation, Row


@pytest.fixture
def one_row(monkeypatch: pytest.MonkeyPatch) -> Evaluation:
    row = Row(
        method="catchlight", case="kodak24", metric="CPSNR", value=39.5, ci95=0.25, unit="dB", higher_is_better=True
    )
    made = Evaluation(benchmark="develop", commit="c", config={"notes": ["none"], "from_cache": 0}, rows=(row,))
    monkeypatch.setitem(BENCHMARKS, "develop", lambda *_, **__: made)
    return made


def test_it_prints_tables_and_writes_all_rows(
    one_row: Evaluation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "e.json"
    assert run(["evaluate", "develop", "--quick", "--json", str(place)]) == 0
    assert json.loads(place.read_text()) == json.loads(one_row.to_json())
    assert "| kodak24 | 39.50 ± 0.25 |" in capsys.readouterr().out


@pytest.mark.usefixtures("one_row")
def test_an_existing_file_is_refused_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> Evaluation:
        raise AssertionError("worked")

    monkeypatch.setitem(BENCHMARKS, "develop", never)
    place = tmp_path / "e.json"
    place.write_text("mine")
    assert run(["evaluate", "develop", "--json", str(place)]) == 1
    assert "--force" in capsys.readouterr().err
    assert place.read_text() == "mine"


@pytest.mark.parametrize("wrong", [["nothing"], ["develop", "--data", "/no/such/folder"], []])
def test_wrong_usage_is_one_line_and_code_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", *wrong]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
