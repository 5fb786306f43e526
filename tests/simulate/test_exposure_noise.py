"""The statistics of simulated frames against the model.

Seeds are fixed, so a test either passes always or never; the bounds say how sure one may be that a failure is one. A
variance over n independent samples with excess kurtosis κ has the relative standard error √((2 + κ)/n), from χ² with
n - 1 degrees of freedom when κ is 0.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
from jaxtyping import Float32
from scipy import stats

from catchlight.camera.profile import load_builtin
from catchlight.camera.sensor import NoiseKnot, NoiseLaw, PatternNoise, SensorProfile
from catchlight.core import ContractError
from catchlight.simulate import BURST_PROTOCOL, IMX477, SONY_A7S2, record

SIDE = 512
WHITE_NOISE = SensorProfile(
    name="plain",
    source="made for the test",
    bits=14,
    black_dn=1024.0,
    white_dn=16383.0,
    cfa="RGGB",
    noise=NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=2e-5, read=4e-7, row=4e-8),)),
)


def taken(sensor: SensorProfile, signal: float, **how: object) -> np.ndarray:
    """A flat frame, normalised."""
    light = np.full((SIDE, SIDE), signal, np.float32)
    arguments: dict[str, object] = {"gain": 1.0, "seed": (7,)} | how
    dn = record(light, sensor=sensor, **arguments)  # type: ignore[arg-type]
    return (dn.astype(float) - sensor.black_dn) / sensor.range_dn


def with_pattern(**amplitudes: object) -> SensorProfile:
    return replace(WHITE_NOISE, pattern_noise=PatternNoise(**amplitudes))  # type: ignore[arg-type]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("name", ["imx477", "imx708", "sony_a7s2", "nikon_d850", "burst_protocol"])
@pytest.mark.parametrize("gain", [1.0, 4.0, 16.0])
def test_variance_against_mean_is_the_model_at_every_gain(name: str, gain: float) -> None:
    sensor = load_builtin(name).sensor
    for signal in (0.02, 0.1, 0.4):
        model = sensor.noise_at(gain)
        expected = model.variance(signal, channel=1)
        if expected**0.5 * 4.5 > min(1 - signal, signal + sensor.black_dn / sensor.range_dn):
            continue  # clipping would take part of it
        found = taken(sensor, signal, gain=gain)
        # Fourth cumulant of Poisson counts times shot: shot³ · signal.
        kurtosis = model.shot[1] ** 3 * signal / expected**2
        error = math.sqrt((2 + kurtosis) / found.size)
        # About 40 comparisons with 4 standard errors each: 99.7 % for all of them together.
        assert found.var() / expected == pytest.approx(1, abs=4 * error)
        assert found.mean() == pytest.approx(signal, abs=4 * math.sqrt(expected / found.size))


def test_few_photons_are_poisson_not_gaussian() -> None:
    # Half an electron on average: 61 % of the photosites catch none, which no Gaussian of that variance gives.
    gain = 64.0
    light = np.full((128, 128), 0.5 * IMX477.noise.at(gain).shot, np.float32)
    dn = record(light, sensor=IMX477, gain=gain, seed=(1,)).astype(float) - IMX477.black_dn
    skew = np.mean((dn - dn.mean()) ** 3) / dn.std() ** 3
    assert skew > 0.03


def test_temporal_noise_is_white_in_space_and_time() -> None:
    first, second = (taken(WHITE_NOISE, 0.3, seed=(7, k)) for k in range(2))
    bound = 3 / SIDE  # 3 standard errors of a correlation over SIDE² samples
    for dy, dx in ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (64, 0)):
        assert abs(correlation(first[dy:, dx:], first[: SIDE - dy, : SIDE - dx])) < 3.01 / SIDE
    assert abs(correlation(first, second)) < bound


def test_row_noise_is_shared_by_a_row_and_by_nothing_else() -> None:
    knot = WHITE_NOISE.noise.at(1.0)
    frame = taken(WHITE_NOISE, 0.0 + 0.02, row_noise=True)
    total = WHITE_NOISE.noise_at(1.0, row_noise=True).variance(0.02, channel=1)
    share = knot.row / total
    # 512 rows decide about the shared part: 4 standard errors of its variance, √(2/512), on a share of 5 %.
    assert correlation(frame[:, 1:], frame[:, :-1]) == pytest.approx(share, abs=4 * (share * 0.0625 + 1 / SIDE))
    assert correlation(frame[:, 256:], frame[:, :256]) == pytest.approx(share, abs=4 * (share * 0.0625 + 1.4 / SIDE))
    assert abs(correlation(frame[1:], frame[:-1])) < 4 * (share * math.sqrt(1 / 512) + 1 / SIDE)
    means = frame.mean(axis=1)
    assert means.var() == pytest.approx(knot.row + (total - knot.row) / SIDE, rel=4 * 0.0625)
    again = taken(WHITE_NOISE, 0.02, row_noise=True, seed=(8,)).mean(axis=1)
    assert abs(correlation(means, again)) < 4 / math.sqrt(512)


def test_columns_and_banding_are_shared_as_stated() -> None:
    sensor = with_pattern(column=3e-4, banding=4e-4, banding_period_rows=32.0)
    gain = 2.0
    frame = taken(sensor, 0.0, gain=gain, pattern_noise=True)
    own = sensor.noise_at(gain).read[1] / SIDE
    assert frame.mean(axis=0).var() == pytest.approx((gain * 3e-4) ** 2 + own, rel=4 * 0.0625)
    rows = frame.mean(axis=1) - frame.mean()
    # 512 rows are 16 whole periods: the wave's variance is exact but for its product with the other noise.
    variance = (gain * 4e-4) ** 2
    product = 4 * 2 * math.sqrt(variance * own / SIDE)
    for lag in (0, 8, 16, 32):
        found = float((rows * np.roll(rows, lag)).mean())
        cosine = math.cos(2 * math.pi * lag / 32)
        assert found == pytest.approx(variance * cosine + own * (lag == 0), abs=product + 4 * own * math.sqrt(2 / SIDE))
    again = taken(sensor, 0.0, gain=gain, pattern_noise=True, seed=(8,))
    assert abs(correlation(frame.mean(axis=0), again.mean(axis=0))) < 4 / math.sqrt(512)


@pytest.mark.parametrize(("signal", "gain"), [(0.0, 1.0), (0.0, 4.0), (0.3, 1.0), (0.3, 4.0)])
def test_frames_share_the_fixed_pattern_and_only_that(signal: float, gain: float) -> None:
    sensor = with_pattern(prnu=0.006, dsnu=5e-4, serial=3)
    first, second = (taken(sensor, signal, gain=gain, pattern_noise=True, seed=(k,)) for k in range(2))
    fixed = (0.006 * signal) ** 2 + (5e-4 * gain) ** 2
    temporal = sensor.noise_at(gain).variance(signal, channel=1)
    assert correlation(first, second) == pytest.approx(fixed / (fixed + temporal), abs=4 / SIDE)
    # Half of the variance of a difference is the temporal noise alone.
    assert (first - second).var() / 2 == pytest.approx(temporal, rel=4 * math.sqrt(2) / SIDE)
    assert abs(correlation(first, taken(WHITE_NOISE, signal, gain=gain, seed=(2,)))) < 4 / SIDE
    other = replace(sensor, pattern_noise=replace(sensor.pattern_noise, serial=4))
    assert abs(correlation(first, taken(other, signal, gain=gain, pattern_noise=True, seed=(2,)))) < 4 / SIDE


def test_fixed_columns_stay() -> None:
    sensor = with_pattern(column_fixed=1e-3)
    first, second = (taken(sensor, 0.0, pattern_noise=True, seed=(k,)).mean(axis=0) for k in range(2))
    assert correlation(first, second) > 0.99


@pytest.mark.parametrize(("seconds", "celsius", "factor"), [(10.0, 25.0, 1.0), (10.0, 39.0, 4.0), (40.0, 11.0, 1.0)])
def test_dark_current_gathers_with_time_and_warmth_and_is_poisson(
    seconds: float, celsius: float, factor: float
) -> None:
    sensor = with_pattern(dark_per_s=1e-3)
    gain = 3.0
    frame = taken(sensor, 0.0, gain=gain, pattern_noise=True, exposure_s=seconds, temperature_c=celsius)
    level = 0.01 * factor * gain
    expected = sensor.noise_at(gain).variance(level, channel=1)
    assert frame.mean() == pytest.approx(level, abs=4 * math.sqrt(expected) / SIDE)
    assert frame.var() == pytest.approx(expected, rel=4 * math.sqrt(2.1) / SIDE)


def test_hot_photosites_are_hot_in_every_frame() -> None:
    sensor = with_pattern(dark_per_s=1e-4, hot_share=1e-3, hot_times=2000.0)
    hot = [taken(sensor, 0.0, pattern_noise=True, exposure_s=1.0, seed=(k,)) > 0.05 for k in range(2)]
    # An exponential of mean 0.2 is above 0.05 with probability e^(-1/4).
    expected = SIDE**2 * 1e-3 * math.exp(-0.25)
    assert hot[0].sum() == pytest.approx(expected, abs=4 * math.sqrt(expected))
    assert (hot[0] & hot[1]).sum() > 0.95 * hot[0].sum()
    assert not taken(sensor, 0.0, pattern_noise=True).max() > 0.05


@pytest.mark.parametrize("tail", [-0.1, 0.0, 0.14])
def test_the_tails_of_the_read_noise(tail: float) -> None:
    noise = NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=1e-6, read=1e-4),))
    sensor = replace(WHITE_NOISE, noise=noise, pattern_noise=PatternNoise(read_tail=tail), black_dn=8000.0)
    frame = taken(sensor, 0.0, pattern_noise=True)
    kurtosis = float(stats.tukeylambda.stats(tail, moments="k"))
    assert frame.var() == pytest.approx(1e-4, rel=4 * math.sqrt(2 + kurtosis) / SIDE)
    # Above 4 standard deviations: 17 of 262,144 for a Gaussian, 5 times as many for a logistic distribution.
    far = float(2 * stats.tukeylambda.sf(4 * float(stats.tukeylambda.std(tail)), tail)) * SIDE**2
    assert (np.abs(frame) > 0.04).sum() == pytest.approx(far, abs=4 * math.sqrt(far))


def test_rounding_adds_a_twelfth() -> None:
    for sigma_dn in (0.6, 1.0, 2.0):
        read = (sigma_dn / WHITE_NOISE.range_dn) ** 2
        sensor = replace(WHITE_NOISE, noise=NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=1e-9, read=read),)))
        found = taken(sensor, 0.0).var() * sensor.range_dn**2
        assert found == pytest.approx(sigma_dn**2 + 1 / 12, rel=4 * math.sqrt(2) / SIDE)


def test_clipping_at_both_ends_keeps_what_is_beyond() -> None:
    read = (20.0 / (16383 - 30)) ** 2
    noise = NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=1e-9, read=read),))
    sensor = replace(WHITE_NOISE, black_dn=30.0, noise=noise)
    for signal, end in ((0.0, 0), (1.0, 16383)):
        dn = record(np.full((SIDE, SIDE), signal, np.float32), sensor=sensor, gain=1.0, seed=(1,))
        # At black 1.475 standard deviations are left below; at white half of the photosites are beyond the end.
        probability = float(stats.norm.sf(abs(sensor.black_dn + signal * sensor.range_dn - end) / 20 - 0.5 / 20))
        error = math.sqrt(probability * (1 - probability)) / SIDE
        assert (dn == end).mean() == pytest.approx(probability, abs=4 * error)
        assert dn.max() <= sensor.white_dn


def test_dn_stay_within_the_sensor() -> None:
    light = np.repeat(np.float32([[-0.2, 0.0, 1.0, 3.0]]), 64, axis=0).repeat(4, axis=1)
    dn = record(light, sensor=IMX477, gain=16.0, seed=(3,))
    assert dn.max() == IMX477.white_dn
    assert dn.min() >= 0
    assert (dn[:, -4:] == IMX477.white_dn).all()


@pytest.mark.parametrize("cfa", ["GBRG", "QUAD_RGGB", "XTRANS"])
def test_colours_have_their_own_noise_and_bias(cfa: str) -> None:
    knot = NoiseKnot(gain=1.0, shot=1e-4, read=1e-6, shot_rgb=(5e-5, 1e-4, 2e-4), read_rgb=(1e-6, 2e-6, 3e-6))
    sensor = replace(
        WHITE_NOISE,
        cfa=cfa,  # type: ignore[arg-type]
        noise=NoiseLaw(knots=(knot,)),
        pattern_noise=PatternNoise(black_bias_dn=(3.0, 0.0, -2.0)),
    )
    frame = taken(sensor, 0.2, pattern_noise=True)
    colours = sensor.pattern.colour_map(SIDE, SIDE)
    for colour in range(3):
        part = frame[colours == colour]
        expected = sensor.noise_at(1.0).variance(0.2, channel=colour)
        assert part.var() == pytest.approx(expected, rel=4 * math.sqrt(2.01 / part.size))
        bias = sensor.pattern_noise.black_bias_dn[colour] / sensor.range_dn
        assert part.mean() == pytest.approx(0.2 + bias, abs=4 * math.sqrt(expected / part.size))


@pytest.mark.parametrize("sensor", [IMX477, SONY_A7S2, BURST_PROTOCOL], ids=lambda s: s.name)
def test_a_sensor_without_a_pattern_is_not_changed_by_asking_for_it(sensor: SensorProfile) -> None:
    plain = replace(sensor, pattern_noise=PatternNoise())
    light: Float32[np.ndarray, "h w"] = np.random.default_rng(0).random((100, 60), np.float32)
    expected = record(light, sensor=sensor, gain=4.0, seed=(5,))
    assert np.array_equal(expected, record(light, sensor=plain, gain=4.0, seed=(5,), pattern_noise=True))


def test_the_noise_does_not_depend_on_the_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    light = np.random.default_rng(0).random((300, 40), np.float32)
    sensor = with_pattern(prnu=0.01, dsnu=1e-4, column=1e-4, banding=1e-4, read_tail=0.0, hot_share=0.01)
    for pattern_noise in (False, True):
        monkeypatch.setenv("CATCHLIGHT_THREADS", "1")
        alone = record(light, sensor=sensor, gain=4.0, seed=(5,), pattern_noise=pattern_noise)
        monkeypatch.setenv("CATCHLIGHT_THREADS", "7")
        assert np.array_equal(alone, record(light, sensor=sensor, gain=4.0, seed=(5,), pattern_noise=pattern_noise))


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ContractError, match="≥ 0"):
        record(np.zeros((4, 4), np.float32), sensor=IMX477, gain=1.0, seed=(1,), exposure_s=-1.0)


def test_rounding_that_is_in_the_read_noise_is_not_added_again() -> None:
    """A profile measured on recorded frames gives frames of the same noise: variance within 4 standard errors."""
    sensor = replace(
        IMX477,
        noise=NoiseLaw(knots=(NoiseKnot(gain=1.0, shot=1e-4, read=0.5 / IMX477.range_dn**2),)),
        rounding_in_read=True,
    )
    light = np.full((512, 512), 0.01, np.float32)
    values = record(light, sensor=sensor, gain=1.0, seed=(3,)).astype(np.float64) / sensor.range_dn
    expected = sensor.noise_at(1.0).variance(0.01, channel=0)
    assert float(values.var()) == pytest.approx(expected, rel=4 * (2 / light.size) ** 0.5)
