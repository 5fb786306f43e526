import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError
from catchlight.measure import cpsnr, psnr


@given(error=st.floats(0.001, 0.5), h=st.integers(1, 300), w=st.integers(1, 9))
def test_a_constant_error_has_its_textbook_value(error: float, h: int, w: int) -> None:
    truth = np.full((h, w, 3), 0.25, np.float32)
    assert psnr(truth + np.float32(error), truth) == pytest.approx(-20 * math.log10(error), abs=1e-3)


def test_identical_pictures_are_infinitely_good() -> None:
    picture = np.random.default_rng(0).random((40, 30), np.float32)
    assert psnr(picture, picture) == math.inf


def test_the_border_is_left_out() -> None:
    truth = np.zeros((40, 30), np.float32)
    candidate = truth.copy()
    candidate[:3] = 1
    candidate[:, -3:] = 1
    assert psnr(candidate, truth, border_px=3) == math.inf
    assert psnr(candidate, truth, border_px=2) < 20


def test_cpsnr_pools_the_channels() -> None:
    truth = np.full((20, 20, 3), 0.5, np.float32)
    candidate = truth.copy()
    candidate[..., 0] += 0.3
    # The mean of the three channels' PSNR would be infinite; the pooled MSE is 0.03.
    assert cpsnr(candidate, truth, border_px=2) == pytest.approx(-10 * math.log10(0.03), abs=1e-4)


def test_cpsnr_clips_like_a_file() -> None:
    truth = np.ones((20, 20, 3), np.float32)
    assert cpsnr(truth * 3, truth) == math.inf


@pytest.mark.parametrize(
    ("candidate", "border_px"),
    [(np.zeros((8, 8), np.float32), 4), (np.full((8, 8), np.nan, np.float32), 0)],
)
def test_what_cannot_be_compared_is_refused(candidate: np.ndarray, border_px: int) -> None:
    with pytest.raises(ContractError):
        psnr(candidate, np.zeros((8, 8), np.float32), border_px=border_px)
