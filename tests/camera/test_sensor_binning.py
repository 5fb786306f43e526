import numpy as np
import pytest

from catchlight.camera.sensor import bin_quad, binned_noise
from catchlight.core import CfaName, CfaPattern, ContractError, NoiseModel


@pytest.mark.parametrize(("name", "side"), [("QUAD_RGGB", 2), ("NONA_GRBG", 3)])
def test_binning_gives_the_bayer_mosaic_of_the_smaller_picture(name: CfaName, side: int) -> None:
    small = np.random.default_rng(2).random((8, 12, 3), np.float32)
    pattern = CfaPattern(name=name)
    binned, cfa = bin_quad(pattern.sample(small.repeat(side, axis=0).repeat(side, axis=1)), pattern)
    assert cfa.name == name[-4:]
    np.testing.assert_allclose(binned, cfa.sample(small), rtol=1e-6)


@pytest.mark.parametrize("how", ["mean", "sum"])
def test_the_noise_of_binned_photosites_is_the_stated_one(how: str) -> None:
    noise, signal = NoiseModel.same(shot=2e-3, read=1e-4), 0.4
    pattern = CfaPattern(name="QUAD_RGGB")
    rng = np.random.default_rng(3)
    sigma = noise.variance(signal, channel=1) ** 0.5
    mosaic = (signal + sigma * rng.standard_normal((1024, 1024))).astype(np.float32)
    binned, _ = bin_quad(mosaic, pattern, how=how)  # type: ignore[arg-type]
    level = signal if how == "mean" else 4 * signal
    expected = binned_noise(noise, pattern, how=how).variance(level, channel=1)  # type: ignore[arg-type]
    # 262,144 samples: standard error √(2/n) = 0.28 %; 4 of them (99.99 %).
    assert binned.var() == pytest.approx(expected, rel=0.011)
    assert binned.mean() == pytest.approx(level, rel=1e-3)


def test_what_cannot_be_binned_is_refused() -> None:
    mosaic = np.zeros((8, 8), np.float32)
    with pytest.raises(ContractError, match="found XTRANS"):
        bin_quad(mosaic, CfaPattern(name="XTRANS"))
    with pytest.raises(ContractError, match="multiples of 6; found 8×8"):
        bin_quad(mosaic, CfaPattern(name="NONA_RGGB"))
    with pytest.raises(ContractError, match="begins with a whole block"):
        bin_quad(mosaic, CfaPattern(name="QUAD_RGGB", origin=(0, 1)))
