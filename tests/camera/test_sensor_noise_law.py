import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.camera.profile import builtin_profiles, load_builtin
from catchlight.camera.sensor import NoiseKnot, NoiseLaw
from catchlight.core import ContractError


@given(gain=st.floats(1, 256), before=st.floats(0.5, 10), after=st.floats(0.5, 10))
def test_electrons_give_read_noise_that_is_affine_in_gain_squared(gain: float, before: float, after: float) -> None:
    knot = NoiseLaw.from_electrons(full_well_e=8000.0, before_gain_e=before, after_gain_e=after).at(gain)
    assert knot.shot == pytest.approx(gain / 8000, rel=1e-9)
    # Between the knots, one stop apart, the straight line in log-log leaves the law by at most a few per cent.
    assert knot.read == pytest.approx(((before * gain) ** 2 + after**2) / 8000**2, rel=0.13)


@given(gain=st.floats(0.5, 100))
def test_a_log_linear_calibration_is_reproduced_at_every_gain(gain: float) -> None:
    law = NoiseLaw.from_log_linear(range_dn=1000.0, dn_per_e=(0.1, 6.4), read=(0.5, 1.2), row=(0.4, -1.0))
    k = 0.1 * gain
    knot = law.at(gain)
    assert knot.shot * 1000 == pytest.approx(k)
    assert math.sqrt(knot.read) * 1000 == pytest.approx(math.exp(0.5 * math.log(k) + 1.2))
    assert math.sqrt(knot.row) * 1000 == pytest.approx(math.exp(0.4 * math.log(k) - 1.0))


@pytest.mark.parametrize(
    ("gain", "read", "shot"), [(1.0, -2.2, -2.6), (2.0, -1.8, -2.2), (4.0, -1.4, -1.8), (8.0, -1.1, -1.5)]
)
def test_the_burst_protocol_is_met_at_its_four_gains(gain: float, read: float, shot: float) -> None:
    noise = load_builtin("burst_protocol").sensor.noise_at(gain)
    assert noise.shot[0] == pytest.approx(10**shot)
    assert noise.read[1] == pytest.approx(10 ** (2 * read), rel=1e-4)


@pytest.mark.parametrize("name", builtin_profiles())
def test_noise_rises_with_gain(name: str) -> None:
    models = [load_builtin(name).sensor.noise_at(gain) for gain in (1.0, 2.0, 4.0, 8.0, 16.0)]
    for low, high in pairwise(models):
        assert high.shot[1] > low.shot[1]
        assert high.read[1] > low.read[1]


def test_knots_in_the_wrong_order_are_refused() -> None:
    knots = (NoiseKnot(gain=2.0, shot=1e-3, read=1e-6), NoiseKnot(gain=1.0, shot=1e-3, read=1e-6))
    with pytest.raises(ContractError, match="rising gains"):
        NoiseLaw(knots=knots)


def test_one_knot_is_noise_before_the_amplifier() -> None:
    law = NoiseLaw(knots=(NoiseKnot(gain=2.0, shot=1e-4, read=1e-8, row=1e-10, shot_rgb=(1e-4, 1.1e-4, 1.2e-4)),))
    knot = law.at(8.0)
    assert (knot.shot, knot.read, knot.row) == pytest.approx((4e-4, 1.6e-7, 1.6e-9))
    assert law.model_at(8.0).shot == pytest.approx((4e-4, 4.4e-4, 4.8e-4))
    assert law.model_at(8.0).read == pytest.approx((1.6e-7,) * 3)
    assert law.model_at(2.0).shot == (1e-4, 1.1e-4, 1.2e-4)


def test_colours_are_interpolated_one_by_one() -> None:
    first = NoiseKnot(gain=1.0, shot=1e-4, read=1e-8, read_rgb=(1e-8, 2e-8, 3e-8))
    second = NoiseKnot(gain=4.0, shot=4e-4, read=4e-8)
    model = NoiseLaw(knots=(first, second)).model_at(2.0)
    # Half way in log gain: the geometric mean of the two knots, colour by colour.
    assert model.read == pytest.approx((2e-8, math.sqrt(8) * 1e-8, math.sqrt(12) * 1e-8))
    assert model.shot == pytest.approx((2e-4,) * 3)


@pytest.mark.parametrize(
    "wrong", [{"shot": 0.0}, {"read": -1e-9}, {"row": -1e-9}, {"shot": math.nan}, {"read_rgb": (1e-9, 0.0, 1e-9)}]
)
def test_noise_out_of_range_is_refused(wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"gain": 1.0, "shot": 1e-4, "read": 1e-9} | wrong
    with pytest.raises(ContractError, match="finite and > 0"):
        NoiseKnot(**values)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="one or more knots"):
        NoiseLaw(knots=())


def test_row_noise_at_a_knot_is_that_of_the_knot() -> None:
    """Also beside a knot without any, where straight lines in logarithms have nothing to go to."""
    law = NoiseLaw(
        knots=(NoiseKnot(gain=1.0, shot=1e-4, read=1e-7), NoiseKnot(gain=2.0, shot=2e-4, read=3e-7, row=5e-8))
    )
    assert law.at(2.0).row == 5e-8
    assert law.at(1.0).row == 0.0
