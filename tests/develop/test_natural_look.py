import pytest

from catchlight.core import ContractError
from catchlight.develop.natural_look import NaturalLook


@pytest.mark.parametrize(
    "dial",
    [{"exposure_ev": 9.0}, {"contrast": 0.0}, {"shadows": -1.0}, {"saturation": float("nan")}, {"sharpness": 99.0}],
)
def test_refuses_what_no_dial_reaches(dial: dict[str, float]) -> None:
    with pytest.raises(ContractError, match=next(iter(dial))):
        NaturalLook(**dial)
