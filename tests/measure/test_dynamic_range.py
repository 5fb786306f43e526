import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.measure.dynamic_range import dynamic_range

LEVELS = 2.0 ** -np.arange(0, 20, 0.5)


def _wedge(full: float, shot: float, read: float, seed: int = 0, n: int = 10**9) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of patches of n samples of a sensor that is full at `full`."""
    rng = np.random.default_rng(seed)
    sigma = np.sqrt(shot * LEVELS + read)
    signal = np.minimum(LEVELS + sigma / np.sqrt(n) * rng.standard_normal(len(LEVELS)), full)
    noise = np.where(full <= LEVELS, 0.0, sigma * (1 + rng.standard_normal(len(LEVELS)) / np.sqrt(2 * n)))
    return signal, noise


@pytest.mark.parametrize("full", [0.11, 0.3])
@pytest.mark.parametrize(("shot", "read"), [(0.0, 1e-6), (1e-4, 1e-7), (1e-3, 1e-9)])
def test_both_ends_are_where_theory_has_them(full: float, shot: float, read: float) -> None:
    # s² = shot s + read
    floor = shot / 2 + np.sqrt(shot**2 / 4 + read)
    found = dynamic_range(LEVELS, *_wedge(full, shot, read))
    assert found.full == pytest.approx(full, rel=1e-3)
    # A straight line through log SNR, whose slope goes from 1 to 1/2 there.
    assert np.log2(found.floor / floor) == pytest.approx(0, abs=0.06)
    assert found.ev == pytest.approx(np.log2(full / floor), abs=0.06)
    assert not found.full_is_bound


def test_small_patches_give_it_within_a_tenth_of_a_stop() -> None:
    errors = []
    for seed in range(40):
        found = dynamic_range(LEVELS, *_wedge(0.3, 1e-4, 1e-7, seed=seed, n=200))
        errors.append(found.ev - np.log2(0.3 / (5e-5 + np.sqrt(25e-10 + 1e-7))))
    assert abs(float(np.mean(errors))) < 0.06
    assert float(np.std(errors)) < 0.1


def test_scale_and_order_do_not_matter() -> None:
    signal, noise = _wedge(0.3, 1e-4, 1e-7)
    want = dynamic_range(LEVELS, signal, noise)
    order = np.random.default_rng(1).permutation(len(LEVELS))
    found = dynamic_range(LEVELS[order], 3 * signal[order], 3 * noise[order])
    assert (found.ev, found.full, found.floor) == pytest.approx((want.ev, want.full, want.floor))


def test_a_wedge_that_nothing_clips_bounds_the_range_from_below() -> None:
    found = dynamic_range(LEVELS, *_wedge(5.0, 1e-4, 1e-7))
    assert found.full_is_bound
    assert found.full == 1.0


def test_wedges_that_cannot_tell_are_refused() -> None:
    signal, noise = _wedge(0.3, 1e-4, 1e-7)
    with pytest.raises(ContractError, match="below SNR 1"):
        dynamic_range(LEVELS[:12], signal[:12], noise[:12])
    with pytest.raises(ContractError, match="four or more"):
        dynamic_range(LEVELS[:3], signal[:3], noise[:3])
    with pytest.raises(ContractError, match="levels > 0"):
        dynamic_range(-LEVELS, signal, noise)
    with pytest.raises(ContractError, match="finite"):
        dynamic_range(LEVELS, signal * np.nan, noise)
    with pytest.raises(ContractError, match=r"brighter than black|above their noise"):
        dynamic_range(LEVELS, -signal, noise)
