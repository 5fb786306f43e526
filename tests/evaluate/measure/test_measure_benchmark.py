"""The benchmark of measuring, as far as it needs no data: a few cases of each kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catchlight.evaluate import run
from catchlight.evaluate.measure import benchmark
from catchlight.evaluate.measure.analytic_edges import SERIES
from catchlight.evaluate.measure.colour_and_grid import ColourCheckerCase, GridCase
from catchlight.evaluate.measure.noise_fits import FlatsCase, StaticBurstCase
from catchlight.evaluate.measure.rendered_charts import ChartCase
from catchlight.simulate import night_city


def test_every_kind_of_job_has_its_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)
    town = night_city(height_px=128, width_px=160)
    jobs = {f"{s.name}: 0": (lambda s=s: s.errors(0, edges=2)) for s in SERIES}
    jobs |= {
        "charts: 0": ChartCase(index=0).score,
        "colour: 0": lambda: ColourCheckerCase(index=0).score(town),
        "grid: 0": GridCase(index=0).score,
        "flats 128×128: x": FlatsCase(sensor="IMX477", gain=8.0, height=128, width=128, seed=1).score,
        "burst: x": lambda: StaticBurstCase(sensor="IMX477", gain=8.0, seed=1).score(town),
    }
    monkeypatch.setattr(benchmark, "_jobs", lambda folder, quick: jobs)
    found = run("measure", cache=tmp_path / "cache")
    metrics = {r.metric for r in found.rows}
    assert {"MTF50 error, rms", "MTF50 scatter (sd)", "edges found", "charts found", "grids found"} <= metrics
    assert found.value(method="catchlight", case="analytic edges", metric="MTF50 error, largest") < 0.5
    assert json.loads(found.to_json())["benchmark"] == "measure"
    again = run("measure", cache=tmp_path / "cache")
    assert again.config["from_cache"] == len(jobs)
    assert [r.value for r in again.rows] == [r.value for r in found.rows]


def test_jobs_without_data_need_none(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = benchmark._jobs(None, quick=True)
    kinds = {name.split(": ")[0] for name in jobs}
    assert {"charts", "colour", "grid", "burst", *(s.name for s in SERIES)} <= kinds
    assert not any(kind.startswith(("dual pixel", "photos", "real")) for kind in kinds)
