from collections.abc import Callable

import numpy as np
import pytest

from catchlight.burst import brightness_ratio, grey_noise_variance, grey_pyramid
from catchlight.core import LinearMosaic, NoiseModel


def test_levels_halve_and_keep_the_mean(
    texture: Callable[..., np.ndarray], as_mosaic: Callable[..., LinearMosaic]
) -> None:
    picture = texture(256, 384)
    for levels in (grey_pyramid(as_mosaic(picture)), grey_pyramid(np.repeat(picture[..., None], 3, axis=2))):
        assert [level.shape for level in levels] == [(128, 192), (64, 96), (32, 48)]
        for level in levels:
            assert level.mean() == pytest.approx(picture.mean(), rel=1e-4)
        quads = picture.reshape(128, 2, 192, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(levels[0], quads, atol=1e-6)


def test_small_pictures_have_fewer_levels(as_mosaic: Callable[..., LinearMosaic]) -> None:
    assert len(grey_pyramid(as_mosaic(np.zeros((64, 64), np.float32)))) == 1
    assert len(grey_pyramid(as_mosaic(np.zeros((128, 300), np.float32)))) == 2


def test_the_noise_of_the_grey_picture_is_what_it_really_has(as_mosaic: Callable[..., LinearMosaic]) -> None:
    rng = np.random.default_rng(0)
    mosaic = as_mosaic(np.full((400, 400), 0.4, np.float32))
    model = NoiseModel(shot=(2e-3, 1e-3, 4e-3), read=(1e-4, 2e-5, 3e-4))
    deviation = np.sqrt([model.variance(0.4, channel=c) for c in range(3)])[np.tile(mosaic.cfa.indices, (200, 200))]
    noisy = (mosaic.values + rng.standard_normal((400, 400)) * deviation).astype(np.float32)
    grey = grey_pyramid(LinearMosaic(values=noisy, cfa=mosaic.cfa, gains=mosaic.gains, noise=model))[0]
    assert grey_noise_variance(grey, model) == pytest.approx(float(grey.var()), rel=0.03)


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.7])
def test_brightness_is_measured_where_both_see_the_same(factor: float, texture: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(1)
    canvas = 0.5 * texture(80, 104)
    reference, moved = canvas[8:-8, 8:-8].copy(), canvas[5:-11, 12:-4] / factor
    moved = moved + rng.normal(0, 0.01, moved.shape).astype(np.float32)
    # The frame shows the reference's place 3 px lower and 4 px further left; a lamp moves through it.
    moved[20:40, 30:50] = 0.9
    reference[45:60, 10:25] = 0.8
    affine = np.array([[1, 0, -4], [0, 1, 3]], np.float32)
    assert brightness_ratio(reference, moved, affine) == pytest.approx(factor, rel=0.02)


def test_too_little_in_common_is_no_change() -> None:
    picture = np.full((40, 40), 0.5, np.float32)
    away = np.array([[1, 0, 39], [0, 1, 39]], np.float32)
    assert brightness_ratio(picture, picture * 2, away) == 1.0
    assert brightness_ratio(np.zeros_like(picture), picture, np.eye(2, 3, dtype=np.float32)) == 1.0
    clipped = np.ones_like(picture)
    assert brightness_ratio(clipped, picture, np.eye(2, 3, dtype=np.float32)) == 1.0
