import math
from pathlib import Path

import pytest

from catchlight.core import InputError, UsageError
from catchlight.evaluate import Evaluation, Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.release_gate import GateError, photo_key, read_evaluation, release_gate

PHOTOS = ("a", "b", "c", "d")


def _evaluation(
    figures: dict[str, list[float]], *, benchmark: str = "raw_engine", higher: bool = True, paired: bool = True
) -> Evaluation:
    """One engine, one row a slice, and a baseline that is always bad."""
    rows, per_photo = [], {}
    for case, values in figures.items():
        mean, ci95 = mean_ci95(values)
        rows.append(
            Row(method="engine", case=case, metric="PSNR", value=mean, ci95=ci95, unit="dB", higher_is_better=higher)
        )
        per_photo[photo_key("engine", case, "PSNR")] = dict(zip(PHOTOS, values, strict=False))
    worse = len(figures.get("dark", ()))
    rows.append(
        Row(method="base", case="dark", metric="PSNR", value=-float(worse), ci95=0.0, unit="dB", higher_is_better=True)
    )
    config = {"gated": ["engine"], "cases": sorted(figures), "quick": False}
    return Evaluation(
        benchmark=benchmark, commit="c", config=config | ({"per_photo": per_photo} if paired else {}), rows=tuple(rows)
    )


WIDE = [30.0, 35.0, 40.0, 45.0]


def test_a_small_drop_on_every_photo_shuts_the_gate_though_the_means_overlap() -> None:
    before = _evaluation({"dark": WIDE, "bright": WIDE})
    after = _evaluation({"dark": [v - 0.3 - 0.01 * i for i, v in enumerate(WIDE)], "bright": WIDE})
    verdict = release_gate(before, after)
    assert not verdict.passed
    (drop,) = verdict.drops
    assert (drop.case, drop.paired) == ("dark", True)
    assert drop.lost == pytest.approx(0.315)
    with pytest.raises(GateError, match=r"engine, dark: PSNR 0\.3[12] dB worse"):
        verdict.require()
    # Without the figures of the photos nobody can tell: the photos differ by far more.
    unpaired = release_gate(_evaluation({"dark": WIDE}, paired=False), _evaluation({"dark": after_of(after)}))
    assert unpaired.passed


def after_of(evaluation: Evaluation) -> list[float]:
    return list(evaluation.config["per_photo"][photo_key("engine", "dark", "PSNR")].values())


def test_what_chance_explains_and_what_got_better_pass() -> None:
    before = _evaluation({"dark": WIDE})
    scattered = [v + d for v, d in zip(WIDE, (-0.9, 0.7, -0.8, 0.6), strict=True)]
    assert release_gate(before, _evaluation({"dark": scattered})).passed
    assert release_gate(before, _evaluation({"dark": [v + 1 for v in WIDE]})).passed
    # Surely worse, by what no table shows.
    assert release_gate(before, _evaluation({"dark": [v - 0.004 for v in WIDE]})).passed
    release_gate(before, before).require()


def test_lower_can_be_better_and_a_missing_slice_is_a_drop() -> None:
    before = _evaluation({"dark": WIDE}, higher=False)
    assert not release_gate(before, _evaluation({"dark": [v + 1 for v in WIDE]}, higher=False)).passed
    assert release_gate(before, _evaluation({"dark": [v - 1 for v in WIDE]}, higher=False)).passed
    gone = Evaluation(benchmark="raw_engine", commit="c", config=before.config, rows=())
    verdict = release_gate(before, gone)
    assert math.isinf(verdict.drops[0].lost)
    assert "is missing" in verdict.drops[0].text


def test_the_worst_drop_is_named_first() -> None:
    before = _evaluation({"dark": WIDE, "bright": WIDE})
    after = _evaluation({"dark": [v - 0.2 for v in WIDE], "bright": [v - 2 for v in WIDE]})
    assert [drop.case for drop in release_gate(before, after).drops] == ["bright", "dark"]


def test_other_evaluations_are_refused() -> None:
    one = _evaluation({"dark": WIDE})
    with pytest.raises(UsageError, match="found one of develop"):
        release_gate(_evaluation({"dark": WIDE}, benchmark="develop"), one)
    with pytest.raises(UsageError, match="same cases"):
        release_gate(_evaluation({"dark": WIDE, "bright": WIDE}), one)
    empty = Evaluation(benchmark="raw_engine", commit="c", config=one.config, rows=())
    with pytest.raises(UsageError, match="found none"):
        release_gate(empty, one)


def test_an_evaluation_comes_back_from_its_json(tmp_path: Path) -> None:
    place = tmp_path / "e.json"
    one = _evaluation({"dark": WIDE})
    place.write_text(one.to_json())
    assert read_evaluation(place) == one
    with pytest.raises(InputError, match="cannot be read"):
        read_evaluation(tmp_path / "nothing.json")
    for wrong in ("{", "[]", '{"rows": [{"method": 1}]}', '{"rows": [], "benchmark": "a", "commit": "b"}'):
        place.write_text(wrong)
        with pytest.raises(InputError, match="something else"):
            read_evaluation(place)
