import math

import numpy as np
import pytest

from catchlight.core import Frame
from catchlight.evaluate.develop import hdr, hdr_wedge
from catchlight.evaluate.develop.hdr_bracket import FIVE, SCENE_WHITE, THREE, Bracket, high_contrast, linear_frames
from catchlight.evaluate.photo_sets import Photo
from catchlight.simulate import night_city


def _scene(side: int = 232) -> Frame:
    return high_contrast(night_city(height_px=side, width_px=side, seed=3))


def test_a_bracket_spans_its_stops_and_the_shortest_frame_just_holds_the_white() -> None:
    bracket = Bracket(gain=1.0, factors=FIVE)
    white = Frame(pixels=np.ones((200, 200, 3), np.float32), transfer="linear")
    burst = bracket.burst(white, seed_name="a")
    linear = linear_frames(list(burst), FIVE)
    assert [m.exposure for m in linear] == pytest.approx([1, 8, 1 / 8, 8**0.5, 8**-0.5])
    assert burst.truth().balanced_rgb.mean() == pytest.approx(SCENE_WHITE, rel=1e-3)
    assert linear[1].values.mean() == pytest.approx(SCENE_WHITE, rel=0.01)


@pytest.mark.parametrize("gain", [1.0, 8.0])
def test_range_grows_as_theory_says(gain: float) -> None:
    found = hdr_wedge.range_gain(Bracket(gain=gain, motion="shaken and rotated"), seeds=1)
    # Ceiling 3 EV up; read noise an eighth, and the shot noise of the long frame.
    assert 5.9 < found.theory_ev < 6.1
    assert found.gain_ev == pytest.approx(found.theory_ev, abs=0.35)


def test_theory_of_equal_frames_is_their_square_root() -> None:
    burst = Bracket(gain=8.0, factors=(1.0, 1.0, 1.0, 1.0)).burst(_scene(), seed_name="b")
    linear = linear_frames(list(burst), (1.0,) * 4)
    # Between 1/2 log2 4 (read noise alone) and log2 4 (photons alone).
    assert 1.0 <= hdr_wedge.theory_ev(linear) < 2.0
    assert hdr_wedge.theory_ev(linear[:1]) == 0


def test_pictures_beat_opencv_and_ghosts_stay_away() -> None:
    bracket = Bracket(gain=2.0, factors=THREE, motion="disc, shaken and rotated")
    found = hdr.picture_scores(bracket.burst(_scene(), seed_name="town"), bracket)
    ours, alone, debevec = found[hdr.CATCHLIGHT], found[hdr.MIDDLE], found[hdr.DEBEVEC]
    assert ours[0] > alone[0] + 3
    assert ours[0] > debevec[0] + 3
    assert ours[1] > debevec[1] + 3
    assert all(math.isfinite(v) for pair in found.values() for v in pair)


def test_mu_law_has_its_ends_and_is_steepest_in_the_dark() -> None:
    ramp = np.linspace(0, SCENE_WHITE, 64, dtype=np.float32).reshape(8, 8)[..., None].repeat(3, axis=2)
    seen = hdr.mu_law(ramp)
    assert (seen.min(), float(seen.max())) == (0, pytest.approx(1))
    assert seen.ravel()[3] > 0.5
    assert (hdr.mu_law(-ramp) == 0).all()


def test_rows_are_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CATCHLIGHT_DATA", raising=False)
    town = Photo(name="town/3", frame=night_city(height_px=220, width_px=220, seed=3))
    monkeypatch.setattr(hdr, "synthetic_photos", lambda count: [town])
    monkeypatch.setattr(hdr, "_wedge_brackets", lambda: [Bracket(gain=8.0)])
    monkeypatch.setattr(hdr, "_MOTIONS", ("static",))
    rows = hdr.hdr_rows(True)
    metrics = {row.metric for row in rows}
    assert metrics == {hdr.RANGE_GAIN, hdr.RANGE_SHORT, hdr.PSNR_MU, hdr.WORST_MU}
    assert {row.case for row in rows} == {f"IMX477, gain {g}, 3 frames ±3 EV, static" for g in (1, 8)}
    assert {row.method for row in rows} == {hdr.CATCHLIGHT, hdr.MIDDLE, hdr.DEBEVEC, hdr.ROBERTSON, hdr.DEBEVEC_MTB}
