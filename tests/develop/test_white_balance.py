import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.core import CameraColour
from catchlight.core.colour import xyz_from_xy
from catchlight.develop.plausible_lights import light_xy
from catchlight.develop.white_balance import auto_white_balance

COLOUR = CameraColour(matrix_2=((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086)))


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


def _neutral(cct_k: float, duv: float = 0.0) -> np.ndarray:
    white = light_xy(cct_k, duv=duv)
    seen = np.asarray(COLOUR.camera_from_xyz(white)) @ xyz_from_xy(white)
    return seen / seen[1]


def _error_deg(gains: tuple[float, float, float], neutral: np.ndarray) -> float:
    found = 1 / np.array(gains)
    cosine = found @ neutral / np.linalg.norm(found) / np.linalg.norm(neutral)
    return float(np.degrees(np.arccos(min(cosine, 1.0))))


def _coloured_world(seed: int) -> np.ndarray:
    """Patches of which two thirds are leaves, and a few are white: grey world fails by far."""
    rng = np.random.default_rng(seed)
    patches = rng.uniform(0.05, 0.5, (12, 12, 3))
    leaves = rng.random((12, 12)) < 0.66
    patches[leaves] *= (0.5, 1.0, 0.25)
    patches[rng.random((12, 12)) < 0.06] = 0.8
    return np.kron(patches, np.ones((8, 8, 1)))


@pytest.mark.parametrize(("cct_k", "duv"), [(2000, 0), (2700, 0), (4000, 0), (6500, 0), (8000, 0), (4000, 0.012)])
def test_lamps_are_found_where_the_world_is_not_grey(cct_k: float, duv: float) -> None:
    neutral = _neutral(float(cct_k), float(duv))
    errors, grey_world, without = [], [], []
    for seed in range(6):
        scene = _coloured_world(seed) * neutral * 0.5
        noisy = (scene + np.random.default_rng(seed).normal(0, 0.004, scene.shape)).clip(-0.02, 1).astype(np.float32)
        errors.append(_error_deg(auto_white_balance(noisy, COLOUR), neutral))
        without.append(_error_deg(auto_white_balance(noisy), neutral))
        mean = noisy.mean(axis=(0, 1), dtype=np.float64)
        grey_world.append(_error_deg((1 / mean[0], 1 / mean[1], 1 / mean[2]), neutral))
    assert max(errors) < 4
    assert np.median(errors) < 0.5 * np.median(grey_world)
    assert np.median(without) < 0.7 * np.median(grey_world)


def test_no_light_is_believed_that_does_not_exist() -> None:
    """A wall of violet paint alone: no lamp is violet, so some of it stays."""
    wall = np.full((64, 64, 3), (0.5, 0.32, 0.5), np.float32)
    wall[::8] *= np.float32(0.8)
    free, bound = auto_white_balance(wall), auto_white_balance(wall, COLOUR)
    balanced = np.array((0.5, 0.32, 0.5)) * bound
    assert np.array((0.5, 0.32, 0.5)) * free == pytest.approx(0.5 * np.ones(3), rel=1e-3)
    assert balanced[1] < 0.96 * min(balanced[0], balanced[2])
