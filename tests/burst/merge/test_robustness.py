import cv2
import numpy as np
import pytest

from catchlight.burst.merge.robustness import UNSEEN, trust


def _noise(planes: int = 4, rows: int = 96, columns: int = 120, seed: int = 0) -> np.ndarray:
    """The difference of two frames of the same thing: variance 2 in units of one frame's noise."""
    rng = np.random.default_rng(seed)
    return rng.normal(0, np.sqrt(2), (planes, rows, columns)).astype(np.float32)


def test_noise_alone_is_trusted() -> None:
    for seed in range(3):
        weight = trust(_noise(seed=seed))
        assert weight.mean() > 0.97
        assert 0 <= weight.min() <= weight.max() <= 1


def test_noise_that_resampling_has_softened_is_trusted() -> None:
    soft = np.stack([cv2.GaussianBlur(p, (0, 0), 0.5) for p in _noise(3)])
    assert trust(soft, correlated=True).mean() > 0.9


def test_what_moved_is_not() -> None:
    rng = np.random.default_rng(1)
    scaled = _noise()
    scaled[:, 30:60, 40:80] += rng.normal(0, 12, (4, 30, 40)).astype(np.float32)
    weight = trust(scaled)
    assert weight[30:60, 40:80].max() < 0.01
    assert np.delete(weight, range(18, 72), axis=0).mean() > 0.97


@pytest.mark.parametrize("planes", [1, 4])
def test_a_faint_change_of_brightness_is_noticed_over_an_area(planes: int) -> None:
    """A shadow of 1.5 deviations is hidden in any single sample."""
    scaled = _noise()
    scaled[:planes, 20:70, 30:90] += 1.5
    weight = trust(scaled)
    assert weight[28:62, 38:82].mean() < (0.35 if planes == 4 else 0.8)
    assert weight[:10].mean() > 0.95


def test_the_larger_the_difference_the_less_it_counts() -> None:
    means = []
    for step in (0.0, 1.0, 1.5, 2.0, 4.0):
        scaled = _noise()
        scaled[:, 30:70] += np.float32(step)
        means.append(float(trust(scaled)[36:64].mean()))
    assert means == sorted(means, reverse=True)
    assert means[0] > 0.97
    assert means[-1] == 0


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("planes", [1, 4])
def test_the_unseen_counts_nothing(sign: int, planes: int) -> None:
    scaled = _noise()
    scaled[:planes, :, :25] = sign * UNSEEN
    weight = trust(scaled)
    assert (weight[:, :25] == 0).all()
    assert weight[:, 45:].mean() > 0.97


def test_a_frame_that_is_not_seen_at_all() -> None:
    assert (trust(np.full((4, 40, 40), UNSEEN, np.float32)) == 0).all()
    assert (trust(np.full((3, 40, 40), UNSEEN, np.float32), correlated=True) == 0).all()


@pytest.mark.parametrize("axis", [1, 2])
def test_a_flip_flips_the_weights(axis: int) -> None:
    """Bands start at other rows of the scene then: a seam would show."""
    scaled = _noise(rows=150)
    scaled[:, 20:50, 60:90] += 3
    found = trust(scaled)
    flipped = trust(np.ascontiguousarray(np.flip(scaled, axis)))
    np.testing.assert_allclose(np.flip(flipped, axis - 1), found, atol=0.02)


def test_inputs_stay_as_they_are() -> None:
    scaled = _noise()
    before = scaled.copy()
    trust(scaled)
    trust(scaled, correlated=True)
    assert np.array_equal(scaled, before)


@pytest.mark.parametrize("shape", [(8, 8), (8, 40), (13, 9)])
def test_tiny_frames(shape: tuple[int, int]) -> None:
    weight = trust(_noise(4, *shape))
    assert weight.shape == shape
    assert weight.mean() > 0.9
