import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError
from catchlight.simulate import HandShake
from catchlight.simulate.hand_shake import compose, inverse, rigid


@given(frames=st.integers(2, 20), shift=st.floats(0, 50), turn=st.floats(0, 5), seed=st.integers(0, 99))
def test_the_furthest_frame_is_exactly_as_far_as_asked(frames: int, shift: float, turn: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    poses = HandShake(shift_px=shift, rotation_deg=turn).poses(frames, reference=frames // 2, rng=rng)
    assert (poses[frames // 2] == 0).all()
    assert np.abs(poses[:, :2]).max() == pytest.approx(shift)
    assert np.abs(poses[:, 2]).max() == pytest.approx(turn)


def test_a_burst_of_one_frame_stands_still() -> None:
    assert (HandShake(shift_px=9.0).poses(1, reference=0, rng=np.random.default_rng(0)) == 0).all()


@given(angle=st.floats(-40, 40), dx=st.floats(-50, 50), scale=st.floats(0.5, 2))
def test_the_inverse_undoes_and_the_centre_only_shifts(angle: float, dx: float, scale: float) -> None:
    there = rigid(about=(30.0, 20.0), shift_px=(dx, -dx), angle_deg=angle, scale=scale)
    np.testing.assert_allclose(there @ [30.0, 20.0, 1.0], [30 + dx, 20 - dx], atol=1e-9)
    np.testing.assert_allclose(compose(inverse(there), there), np.eye(2, 3), atol=1e-9)


def test_a_negative_shake_is_refused() -> None:
    with pytest.raises(ContractError, match="≥ 0 px"):
        HandShake(shift_px=-1.0)
