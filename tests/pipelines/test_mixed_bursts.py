"""Bursts whose frames differ in exposure, gain or kind."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import BayerName, CfaPattern, LinearMosaic, Metadata, NoiseModel, RawFrame, UsageError
from catchlight.pipelines import DevelopSettings, develop

BLACK, WHITE = 64.0, 4095.0


def _scene(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.standard_normal((128, 160)), (0, 0), s) for s in (1.5, 6.0)]
    total = sum(layer / layer.std() for layer in layers)
    return np.asarray(0.05 + 0.25 * (total - total.min()) / np.ptp(total))


def _shot(
    light: np.ndarray, *, exposure: float = 1.0, noise: NoiseModel, seed: int, facts: Metadata | None = None
) -> RawFrame:
    rng = np.random.default_rng(seed)
    signal = light * exposure
    noisy = signal + rng.normal(size=light.shape) * np.sqrt(noise.shot[1] * signal + noise.read[1])
    mosaic = np.clip(np.round(noisy * (WHITE - BLACK) + BLACK), 0, WHITE).astype(np.uint16)
    return RawFrame(
        mosaic=mosaic,
        cfa=CfaPattern(name="RGGB"),
        black_dn=(BLACK,) * 4,
        white_dn=WHITE,
        noise=noise,
        metadata=facts or Metadata(make="Acme", model="One"),
    )


CLEAN, NOISY = NoiseModel.same(shot=1e-4, read=1e-6), NoiseModel.same(shot=4e-3, read=4e-5)


def test_noise_is_not_taken_for_sharpness() -> None:
    sharp = _scene()
    soft = cv2.GaussianBlur(sharp, (0, 0), 1.5)
    frames = [_shot(sharp, noise=CLEAN, seed=1), _shot(soft, noise=NOISY, seed=2), _shot(sharp, noise=CLEAN, seed=3)]
    assert develop(frames, DevelopSettings(render="mosaic")).reference_index in (0, 2)


def test_a_full_photosite_of_a_longer_exposure_says_nothing() -> None:
    scene = _scene() * 2.5
    short = Metadata(make="Acme", model="One", exposure_s=0.01, iso=100.0)
    frames = [_shot(scene, noise=CLEAN, seed=1, facts=short)]
    frames += [
        _shot(scene, exposure=2.0, noise=CLEAN, seed=s, facts=replace(short, exposure_s=0.02)) for s in (2, 3, 4)
    ]
    result = develop(frames, DevelopSettings(render="mosaic", reference=0))
    assert result.merged is not None
    bright = scene > 0.52
    assert bright.sum() > 200
    error = np.abs(result.merged.values - scene)[bright]
    assert error.max() < 6 * np.sqrt(CLEAN.variance(0.8, channel=1))
    dark = scene < 0.4
    assert np.square(result.merged.values - scene)[dark].mean() < 0.7 * CLEAN.variance(0.3, channel=1)


def test_each_frame_tells_its_own_exposure_or_is_measured() -> None:
    scene = _scene()
    known = Metadata(make="Acme", model="One", exposure_s=0.01, iso=100.0)
    frames = [_shot(scene, noise=CLEAN, seed=s, facts=known) for s in (1, 2)]
    frames.append(_shot(scene, exposure=0.5, noise=CLEAN, seed=3))  # without EXIF
    result = develop(frames, DevelopSettings(render="mosaic", reference=0))
    assert result.records[1].brightness == pytest.approx(2.0, rel=0.02)
    assert result.records[1].trust > 0.8


def test_light_ratio_counts_the_aperture_where_both_tell_it() -> None:
    shot = Metadata(exposure_s=0.02, iso=200.0, aperture_f=2.8)
    assert shot.light_ratio(Metadata(exposure_s=0.01, iso=100.0)) == pytest.approx(4.0)
    assert shot.light_ratio(Metadata(exposure_s=0.01, iso=100.0, aperture_f=1.4)) == pytest.approx(1.0)
    assert shot.light_ratio(Metadata(exposure_s=0.01)) is None


def test_a_model_without_noise_gives_a_sane_share() -> None:
    frames = [_shot(_scene(), noise=CLEAN, seed=s) for s in (1, 2, 3)]
    result = develop(frames, DevelopSettings(render="mosaic", noise=NoiseModel.same(shot=0.0, read=0.0)))
    assert 0.3 < result.share <= 1.0


@pytest.mark.parametrize("name", ["RGGB", "BGGR", "GRBG", "GBRG"])
def test_typical_noise_does_not_depend_on_the_pattern(name: BayerName) -> None:
    cfa = CfaPattern(name=name)
    values = np.empty((100, 136), np.float32)
    for site, colour in enumerate(cfa.sites):
        values[site >> 1 :: 2, site & 1 :: 2] = (0.8, 0.4, 0.1)[colour]
    noise = NoiseModel(shot=(1e-3, 2e-3, 4e-3), read=(1e-6, 2e-6, 3e-6))
    mosaic = LinearMosaic(values=values, cfa=cfa, gains=(1.0, 1.0, 1.0), noise=noise)
    assert mosaic.typical_level() == pytest.approx(0.425, rel=1e-5)
    assert mosaic.typical_variance() == pytest.approx(
        sum(noise.variance(0.425, channel=c) for c in (0, 1, 1, 2)) / 4, rel=1e-5
    )


def test_files_and_pictures_are_not_mixed(tmp_path: Path) -> None:
    frame = _shot(_scene(), noise=CLEAN, seed=1)
    with pytest.raises(UsageError, match="found both"):
        develop([frame, tmp_path / "a.dng"])  # type: ignore[list-item]
