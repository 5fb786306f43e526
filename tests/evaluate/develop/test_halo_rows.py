import numpy as np
import pytest

from catchlight.evaluate.develop import halo_rows
from catchlight.evaluate.develop.halo_rows import HALO, ONE_CURVE, edge_scene, halo_part, halo_scores


@pytest.mark.parametrize("kind", halo_rows.KINDS)
def test_a_scene_has_two_even_surfaces_and_the_step_asked_for(kind: halo_rows.Kind) -> None:
    light, distance_px = edge_scene(kind, 3.0, 12.0)
    assert light.shape == (*distance_px.shape, 3) and light.dtype == np.float32
    bright, dark = light[distance_px > 13], light[distance_px < -13]
    assert np.ptp(bright) < 1e-6 and np.ptp(dark) < 1e-6
    assert np.log2(bright.mean() / dark.mean()) == pytest.approx(3.0, abs=1e-4)
    # Its border lies where the transition is half through, in EV.
    at_border = light[np.abs(distance_px) < 0.6]
    assert np.log2(at_border.mean() / dark.mean()) == pytest.approx(1.5, abs=0.2)


def test_catchlight_draws_none_a_gaussian_base_does_and_one_curve_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halo_rows, "STEPS_EV", (2, 6))
    monkeypatch.setattr(halo_rows, "_SIZE_PX", (160, 240))
    found = halo_scores("step", 0.0)
    assert found["catchlight"] < 0.5
    assert found["Gaussian base"] > 3
    assert all(found[name] < 0.02 for name in ONE_CURVE)


def test_rows_name_every_method_and_the_quick_part_is_a_part_of_the_whole() -> None:
    part, quick = halo_part(False), halo_part(True)
    assert len(part.jobs) == 6 and set(quick.jobs) < set(part.jobs)
    rows = part.rows({"step": {"catchlight": 0.25, "other": 2.0}})
    assert [(r.method, r.case, r.metric, r.value, r.higher_is_better) for r in rows] == [
        ("catchlight", "step", HALO, 0.25, False),
        ("other", "step", HALO, 2.0, False),
    ]
