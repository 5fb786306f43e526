import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame
from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel


def _mosaic(values: np.ndarray, **more: object) -> LinearMosaic:
    settings = {"gains": (2.0, 1.0, 1.5), **more}
    return LinearMosaic(
        values=values.astype(np.float32),
        cfa=CfaPattern(name="RGGB"),
        noise=NoiseModel.same(shot=1e-4, read=1e-6),
        **settings,  # type: ignore[arg-type]
    )


def _held(mosaic: LinearMosaic) -> HeldFrame:
    return HeldFrame.of(mosaic, Alignment.identity(mosaic.shape))


@pytest.mark.parametrize("exposure", [1.0, 0.125, 8.0])
def test_values_come_back_within_half_a_step(exposure: float) -> None:
    top = 2.0 * exposure
    values = np.random.default_rng(0).uniform(-0.14 * top, top, (20, 30))
    held = _held(_mosaic(values, exposure=exposure))
    assert held.step <= top / 50000
    assert held.codes.dtype == np.uint16
    # Half a step, and the rounding of float32 numbers as large as the codes.
    np.testing.assert_allclose(held.values(), values, atol=0.52 * held.step)
    assert held.shape == (20, 30)


def test_what_is_far_out_is_held_at_the_ends() -> None:
    held = _held(_mosaic(np.array([[5.0, 2.0], [-5.0, 0.0]])))
    assert held.codes[0].tolist() == [65535, 65535]
    assert held.codes[1, 0] == 0
    np.testing.assert_allclose(held.values()[1, 1], 0, atol=held.step / 2)


def test_only_a_frame_that_took_more_light_is_full_early() -> None:
    values = np.zeros((4, 4))
    assert _held(_mosaic(values)).full == (np.inf,) * 3
    assert _held(_mosaic(values, exposure=4.0)).full == (np.inf,) * 3
    assert _held(_mosaic(values, exposure=0.25)).full == pytest.approx((0.485, 0.2425, 0.36375))
    told = HeldFrame.of(_mosaic(values), Alignment.identity((4, 4)), clips=True)
    assert told.full == pytest.approx((1.94, 0.97, 1.455))


def test_a_frame_without_range_is_refused() -> None:
    with pytest.raises(ContractError, match="range"):
        _held(_mosaic(np.zeros((2, 2)), exposure=0.0))
