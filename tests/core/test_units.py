import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError
from catchlight.core.units import (
    db_from_ratio,
    dioptres_from_metres,
    ev_from_ratio,
    metres_from_dioptres,
    ratio_from_ev,
)


@given(st.floats(-40, 40))
def test_ev_and_ratio_round_trip(ev: float) -> None:
    assert ev_from_ratio(ratio_from_ev(ev)) == pytest.approx(ev, abs=1e-9)


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_ev_adds_where_ratios_multiply(a: float, b: float) -> None:
    assert ratio_from_ev(a) * ratio_from_ev(b) == pytest.approx(ratio_from_ev(a + b), rel=1e-9)


@given(st.floats(1e-6, 1e6))
def test_distance_round_trips_through_dioptres(distance_m: float) -> None:
    assert metres_from_dioptres(dioptres_from_metres(distance_m)) == pytest.approx(distance_m, rel=1e-12)


def test_infinity_is_no_dioptre() -> None:
    assert metres_from_dioptres(0.0) == math.inf
    assert dioptres_from_metres(math.inf) == 0.0


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_decibels_add_where_powers_multiply(a: float, b: float) -> None:
    assert db_from_ratio(a * b) == pytest.approx(db_from_ratio(a) + db_from_ratio(b), abs=1e-9)
    assert db_from_ratio(100.0) == pytest.approx(20.0)


@pytest.mark.parametrize("convert", [ev_from_ratio, db_from_ratio, dioptres_from_metres])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan])
def test_what_has_no_logarithm_or_inverse_is_refused(convert: object, value: float) -> None:
    with pytest.raises(ContractError, match="> 0"):
        convert(value)  # type: ignore[operator]


def test_negative_dioptres_are_refused() -> None:
    with pytest.raises(ContractError, match="≥ 0"):
        metres_from_dioptres(-0.5)
