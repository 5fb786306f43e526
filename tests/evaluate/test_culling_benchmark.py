"""The labelled folder says the truth about itself, and the benchmark tells better from worse."""

from pathlib import Path

import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.evaluate.culling import _exact, _pair_f1, culling_rows
from catchlight.evaluate.culling_folder import KINDS, make_folder
from catchlight.evaluate.photo_sets import synthetic_photos
from catchlight.pipelines.culling.preview import read_preview


def test_figures_of_known_groupings() -> None:
    truth = [0, 0, 0, 1, 1, 2]
    assert _pair_f1(truth, truth) == 1 and _exact(truth, truth) == 1
    # All in one: 4 of 15 pairs are right, none is missed.
    assert _pair_f1(truth, [0] * 6) == pytest.approx(2 * 4 / (4 + 15))
    assert _pair_f1(truth, list(range(6))) == 0
    assert _exact(truth, list(range(6))) == pytest.approx(1 / 3)


def test_a_labelled_folder_holds_what_it_says(tmp_path: Path) -> None:
    shots = make_folder(synthetic_photos(2), tmp_path, seed=1, whole_seconds=True)
    assert {s.kind for s in shots} == set(KINDS[:2]) and {s.group for s in shots} == {0, 1}
    assert sorted(tmp_path.iterdir()) == [s.path for s in shots]
    bracket = [read_preview(s.path) for s in shots if s.kind == "bracket"]
    evs = [p.record.light_ev or 0.0 for p in bracket]
    assert evs[2] - evs[1] == pytest.approx(6.0, abs=0.05)
    assert bracket[1].grey.mean() < bracket[0].grey.mean() < bracket[2].grey.mean()
    assert all(p.record.time_s == int(p.record.time_s or 0) for p in bracket)
    burst = [s.blur_px for s in shots if s.kind == "burst"]
    assert burst.count(min(burst)) == 1 and min(burst) == pytest.approx(0.6)
    with pytest.raises(ContractError, match="at least one photo"):
        make_folder([], tmp_path, seed=1, whole_seconds=True)


def test_we_group_and_rank_better_than_the_usual_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)
    rows = culling_rows(quick=True)
    figures = {(r.method, r.metric): r.value for r in rows if "," not in r.case}
    usual = [v for (method, metric), v in figures.items() if metric == "pair F1" and method.startswith("time only")]
    assert figures["catchlight", "pair F1"] >= max(usual) and len(usual) == 2
    assert figures["catchlight", "pair F1"] > 0.9
    assert figures["catchlight", "sharpest first"] >= figures["variance of Laplacian", "sharpest first"]
    assert all(np.isfinite(r.value) and (r.ci95 is None or r.ci95 > 0) for r in rows)
