import numpy as np
import pytest

from catchlight.evaluate.develop.burst_case import BurstCase, cases
from catchlight.simulate import SimulatedBurst, night_city


def _burst(motion: str, *, seed_name: str = "town") -> SimulatedBurst:
    scene = night_city(height_px=180, width_px=210, seed=3)
    return BurstCase(sensor="IMX477", gain=4.0, motion=motion).burst(scene, seed_name=seed_name, side_px=120)  # type: ignore[arg-type]


def test_motions_share_the_reference_frame() -> None:
    still, shaken = _burst("static"), _burst("shaken and rotated")
    np.testing.assert_array_equal(still[0].mosaic, shaken[0].mosaic)
    assert not np.array_equal(still[3].mosaic, shaken[3].mosaic)
    assert not np.array_equal(still[0].mosaic, _burst("static", seed_name="other")[0].mosaic)


@pytest.mark.parametrize("motion", ["disc", "disc, shaken and rotated", "lantern, shaken and rotated"])
def test_objects_are_in_the_picture_and_move(motion: str) -> None:
    burst = _burst(motion)
    first, last = burst.object_mask(0), burst.object_mask(len(burst) - 1)
    assert 0.005 < first.mean() < 0.2
    assert np.abs(first - last).mean() > 0.005
    still = np.allclose(burst.frame_from_reference[-1], np.eye(2, 3))
    assert still == (motion == "disc")


def test_small_photos_make_smaller_frames_that_fit() -> None:
    assert _burst("shaken and rotated").shape == (112, 120)


def test_cases_are_all_combinations() -> None:
    found = cases(["IMX477"], [1.0, 8.0], ["static", "disc"])
    assert [c.name for c in found] == [
        "IMX477, gain 1, static",
        "IMX477, gain 1, disc",
        "IMX477, gain 8, static",
        "IMX477, gain 8, disc",
    ]
    assert [c.moving for c in found] == [False, True, False, True]
