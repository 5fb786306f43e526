import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.core import ContractError, srgb_encode
from catchlight.develop.tone_curve import INDEX_BEND, filmic_tables, log_logistic, plain_tables


@given(st.floats(1.0, 60.0), st.floats(0.8, 1.5))
def test_rises_keeps_mid_grey_and_ends_at_white(white: float, contrast: float) -> None:
    x = np.concatenate([np.linspace(0, white, 2001), [0.18, white, 2 * white]])
    y = log_logistic(x, white=white, contrast=contrast)
    assert (np.diff(y[:2001]) > 0).all()
    assert y[-3:] == pytest.approx([0.18, 1.0, 1.0])
    assert y[0] == 0


def test_the_shoulder_is_gentle_and_the_middle_has_contrast() -> None:
    x = 0.18 * 2.0 ** np.array([-0.1, 0.1])
    low, high = np.log2(log_logistic(x, white=4.0, contrast=1.0))
    assert 1.0 < (high - low) / 0.2 < 1.4
    a, b = log_logistic(np.array([3.9, 4.0]), white=4.0, contrast=1.0)
    assert (b - a) / 0.1 < 0.1


def test_tables_are_the_curve() -> None:
    tables = filmic_tables(white=4.0, contrast=1.0)
    x = np.linspace(0, 6, 5000)
    looked_up = np.interp(x / (x + INDEX_BEND) * len(tables.curve), np.arange(len(tables.curve)), tables.curve)
    assert np.abs(looked_up - log_logistic(x, white=4.0, contrast=1.0)).max() < 2e-4
    v = np.linspace(0, 1, 7777)
    assert (
        np.abs(
            np.interp(v * (len(tables.encode) - 1), np.arange(len(tables.encode)), tables.encode) - srgb_encode(v)
        ).max()
        < 1e-5
    )
    # The slope against the encoded value is the derivative of encode(curve(x)).
    at = np.array([0.05, 0.18, 1.0])
    slope = (
        srgb_encode(log_logistic(at + 1e-4, white=4.0, contrast=1.0))
        - srgb_encode(log_logistic(at, white=4.0, contrast=1.0))
    ) / 1e-4
    shown = srgb_encode(log_logistic(at, white=4.0, contrast=1.0))
    assert np.interp(shown, np.linspace(0, 1, len(tables.slope)), tables.slope) == pytest.approx(slope, rel=0.02)


def test_plain_tables_are_srgb_alone() -> None:
    tables = plain_tables()
    x = np.linspace(0, 2, 999)
    looked_up = np.interp(x / (x + INDEX_BEND) * len(tables.curve), np.arange(len(tables.curve)), tables.curve)
    # The corner at 1 is cut by at most half a step.
    assert np.abs(looked_up - np.minimum(x, 1)).max() < 4e-4


def test_refuses_a_white_below_display_white() -> None:
    with pytest.raises(ContractError, match="white ≥ 1"):
        log_logistic(np.array([0.5]), white=0.5, contrast=1.0)
