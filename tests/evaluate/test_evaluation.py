import json

import pytest

from catchlight.core import ContractError
from catchlight.evaluate import Evaluation, Row, markdown_table


def _row(**changes: object) -> Row:
    given = {
        "method": "catchlight",
        "case": "static",
        "metric": "PSNR",
        "value": 40.0,
        "ci95": 0.5,
        "unit": "dB",
        "higher_is_better": True,
    }
    return Row(**(given | changes))  # type: ignore[arg-type]


def test_the_json_has_the_fixed_keys_and_survives_a_round_trip() -> None:
    made = Evaluation(benchmark="develop", commit="abc", config={"quick": True}, rows=(_row(), _row(ci95=None)))
    whole = json.loads(made.to_json())
    assert list(whole) == ["benchmark", "commit", "config", "rows"]
    assert list(whole["rows"][0]) == ["method", "case", "metric", "value", "ci95", "unit", "higher_is_better"]
    assert tuple(Row(**row) for row in whole["rows"]) == made.rows


@pytest.mark.parametrize(
    "bad", [{"value": float("nan")}, {"value": float("inf")}, {"ci95": -1.0}, {"ci95": float("nan")}]
)
def test_a_row_that_is_no_figure_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ContractError, match="finite"):
        _row(**bad)


def test_one_figure_is_found_and_two_or_none_are_refused() -> None:
    made = Evaluation(benchmark="b", commit="c", config={}, rows=(_row(), _row(method="mean"), _row(method="mean")))
    assert made.value(method="catchlight", case="static", metric="PSNR") == 40.0
    for method in ("mean", "nobody"):
        with pytest.raises(ContractError, match="one row"):
            made.value(method=method, case="static", metric="PSNR")


def test_the_table_marks_the_best_and_leaves_missing_methods_empty() -> None:
    rows = [
        _row(metric="loss", value=1.0, higher_is_better=False, ci95=None),
        _row(metric="loss", value=2.0, higher_is_better=False, ci95=None, method="mean"),
        _row(metric="loss", value=3.0, higher_is_better=False, ci95=None, case="shaken"),
        _row(),
    ]
    lines = markdown_table(rows, metric="loss").splitlines()
    assert lines[2:] == ["| static | **1.00** | 2.00 |", "| shaken | 3.00 |  |"]
    assert "| static | 1.00 | 2.00 |" in markdown_table(rows, metric="loss", apart=("catchlight",))
    assert markdown_table(rows, metric="SSIM") == ""
