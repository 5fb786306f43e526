import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catchlight.core import InputError, UsageError
from catchlight.evaluate import run
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine import benchmark
from catchlight.evaluate.raw_engine import engines as engines_module
from catchlight.evaluate.raw_engine import plan as plan_module
from catchlight.evaluate.raw_engine.engines import ENGINES, MeasuredEngine, load_engines
from catchlight.evaluate.raw_engine.plan import plan_of
from catchlight.evaluate.release_gate import release_gate


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, town: Photo, engines: tuple[MeasuredEngine, ...]) -> None:
    """One small photo in every part, and engines without weights."""
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)

    def plan(folder: Path | None, *, quick: bool) -> object:
        few = (town,)
        demosaic = {"demosaic, town, GBRG": ("GBRG", few)}
        whole = plan_of(folder, quick=True)
        return replace(
            whole, demosaic=demosaic, noisy=few, tuning=few, gains=(16.0,), demosaic_px=128, side_px=128, tuning_px=64
        )

    monkeypatch.setattr(benchmark, "plan_of", plan)
    monkeypatch.setattr(benchmark, "load_engines", lambda: (engines, ("fast fp32 is missing",)))


def _calls(engines: tuple[MeasuredEngine, ...]) -> int:
    return sum(engine.engine.calls for engine in engines)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("small")
def test_rows_of_every_part_and_pictures_that_are_made_once(
    tmp_path: Path, engines: tuple[MeasuredEngine, ...]
) -> None:
    told: list[str] = []
    first = run("raw_engine", quick=True, cache=tmp_path / "c", progress=lambda *what: told.append(what[0]))
    assert {"demosaic, town, GBRG: town/3", "tune LibRaw AHD, gain 16"} <= set(told)
    cases = {row.case.split(",")[0] for row in first.rows}
    assert cases == {"demosaic", "single frame", "8 frames merged", "grey 0.1"}
    # The stand-in is the chain itself, so it is exactly as good; off by 0.003 and by 0.01 is worse.
    single = "single frame, IMX477, gain 16"
    assert first.value(method="engine best fp32", case=single, metric="ahead of catchlight's chain") == 0
    assert first.value(method="engine best int8", case=single, metric="int8 short of fp32") > 0
    assert first.value(method="engine fast int8", case=single, metric="fast short of best") > 0
    assert any("fast fp32" in note for note in first.config["notes"])
    assert json.loads(first.to_json())["rows"]
    before = _calls(engines)
    again = run("raw_engine", quick=True, cache=tmp_path / "c")
    assert again.rows == first.rows
    assert again.config["measured"] == 0
    assert _calls(engines) == before  # what tells them apart is asked once each


@pytest.mark.usefixtures("small")
def test_new_weights_are_measured_anew_and_baselines_are_not(
    tmp_path: Path, engines: tuple[MeasuredEngine, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run("raw_engine", quick=True, cache=tmp_path / "c")
    worse = type(engines[0].engine)(0.05)  # type: ignore[call-arg]
    monkeypatch.setattr(
        benchmark, "load_engines", lambda: ((MeasuredEngine("engine best fp32", worse), *engines[1:]), ())
    )
    second = run("raw_engine", quick=True, cache=tmp_path / "c")
    # Demosaic, single frame, merged, and two greys.
    assert second.config["measured"] == 5
    case = "demosaic, town, GBRG"
    values = [e.value(method="engine best fp32", case=case, metric="CPSNR") for e in (first, second)]
    assert values[1] < values[0] - 3
    # One photo has no interval, but greys have two.
    assert any(drop.method == "engine best fp32" for drop in release_gate(first, second).drops)


@pytest.mark.usefixtures("small")
def test_a_cache_of_other_photos_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, town: Photo) -> None:
    plan = benchmark.plan_of(None, quick=True)
    folder = tmp_path / "c"
    from catchlight.evaluate.result_cache import open_cache

    open_cache(folder, plan.config())
    other = Photo(name="town/4", frame=replace(town.frame, pixels=town.frame.pixels[::-1].copy()))
    monkeypatch.setattr(benchmark, "plan_of", lambda *_, **__: replace(plan, noisy=(other,)))
    with pytest.raises(UsageError, match="another configuration"):
        run("raw_engine", quick=True, cache=folder)


def test_the_plan_without_data_needs_no_file_and_tunes_on_other_photos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_module, "_TOWN_PX", 64)
    for name in ("gb82/nyc", "gb82/flowers", "gb82/mc1", "cid22_512/validation/a", "cid22_512/validation/b"):
        _write(tmp_path / "photos" / f"{name}.png")
    with pytest.raises(InputError, match="kodak24"):
        plan_of(tmp_path, quick=True)
    for k in range(24):
        _write(tmp_path / "photos" / "kodak24" / f"{k}.png")
    for folder in (None, tmp_path):
        for quick in (True, False):
            plan = plan_of(folder, quick=quick)
            config = plan.config()
            assert not set(config["noisy"]) & set(config["tuning"])
            assert not any("mc1" in name for name in (*config["noisy"], *config["demosaic"]))
            assert json.loads(json.dumps(config)) == config
            orders = {cfa for cfa, _ in plan.demosaic.values()}
            assert orders == ({"RGGB", "GBRG"} if quick else {"RGGB", "BGGR", "GRBG", "GBRG"})
            assert plan.gains == ((1.0, 16.0) if quick else (1.0, 4.0, 16.0))


def _write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(path)


def test_engines_that_cannot_be_loaded_are_noted(
    monkeypatch: pytest.MonkeyPatch, engines: tuple[MeasuredEngine, ...]
) -> None:
    def load(size: str, precision: str) -> object:
        if size == "fast":
            raise InputError("no weights")
        return engines[0].engine

    monkeypatch.setattr(engines_module, "load_engine", load)
    found, notes = load_engines()
    assert tuple(engine.name for engine in found) == ENGINES[:2]
    assert len(notes) == 2 and all("no weights" in note for note in notes)


def test_what_tells_engines_apart_is_what_they_make(engines: tuple[MeasuredEngine, ...]) -> None:
    versions = {engine.name: engine.version for engine in engines}
    assert len(set(versions.values())) == len(engines)
    same: Mapping[str, str] = {e.name: MeasuredEngine("other", e.engine).version for e in engines}
    assert same == versions
