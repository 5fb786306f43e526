import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catchlight.core import UsageError
from catchlight.evaluate import Row, evaluate_develop, run
from catchlight.evaluate.develop import benchmark
from catchlight.evaluate.develop.burst_case import cases
from catchlight.evaluate.develop.part import rows_part
from catchlight.evaluate.develop.parts import parts_of
from catchlight.evaluate.photo_sets import Photo
from catchlight.simulate import night_city


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two bursts of small frames instead of hundreds."""
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)
    photo = Photo(name="town/3", frame=night_city(height_px=200, width_px=200, seed=3))
    jobs = [benchmark._Job(photo=photo, case=case) for case in cases(["IMX477"], [8.0], ["static", "shaken"])]
    monkeypatch.setattr(benchmark, "_plan", lambda folder, quick: (jobs, {}))
    monkeypatch.setattr(benchmark, "_QUICK_SIDE_PX", 128)
    row = Row(method="a", case="b", metric="in a part", value=1.5, ci95=None, unit="1", higher_is_better=True)
    part = replace(rows_part("some part", "made up", lambda: [row], photos={photo.name: photo}), apart=("oracle",))
    monkeypatch.setattr(benchmark, "parts_of", lambda folder, quick: (part,))


@pytest.mark.usefixtures("small")
def test_it_answers_rows_and_says_that_they_are_synthetic(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    first = run("develop", quick=True, cache=tmp_path / "c", progress=lambda *what: told.append(what))
    assert first.benchmark == "develop"
    assert "SYNTHETIC" in first.config["bursts"]
    assert (first.config["measured"], first.config["from_cache"]) == (3, 0)
    assert told[-1] == ("done", 3, 3)
    assert ("some part: all", 2, 3) in told
    assert first.value(method="a", case="b", metric="in a part") == 1.5
    assert first.config["parts"] == {"some part": {"what": "made up", "jobs": ["all"]}}
    assert first.config["apart"] == ["noise-free mosaic", "oracle"]
    gain = first.value(method="catchlight", case="IMX477, gain 8, static", metric="merge gain")
    assert 6 < gain < 9.6
    again = run("develop", quick=True, cache=tmp_path / "c")
    assert again.rows == first.rows
    assert again.config["from_cache"] == 3
    assert json.loads(first.to_json())["rows"]


def test_the_plan_without_data_needs_no_file_and_with_data_takes_photos_only(tmp_path: Path) -> None:
    for name in ("gb82/nyc", "gb82/flowers", "gb82/mc1", "kodak24/1", "clic2025_960/validation/a"):
        path = tmp_path / "photos" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((16, 16, 3), np.uint8)).save(path)
    for quick in (True, False):
        jobs, demosaic = benchmark._plan(None, quick)
        assert jobs
        assert not demosaic
        jobs, demosaic = benchmark._plan(tmp_path, quick)
        names = {job.name for job in jobs}
        assert {"gb82/nyc", "gb82/flowers"} <= names
        assert "gb82/mc1" not in names
        assert set(demosaic) == {"kodak24", "gb82"}
        # What is compared is measured on the same photos.
        for sensor in {job.case.sensor for job in jobs}:
            photos = {
                c: [j.name for j in jobs if j.case == c] for c in {j.case for j in jobs if j.case.sensor == sensor}
            }
            assert len({tuple(names) for names in photos.values()}) == 1
        assert {job.case.gain for job in jobs} == ({1.0, 8.0} if quick else {1.0, 2.0, 4.0, 8.0})


def test_the_parts_have_names_and_cases_of_their_own_and_quick_ones_fewer() -> None:
    whole, quick = parts_of(None, False), parts_of(None, True)
    names = [part.name for part in whole]
    assert len(set(names)) == len(names) and names == [part.name for part in quick]
    assert all(1 <= len(few.jobs) <= len(all_.jobs) for few, all_ in zip(quick, whole, strict=True))


def test_wrong_requests_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="develop"):
        run("nothing")
    with pytest.raises(UsageError, match="--data"):
        evaluate_develop(tmp_path / "nothing")
