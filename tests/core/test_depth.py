import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError, MetricDepth, RelativeDepth


@given(
    st.lists(st.floats(0.015625, 1024.0, width=32), min_size=4, max_size=4),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_dioptres_round_trip_where_valid(metres: list[float], valid: list[bool]) -> None:
    depth = MetricDepth(metres=np.array(metres, np.float32).reshape(2, 2), valid=np.array(valid).reshape(2, 2))
    again = MetricDepth.from_dioptres(depth.dioptres, depth.valid)
    np.testing.assert_allclose(again.metres[depth.valid], depth.metres[depth.valid], rtol=1e-6)
    assert (depth.dioptres[~depth.valid] == 0).all()


def test_infinity_is_zero_dioptres_and_back() -> None:
    far = MetricDepth(metres=np.full((1, 2), np.inf, np.float32), valid=np.ones((1, 2), bool))
    assert far.dioptres.tolist() == [[0.0, 0.0]]
    assert np.isinf(MetricDepth.from_dioptres(far.dioptres, far.valid).metres).all()


def test_what_is_not_valid_may_hold_anything() -> None:
    metres = np.array([[np.nan, -1.0, 2.0]], np.float32)
    depth = MetricDepth(metres=metres, valid=np.array([[False, False, True]]))
    assert depth.dioptres.tolist() == [[0.0, 0.0, 0.5]]


@pytest.mark.parametrize("bad", [0.0, -3.0, np.nan])
def test_valid_depth_is_positive(bad: float) -> None:
    with pytest.raises(ContractError, match="> 0 m"):
        MetricDepth(metres=np.array([[1.0, bad]], np.float32), valid=np.ones((1, 2), bool))


def test_relative_depth_has_no_unit_and_no_way_to_one() -> None:
    depth = RelativeDepth(inverse=np.zeros((2, 2), np.float32))
    assert not hasattr(depth, "metres")
    assert not hasattr(depth, "dioptres")
    with pytest.raises(ContractError, match="finite"):
        RelativeDepth(inverse=np.array([[np.inf]], np.float32))
