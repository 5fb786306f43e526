import math

import numpy as np
import pytest
from scipy import stats

from catchlight.camera.sensor import PatternNoise, fixed_pattern, tukey_lambda_noise, tukey_lambda_variance
from catchlight.core import ContractError


@pytest.mark.parametrize("shape", [-0.24, -0.1, -1e-4, -1e-6, 0.0, 1e-5, 2e-4, 0.14, 1.0, 2.0])
def test_the_variance_of_tukey_lambda_is_scipys(shape: float) -> None:
    assert tukey_lambda_variance(shape) == pytest.approx(float(stats.tukeylambda.var(shape)), rel=1e-6)


@pytest.mark.parametrize("shape", [-0.1, 0.0, 0.14, 1.0])
def test_samples_follow_the_distribution(shape: float) -> None:
    samples = tukey_lambda_noise(np.random.default_rng(4), shape=shape, rows=100, columns=200)
    scale = math.sqrt(tukey_lambda_variance(shape))
    # Kolmogorov-Smirnov over 20,000 samples: refused at 99.9 %.
    assert stats.kstest(samples.ravel() * scale, stats.tukeylambda(shape).cdf).pvalue > 1e-3
    # A shape that is 0.15 away would be refused.
    assert stats.kstest(samples.ravel() * scale, stats.tukeylambda(shape + 0.15).cdf).pvalue < 1e-3


def test_a_band_of_rows_has_the_pattern_of_the_whole() -> None:
    noise = PatternNoise(prnu=0.01, dsnu=1e-4, column_fixed=2e-4, hot_share=0.01, hot_times=50.0, serial=5)
    whole = fixed_pattern(noise, top=0, bottom=200, width=96)
    band = fixed_pattern(noise, top=128, bottom=180, width=96)
    for name in ("sensitivity", "offset", "dark"):
        assert np.array_equal(getattr(whole, name)[128:180], getattr(band, name))
    with pytest.raises(ContractError, match="multiple of 64"):
        fixed_pattern(noise, top=10, bottom=20, width=8)


def test_amplitudes_are_the_stated_ones_and_another_camera_has_another_pattern() -> None:
    noise = PatternNoise(prnu=0.01, dsnu=1e-4, hot_share=0.02, hot_times=50.0, serial=5)
    one = fixed_pattern(noise, top=0, bottom=512, width=512)
    # 262,144 samples: relative standard error of a deviation √(1/2n) = 0.14 %; 4 of them (99.99 %).
    assert one.sensitivity.std() == pytest.approx(0.01, rel=0.0056)
    assert one.offset.std() == pytest.approx(1e-4, rel=0.0056)
    share = float((one.dark != 1).mean())
    assert share == pytest.approx(0.02, abs=4 * math.sqrt(0.02 * 0.98 / one.dark.size))
    assert one.dark[one.dark != 1].mean() == pytest.approx(50, rel=4 / math.sqrt(share * one.dark.size))
    other = fixed_pattern(PatternNoise(prnu=0.01, dsnu=1e-4, serial=6), top=0, bottom=512, width=512)
    for a, b in ((one.sensitivity, other.sensitivity), (one.offset, other.offset), (one.sensitivity, one.offset)):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / 512


def test_column_offsets_are_shared_by_their_column() -> None:
    fixed = fixed_pattern(PatternNoise(column_fixed=2e-4, serial=1), top=64, bottom=200, width=2000)
    assert (fixed.offset == fixed.offset[0]).all()
    assert fixed.offset[0].std() == pytest.approx(2e-4, rel=4 / math.sqrt(2 * 2000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"prnu": -0.1}, {"prnu": 0.5}, {"dsnu": math.nan}, {"hot_share": 1.5}, {"read_tail": -0.3},
        {"banding_period_rows": 0.0}, {"dark_doubling_k": 0.0}, {"black_bias_dn": (0.0, math.inf, 0.0)}, {"serial": -1},
    ],
)  # fmt: skip
def test_amplitudes_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        PatternNoise(**wrong)  # type: ignore[arg-type]
