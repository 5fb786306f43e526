import math

import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.measure.noise.photon_transfer import TransferTable, fit_photon_transfer, weighted_line

LEVELS = np.array([0.0, 0.01, 0.05, 0.2, 0.5, 0.8])


def _table(
    shot: float, read: float, *, count: float, freedom: int = 1, seed: int = 0, bend: float = 0.0
) -> TransferTable:
    """Variances of `count` Gaussian photosites a level, drawn from their own (χ²) law."""
    v = shot * LEVELS + read + bend * LEVELS**2
    rng = np.random.default_rng(seed)
    drawn = v * rng.chisquare(count * freedom, LEVELS.size) / (count * freedom)
    return TransferTable(
        count=np.full(LEVELS.size, float(count)),
        mean=LEVELS,
        variance=drawn,
        spread=2 * drawn**2 / freedom,
        freedom=freedom,
    )


def test_errors_are_what_the_fit_says_and_reach_the_cramer_rao_bound() -> None:
    shot, read = 2e-4, 4e-7
    fits = [fit_photon_transfer([_table(shot, read, count=2000, freedom=3, seed=k)]) for k in range(200)]
    # The bound by hand: information of n·ν / (2 v²) for each level.
    weight = 2000 * 3 / (2 * (shot * LEVELS + read) ** 2)
    design = np.stack([LEVELS, np.ones_like(LEVELS)])
    bound = np.sqrt(np.diag(np.linalg.inv((design * weight) @ design.T)))
    for name, truth, limit in (("shot", shot, bound[0]), ("read", read, bound[1])):
        values = np.array([getattr(f, name) for f in fits])
        assert np.mean([getattr(f, f"{name}_limit") for f in fits]) == pytest.approx(limit, rel=0.02)
        assert np.mean([getattr(f, f"{name}_se") for f in fits]) == pytest.approx(limit, rel=0.05)
        # 200 draws: their mean within 3.3 of its errors (chance 1e-3), their deviation within 20 % of the bound (4 of
        # its own errors of 5 %).
        assert abs(values.mean() - truth) < 3.3 * limit / math.sqrt(200)
        assert values.std() == pytest.approx(limit, rel=0.2)


def test_tables_of_several_scenes_are_one_fit() -> None:
    whole = _table(2e-4, 4e-7, count=5000)
    halves = [
        TransferTable(
            count=whole.count[part], mean=whole.mean[part], variance=whole.variance[part], spread=whole.spread[part],
            freedom=1,
        )
        for part in (slice(0, 3), slice(3, 6))
    ]  # fmt: skip
    one, two = fit_photon_transfer([whole]), fit_photon_transfer(halves)
    assert two.shot == pytest.approx(one.shot, rel=1e-9)
    assert two.read == pytest.approx(one.read, rel=1e-9)
    assert two.samples == 30000


def test_negative_numbers_never_come_out() -> None:
    x = np.array([0.1, 0.2, 0.4])
    assert weighted_line(x, np.array([3e-5, 2e-5, 1e-5]), np.ones(3))[0] == 0
    shot, read = weighted_line(x, 1e-4 * (x - 0.05), np.ones(3))
    assert read == 0
    assert shot > 0


def test_a_bent_line_shows_as_curvature_and_a_straight_one_does_not() -> None:
    straight = fit_photon_transfer([_table(2e-4, 4e-7, count=1e6)])
    bent = fit_photon_transfer([_table(2e-4, 4e-7, count=1e6, bend=-1e-4)])
    assert abs(straight.curvature) < 4 * straight.curvature_se
    # At x = 0.8 the parabola takes 0.64e-4 off and leaves 0.96e-4: -0.667 of what is left.
    assert bent.curvature == pytest.approx(-0.667, abs=0.03)


def test_electrons() -> None:
    fit = fit_photon_transfer([_table(1e-4, 9e-8, count=1e8)])
    assert fit.full_well_e == pytest.approx(1e4, rel=1e-3)
    assert fit.read_e == pytest.approx(3.0, rel=1e-3)


def test_nothing_to_fit_is_refused() -> None:
    empty = TransferTable(count=np.zeros(3), mean=np.zeros(3), variance=np.zeros(3), spread=np.zeros(3), freedom=1)
    with pytest.raises(ContractError, match="samples"):
        fit_photon_transfer([empty])
    with pytest.raises(ContractError, match="two frames"):
        TransferTable(count=np.zeros(3), mean=np.zeros(3), variance=np.zeros(3), spread=np.zeros(3), freedom=0)
