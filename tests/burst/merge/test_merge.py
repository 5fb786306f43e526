from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment, MosaicMerge, RgbMerge
from catchlight.core import BayerName, ContractError, LinearMosaic, NoiseModel

Make = Callable[..., np.ndarray]
Mosaic = Callable[..., LinearMosaic]
SIGMA = 0.03
N = 8


def _merge(frames: list[LinearMosaic], alignment: Alignment | None = None) -> tuple[LinearMosaic, list[np.ndarray]]:
    merge = MosaicMerge(frames[0])
    alignment = alignment or Alignment.identity(frames[0].shape)
    weights = [merge.add(frame, alignment) for frame in frames[1:]]
    return merge.finish(), weights


def _scene(texture: Make, height: int = 128, width: int = 160) -> np.ndarray:
    return texture(height, width)[..., None] * np.array([0.7, 1.0, 0.5], np.float32)


@pytest.mark.parametrize("name", ["RGGB", "GRBG"])
def test_n_frames_leave_one_nth_of_the_variance(name: BayerName, texture: Make, as_mosaic: Mosaic) -> None:
    scene = _scene(texture)
    clean = as_mosaic(scene, name=name).values
    frames = [as_mosaic(scene, sigma=SIGMA, seed=k, name=name) for k in range(N)]
    found, weights = _merge(frames)
    left = float(np.square(found.values - clean).mean()) / SIGMA**2
    assert np.mean(weights) > 0.97
    assert found.share is not None
    assert float(found.share.mean()) == pytest.approx(1 / N, rel=0.05)
    assert left == pytest.approx(float(found.share.mean()), rel=0.05)
    assert (found.cfa, found.gains, found.noise) == (frames[0].cfa, frames[0].gains, frames[0].noise)


def test_a_single_frame_stays_what_it_is(texture: Make, as_mosaic: Mosaic) -> None:
    reference = as_mosaic(_scene(texture), sigma=SIGMA)
    found = MosaicMerge(reference).finish()
    assert np.array_equal(found.values, reference.values)
    assert found.share is not None
    assert (found.share == 1).all()


def test_the_order_of_the_frames_does_not_matter(texture: Make, as_mosaic: Mosaic) -> None:
    scene = _scene(texture)
    frames = [as_mosaic(scene, sigma=SIGMA, seed=k) for k in range(5)]
    once, _ = _merge(frames)
    again, _ = _merge([frames[0], *frames[:0:-1]])
    np.testing.assert_allclose(again.values, once.values, atol=1e-5)
    np.testing.assert_allclose(again.share, once.share, atol=1e-5)


def test_inputs_stay_as_they_are(texture: Make, as_mosaic: Mosaic) -> None:
    frames = [as_mosaic(_scene(texture), sigma=SIGMA, seed=k) for k in range(3)]
    before = [frame.values.copy() for frame in frames]
    found, _ = _merge(frames)
    assert all(np.array_equal(a, frame.values) for a, frame in zip(before, frames, strict=True))
    assert not any(np.shares_memory(found.values, frame.values) for frame in frames)
    pixels = [np.repeat(texture(64, 64)[..., None], 3, axis=2) for _ in range(2)]
    merge = RgbMerge(pixels[0], NoiseModel.same(shot=0.0, read=1e-4))
    merge.add(pixels[1], Alignment.identity((64, 64)))
    mean, _ = merge.finish()
    assert np.array_equal(pixels[0], pixels[1])
    assert not np.shares_memory(mean, pixels[0])


@pytest.mark.parametrize("ratio", [0.25, 4.0])
def test_a_noisier_frame_counts_less(ratio: float, texture: Make, as_mosaic: Mosaic) -> None:
    scene = _scene(texture)
    clean = as_mosaic(scene).values
    reference = as_mosaic(scene, sigma=SIGMA)
    other = as_mosaic(scene, sigma=SIGMA * ratio**0.5, seed=1)
    merge = MosaicMerge(reference)
    merge.add(other, Alignment.identity(reference.shape), noise_ratio=ratio)
    found = merge.finish()
    # Inverse-variance weights: 1 / (1 + 1/ratio) of the reference's variance is left.
    ideal = 1 / (1 + 1 / ratio)
    assert found.share is not None
    assert float(found.share.mean()) == pytest.approx(ideal, rel=0.05)
    assert float(np.square(found.values - clean).mean()) / SIGMA**2 == pytest.approx(ideal, rel=0.06)


