from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import CameraColour, CfaPattern, ContractError, Frame, Metadata, NoiseModel, RawFrame
from catchlight.io import read_picture, write_dng_cfa
from catchlight.pipelines import DevelopSettings, develop, merged_raw

NOISE = NoiseModel.same(shot=4e-4, read=1e-6)
BLACK, WHITE = 240.0, 16383.0
MOSAIC = DevelopSettings(render="mosaic", reference=0)


def _light() -> np.ndarray:
    y, x = np.mgrid[:128, :160]
    return 0.02 + 0.5 * x / 160 + 0.2 * (((x // 20) + (y // 16)) % 2)


def _raw(seed: int, light: np.ndarray | None = None) -> RawFrame:
    light = _light() if light is None else light
    noisy = light + np.random.default_rng(seed).standard_normal(light.shape) * np.sqrt(4e-4 * light + 1e-6)
    dn = np.clip(np.round(noisy * (WHITE - BLACK) + BLACK), 0, WHITE).astype(np.uint16)
    return RawFrame(
        mosaic=dn,
        cfa=CfaPattern(name="GRBG"),
        black_dn=(BLACK,) * 4,
        white_dn=WHITE,
        noise=NOISE,
        colour=CameraColour(neutral=(0.5, 1.0, 0.7)),
        metadata=Metadata(make="Acme", model="One", exposure_s=0.05, iso=400.0, orientation=6),
    )


def _normalised(raw: RawFrame) -> np.ndarray:
    return (raw.mosaic.astype(np.float64) - raw.black_dn[0]) / (raw.white_dn - raw.black_dn[0])


def test_a_single_frame_comes_back_on_the_new_scale() -> None:
    raw = _raw(0)
    again = merged_raw(develop([raw], MOSAIC))
    # White balance is undone; half a step of either scale is lost.
    np.testing.assert_allclose(_normalised(again), _normalised(raw), atol=1e-5)
    assert (again.cfa, again.colour, again.metadata) == (raw.cfa, raw.colour, raw.metadata)
    assert again.noise == raw.noise
    assert again.white_dn == 65535


def test_a_burst_has_less_noise_and_says_how_much() -> None:
    found = merged_raw(develop([_raw(k) for k in range(8)], MOSAIC))
    light = _light()
    left = float(np.square(_normalised(found) - light).mean())
    single = float(np.square(_normalised(_raw(0)) - light).mean())
    assert left < single / 6.5
    assert found.noise is not None
    stated = float(np.mean([found.noise.variance(float(v), channel=1) for v in light.ravel()[::7]]))
    assert stated == pytest.approx(left, rel=0.1)


def test_the_noise_about_black_is_not_cut_off() -> None:
    dark = np.zeros((64, 64))
    raw = _raw(0, dark)
    again = merged_raw(develop([raw], MOSAIC))
    assert float(_normalised(again).mean()) == pytest.approx(float(_normalised(raw).mean()), abs=2e-5)
    assert again.mosaic.min() < again.black_dn[0]


def test_full_photosites_stay_full() -> None:
    again = merged_raw(develop([_raw(0, np.full((64, 64), 1.5))], MOSAIC))
    assert (again.mosaic == 65535).all()


def test_it_survives_the_file_and_develops_to_the_same_picture(tmp_path: Path) -> None:
    burst = develop([_raw(k) for k in range(3)], replace(MOSAIC, render="linear"))
    raw = merged_raw(burst)
    write_dng_cfa(tmp_path / "merged.dng", raw)
    again = read_picture(tmp_path / "merged.dng")
    assert isinstance(again, RawFrame)
    assert np.array_equal(again.mosaic, raw.mosaic)
    developed = develop([tmp_path / "merged.dng"], replace(MOSAIC, render="linear"))
    assert developed.frame is not None
    assert burst.frame is not None
    assert np.sqrt(np.square(developed.frame.pixels - burst.frame.pixels).mean()) < 5e-3


def test_headroom_moves_white_and_the_noise_with_it() -> None:
    plain = develop([_raw(0)], MOSAIC)
    usual, high = merged_raw(plain), merged_raw(plain, headroom_ev=3.0)
    np.testing.assert_allclose(8 * _normalised(high), _normalised(usual), atol=8e-5)
    assert high.noise is not None
    assert usual.noise is not None
    assert 64 * high.noise.variance(0.05 / 8, channel=1) == pytest.approx(usual.noise.variance(0.05, channel=1))
    for wrong in (-1.0, float("nan")):
        with pytest.raises(ContractError, match="headroom"):
            merged_raw(plain, headroom_ev=wrong)


def test_rgb_frames_have_no_mosaic() -> None:
    frame = Frame(pixels=np.full((64, 64, 3), 0.5, np.float32))
    with pytest.raises(ContractError, match="no mosaic"):
        merged_raw(develop([frame], DevelopSettings(render="linear")))
