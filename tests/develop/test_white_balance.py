import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.develop.white_balance import auto_white_balance


def _scene(seed: int = 0) -> np.ndarray:
    """Reflectances that average grey, in patches."""
    rng = np.random.default_rng(seed)
    patches = rng.uniform(0.05, 0.9, (12, 12, 3)).astype(np.float32)
    return np.kron(patches, np.ones((8, 8, 1), np.float32))


@pytest.mark.parametrize("neutral", [(0.5, 1.0, 0.65), (0.9, 1.0, 0.35), (0.45, 1.0, 0.8)])
def test_finds_the_light_of_a_grey_world(neutral: tuple[float, float, float]) -> None:
    gains = auto_white_balance((_scene() * 0.9 * np.array(neutral)).astype(np.float32))
    expected = [max(neutral) / n for n in neutral]
    assert min(gains) == 1.0
    assert gains == pytest.approx(expected, rel=0.12)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.02, 1.0))
def test_exposure_does_not_matter(scale: float) -> None:
    picture = (_scene() * 0.8 * np.array((0.5, 1.0, 0.7))).astype(np.float32)
    assert auto_white_balance(picture * np.float32(scale)) == pytest.approx(auto_white_balance(picture), rel=1e-3)


def test_clipped_pixels_have_no_say() -> None:
    picture = (_scene() * 0.8 * np.array((0.5, 1.0, 0.7))).astype(np.float32)
    blown = picture.copy()
    blown[:40] = 1.0
    assert auto_white_balance(blown) == pytest.approx(auto_white_balance(picture), rel=0.1)
    assert auto_white_balance(np.ones((32, 32, 3), np.float32)) == (1.0, 1.0, 1.0)
    assert auto_white_balance(np.zeros((32, 32, 3), np.float32)) == (1.0, 1.0, 1.0)


def test_a_lawn_does_not_turn_the_gains_wild() -> None:
    lawn = np.full((32, 32, 3), (0.02, 0.6, 0.01), np.float32)
    gains = auto_white_balance(lawn)
    assert max(gains) <= 4.2