def _worst_loss_db(found: np.ndarray, reference: np.ndarray, clean: np.ndarray) -> float:
    """How many dB the worst 64×64 block lies below the reference alone (negative: nowhere worse)."""
    mine, single = np.square(found - clean), np.square(reference - clean)
    h, w = clean.shape
    losses = [
        10 * np.log10(mine[y : y + 64, x : x + 64].mean() / single[y : y + 64, x : x + 64].mean())
        for y in range(0, h - 63, 16)
        for x in range(0, w - 63, 16)
    ]
    return float(max(losses))


@pytest.mark.parametrize("contrast", [0.02, 0.06, 0.2, 0.8])
@pytest.mark.parametrize("sigma", [0.01, 0.04])
def test_a_moving_object_never_makes_a_block_worse(
    contrast: float, sigma: float, texture: Make, as_mosaic: Mosaic
) -> None:
    """A checked disc that walks 11 px a frame, from barely visible to glaring."""
    h, w = 192, 256
    ground = 0.3 + 0.1 * texture(h, w)
    y, x = np.mgrid[:h, :w]
    frames, clean = [], None
    for k in range(N):
        cx, cy = 90 + 11 * k, 100 + 3 * k
        checks = np.where(((x - cx) // 8 + (y - cy) // 8) % 2 == 0, contrast, -contrast / 2)
        inside = cv2.GaussianBlur((np.hypot(x - cx, y - cy) < 34).astype(np.float32), (0, 0), 1.0)
        picture = np.clip(ground + inside * checks, 0, 2).astype(np.float32)
        clean = picture if clean is None else clean
        frames.append(as_mosaic(picture, sigma=sigma, seed=k))
    found, weights = _merge(frames)
    assert clean is not None
    assert _worst_loss_db(found.values, frames[0].values, clean) < 0.5
    # Where nothing moved the gain is not given away.
    assert np.square(found.values - clean)[:, :40].mean() < 1.5 * sigma**2 / N
    if contrast > 10 * sigma:
        assert max(float(weight[40:60, 40:60].max()) for weight in weights[4:]) < 0.05


def test_places_that_a_frame_does_not_see_come_from_the_others(texture: Make, as_mosaic: Mosaic) -> None:
    scene = _scene(texture)
    clean = as_mosaic(scene).values
    frames = [as_mosaic(scene, sigma=SIGMA, seed=k) for k in range(3)]
    aside = replace(Alignment.identity((128, 160)), affine=np.array([[1.0, 0, 60], [0, 1, 0]]))
    moved = replace(frames[2], values=np.roll(frames[2].values, 60, axis=1))
    merge = MosaicMerge(frames[0])
    merge.add(frames[1], Alignment.identity((128, 160)))
    merge.add(moved, aside)
    found = merge.finish()
    assert np.isfinite(found.values).all()
    assert np.abs(found.values - clean).max() < 6 * SIGMA
    assert found.share is not None
    assert float(found.share[:, 52:].mean()) == pytest.approx(1 / 2, rel=0.03)
    assert float(found.share[:, 8:36].mean()) == pytest.approx(1 / 3, rel=0.05)


def test_rgb_frames_merge_too(texture: Make) -> None:
    rng = np.random.default_rng(0)
    clean = np.repeat(texture(128, 160)[..., None], 3, axis=2)
    frames = [(clean + rng.normal(0, SIGMA, clean.shape)).astype(np.float32) for _ in range(N)]
    frames[3][40:80, 50:90] = 0.9  # something that one frame alone shows
    merge = RgbMerge(frames[0], NoiseModel.same(shot=0.0, read=SIGMA**2))
    weights = [merge.add(frame, Alignment.identity((128, 160))) for frame in frames[1:]]
    found, share = merge.finish()
    assert weights[2][20:40, 25:45].max() < 0.01
    assert float(share.mean()) == pytest.approx(1 / N, rel=0.1)
    assert float(np.square(found - clean).mean()) / SIGMA**2 == pytest.approx(float(share.mean()), rel=0.1)


def test_frames_of_another_shape_or_pattern_are_refused(as_mosaic: Mosaic) -> None:
    reference = as_mosaic(np.zeros((32, 32)))
    merge = MosaicMerge(reference)
    with pytest.raises(ContractError, match="share size and pattern"):
        merge.add(as_mosaic(np.zeros((32, 34))), Alignment.identity((32, 34)))
    with pytest.raises(ContractError, match="share size and pattern"):
        merge.add(as_mosaic(np.zeros((32, 32)), name="BGGR"), Alignment.identity((32, 32)))
    rgb = RgbMerge(np.zeros((32, 32, 3), np.float32), reference.noise)
    with pytest.raises(ContractError, match="share their size"):
        rgb.add(np.zeros((32, 34, 3), np.float32), Alignment.identity((32, 34)))
