import numpy as np
import pytest

from catchlight.burst.exposure.order import ExposureFacts, choose_reference_exposure, exposure_facts
from catchlight.core import ContractError, NoiseModel


def _facts(exposure: float, sharpness: float, clipped: float = 0.0, dark: float = 0.0) -> ExposureFacts:
    return ExposureFacts(exposure=float(exposure), sharpness=sharpness, clipped=clipped, dark=dark)


def test_the_exposure_that_sees_most_wins_whatever_the_sharpness() -> None:
    bracket = [_facts(1, 1.0, 0.03, 0.02), _facts(1 / 8, 5.0, 0.0, 0.4), _facts(8, 9.0, 0.5, 0.0)]
    assert choose_reference_exposure(bracket) == 0
    # A dark scene without highlights: the long frame.
    assert choose_reference_exposure([_facts(1, 9.0, 0.0, 0.5), _facts(8, 1.0, 0.005, 0.05)]) == 1
    # Daylight with a sky: the short one.
    assert choose_reference_exposure([_facts(1, 9.0, 0.3, 0.0), _facts(1 / 4, 1.0, 0.0, 0.02)]) == 1


def test_of_equal_exposures_the_clearly_sharper() -> None:
    assert choose_reference_exposure([_facts(1, 1.0), _facts(1.1, 1.01), _facts(0.95, 1.2)]) == 2
    assert choose_reference_exposure([_facts(1, 1.0), _facts(1, 1.01)]) == 0


def test_two_exposures_that_see_alike_the_longer() -> None:
    assert choose_reference_exposure([_facts(1, 1.0, 0.0, 0.004), _facts(2, 1.0, 0.003, 0.0)]) == 1


def test_facts_of_a_picture_half_clipped_and_a_quarter_dark() -> None:
    noise = NoiseModel.same(shot=1e-4, read=1e-4)
    grey = np.full((64, 64), 0.3, np.float32)
    grey[:32] = 1.0
    grey[32:48] = 1e-4
    facts = exposure_facts(grey, noise=noise, exposure=2.0, sharpness=3.0)
    assert (facts.clipped, facts.dark, facts.exposure, facts.sharpness) == (0.5, 0.25, 2.0, 3.0)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ContractError, match="at least one"):
        choose_reference_exposure([])
    with pytest.raises(ContractError, match="exposure is > 0"):
        _facts(0.0, 1.0)
    with pytest.raises(ContractError, match="0…1"):
        _facts(1.0, 1.0, 1.5)
