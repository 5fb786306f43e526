import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.measure.noise.dark_signal import DarkSignal, dark_current_per_s, dark_signal
from catchlight.measure.noise.plane_stack import PlaneStack

SIDE, RANGE = 200, 3839.0
READ_DN, DSNU_DN = 4.0, 2.0


def _darks(frames: int, *, seed: int = 0) -> tuple[list[PlaneStack], set[tuple[int, int, int]]]:
    """Two planes at different black levels, with known hot photosites and frames whose offset wanders."""
    rng = np.random.default_rng(seed)
    stacks, hot = [], set()
    for plane, black in enumerate((256.0, 260.5)):
        offsets = rng.normal(0, DSNU_DN, (SIDE, SIDE))
        for y, x in rng.integers(5, SIDE - 5, (15, 2)):
            offsets[y, x] = rng.uniform(100, 3000)
            hot.add((plane, int(y), int(x)))
        values = tuple(
            np.clip(np.rint(black + 0.3 * (k % 2) + offsets + rng.normal(0, READ_DN, (SIDE, SIDE))), 0, 4095).astype(
                np.uint16
            )
            for k in range(frames)
        )
        stacks.append(PlaneStack(values=values, colour=plane, black_dn=256.0, white_dn=4095.0, range_dn=RANGE))
    return stacks, hot


def test_levels_noise_and_hot_photosites_come_back() -> None:
    stacks, hot = _darks(8)
    found = dark_signal(stacks, exposure_s=0.5)
    # Each mean is over 40,000 photosites of deviation 2 and 4/√8 DN.
    np.testing.assert_allclose(found.black_dn, (256.15, 260.65), atol=0.05)
    read = (READ_DN**2 + 1 / 12) / RANGE**2
    assert abs(found.read - read) < 4 * found.read_se + 0.003 * read
    # The fine pattern, whose slow part is taken for no pattern: a few per cent.
    assert found.dsnu == pytest.approx(DSNU_DN**2 / RANGE**2, rel=0.08)
    assert set(found.defects_yx) == hot


def test_one_frame_tells_level_and_defects() -> None:
    stacks, hot = _darks(1)
    found = dark_signal(stacks)
    assert found.read == found.dsnu == 0
    assert set(found.defects_yx) == hot


def test_a_sensor_without_pattern_has_none() -> None:
    rng = np.random.default_rng(3)
    values = tuple(np.rint(256 + rng.normal(0, READ_DN, (SIDE, SIDE))).astype(np.uint16) for _ in range(4))
    found = dark_signal([PlaneStack(values=values, colour=1, black_dn=256.0, white_dn=4095.0, range_dn=RANGE)])
    assert found.dsnu == 0
    assert found.defects_yx == ()


def test_dark_current_is_the_slope_over_exposures() -> None:
    def dark(exposure_s: float | None, black: float) -> DarkSignal:
        return DarkSignal(
            black_dn=(black,), read=1e-6, read_se=1e-8, dsnu=0.0, hot_share=0.0, defects_yx=(), exposure_s=exposure_s
        )

    three = [dark(1.0, 258.0), dark(2.0, 260.0), dark(8.0, 272.0)]
    assert dark_current_per_s(three, range_dn=1000.0) == pytest.approx(2e-3)
    assert dark_current_per_s(three[:1], range_dn=1000.0) is None
    assert dark_current_per_s([dark(1.0, 258.0), dark(1.5, 259.0)], range_dn=1000.0) is None
    assert dark_current_per_s([dark(None, 258.0), dark(2.0, 259.0)], range_dn=1000.0) is None


def test_no_frames_are_refused() -> None:
    with pytest.raises(ContractError, match="found none"):
        dark_signal([])
