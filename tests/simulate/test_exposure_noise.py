import numpy as np
import pytest

from catchlight.simulate import BURST_PROTOCOL, IMX477, SONY_A7S2, SensorProfile, record


@pytest.mark.parametrize("sensor", [IMX477, SONY_A7S2, BURST_PROTOCOL], ids=lambda s: s.name)
@pytest.mark.parametrize(("signal", "gain"), [(0.02, 8.0), (0.3, 1.0), (0.3, 4.0)])
def test_mean_and_variance_are_those_of_the_noise_model(sensor: SensorProfile, signal: float, gain: float) -> None:
    light = np.full((256, 512), signal, np.float32)
    dn = record(light, sensor=sensor, gain=gain, seed=(7,)).astype(float)
    found = (dn - sensor.black_dn) / sensor.range_dn
    expected = sensor.noise_at(gain).variance(signal, channel=1)
    # 131072 samples: the relative standard error of a variance is √(2/n) = 0.4 %, plus a little kurtosis; 5 of them.
    assert found.var() == pytest.approx(expected, rel=0.02)
    assert found.mean() == pytest.approx(signal, abs=5 * np.sqrt(expected / light.size))


def test_few_photons_are_poisson_not_gaussian() -> None:
    # Half an electron on average: 61 % of the photosites catch none, which no Gaussian of that variance gives.
    gain = 64.0
    light = np.full((128, 128), 0.5 * IMX477.noise.at(gain).shot, np.float32)
    dn = record(light, sensor=IMX477, gain=gain, seed=(1,)).astype(float) - IMX477.black_dn
    skew = np.mean((dn - dn.mean()) ** 3) / dn.std() ** 3
    assert skew > 0.03


def test_row_noise_is_shared_by_a_row() -> None:
    dark = np.zeros((512, 512), np.float32)
    knot = SONY_A7S2.noise.at(1.0)

    def variance_of_rows(row_noise: bool) -> float:
        dn = record(dark, sensor=SONY_A7S2, gain=1.0, seed=(2,), row_noise=row_noise)
        return float((dn / SONY_A7S2.range_dn).mean(axis=1).var())

    # 512 rows: the standard error of their variance is √(2/512) = 6 %.
    assert variance_of_rows(True) - variance_of_rows(False) == pytest.approx(knot.row, rel=0.25)


def test_dn_stay_within_the_sensor() -> None:
    light = np.repeat(np.float32([[-0.2, 0.0, 1.0, 3.0]]), 64, axis=0).repeat(4, axis=1)
    dn = record(light, sensor=IMX477, gain=16.0, seed=(3,))
    assert dn.max() == IMX477.white_dn
    assert dn.min() >= 0
    assert (dn[:, -4:] == IMX477.white_dn).all()


def test_the_noise_does_not_depend_on_the_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    light = np.random.default_rng(0).random((300, 40), np.float32)
    monkeypatch.setenv("CATCHLIGHT_THREADS", "1")
    alone = record(light, sensor=IMX477, gain=4.0, seed=(5,))
    monkeypatch.setenv("CATCHLIGHT_THREADS", "7")
    assert np.array_equal(alone, record(light, sensor=IMX477, gain=4.0, seed=(5,)))
