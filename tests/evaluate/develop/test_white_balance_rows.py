import numpy as np
import pytest

from catchlight.core import CameraColour, Frame
from catchlight.evaluate.develop import white_balance_rows as wb
from catchlight.evaluate.photo_sets import Photo
from catchlight.simulate import SENSORS
from catchlight.simulate.light import white_xy


def _uv(xy: tuple[float, float]) -> np.ndarray:
    scale = -2 * xy[0] + 12 * xy[1] + 3
    return np.array([4 * xy[0], 6 * xy[1]]) / scale


@pytest.mark.parametrize("cct_k", [2000.0, 3000.0, 5000.0, 8000.0])
def test_a_light_lies_as_far_above_the_locus_as_asked_towards_green(cct_k: float) -> None:
    on = wb.light_above_locus(cct_k, 0.0)
    assert on == pytest.approx(white_xy(cct_k), abs=1e-9)
    above = wb.light_above_locus(cct_k, 0.012)
    assert np.linalg.norm(_uv(above) - _uv(on)) == pytest.approx(0.012, rel=1e-6)
    # Seen by a camera there is less red and less blue beside the green, taken together.
    colour = SENSORS["IMX477"].colour
    green, plain = wb.neutral_of(colour, above), wb.neutral_of(colour, on)
    assert green[0] * green[2] < plain[0] * plain[2] and green[1] == plain[1] == 1


def test_the_angle_between_two_whites() -> None:
    assert wb.angle_deg(np.array([1.0, 1.0, 1.0]), np.array([2.0, 2.0, 2.0])) == pytest.approx(0, abs=1e-5)
    assert wb.angle_deg(np.array([1.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])) == pytest.approx(90)


def _grey_world(seed: int) -> np.ndarray:
    """Patches whose mean is grey and whose brightest is white."""
    patches = np.random.default_rng(seed).uniform(0.05, 0.6, (24, 24, 3))
    patches[::6, ::6] = 0.8
    return np.kron(patches, np.ones((8, 8, 1)))


@pytest.mark.parametrize("method", list(wb.ESTIMATORS))
def test_every_estimator_finds_the_light_of_its_own_world(method: str) -> None:
    neutral = wb.neutral_of(SENSORS["IMX477"].colour, wb.light_above_locus(3200.0, 0.0))
    seen = (_grey_world(1) * neutral * 0.7).astype(np.float32)
    found = wb.ESTIMATORS[method](seen, SENSORS["IMX477"].colour)
    assert wb.angle_deg(found, neutral) < 1.5
    # It gives an answer to a picture without any light.
    assert np.all(wb.ESTIMATORS[method](np.zeros((32, 32, 3), np.float32), CameraColour()) > 0)


def test_clipped_pixels_are_kept_from_the_classical_estimators() -> None:
    neutral = wb.neutral_of(SENSORS["IMX477"].colour, wb.light_above_locus(3200.0, 0.0))
    seen = (_grey_world(2) * neutral * 0.7).astype(np.float32)
    blown = seen.copy()
    blown[:40] = 1.0
    found = wb.ESTIMATORS["max-RGB"](blown, CameraColour())
    assert wb.angle_deg(found, neutral) < 1.5


def test_errors_of_a_photo_are_four_a_method_and_repeat() -> None:
    photo = Photo(name="a/b", frame=Frame(pixels=_grey_world(3).astype(np.float32), transfer="linear"))
    found = wb.white_balance_errors(photo)
    assert len(found) == 4 * len(wb.ESTIMATORS)
    assert wb.white_balance_errors(photo) == found
    grey = [v for k, v in found.items() if k.startswith("grey world | ")]
    assert len(grey) == 4 and np.median(grey) < 4


def test_rows_put_errors_into_their_groups() -> None:
    part = wb.white_balance_part(None, True)
    rows = part.rows({"p": {"a | 2000 | 0": 1.0, "a | 4000 | 0.012": 3.0}, "q": {"a | 6500 | 0": 2.0}})
    medians = {r.case: r.value for r in rows if r.metric == wb.MEDIAN}
    assert medians == {
        "all lights, n = 3": 2.0,
        "black body up to 2700 K, n = 1": 1.0,
        "greenish lamps, n = 1": 3.0,
        "black body from 5000 K, n = 1": 2.0,
    }
    assert all(not r.higher_is_better for r in rows)
    assert next(r.value for r in rows if r.metric == wb.P95) == pytest.approx(2.9)
