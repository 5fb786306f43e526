import importlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catchlight.core import ContractError
from catchlight.develop.sharpen import noise_of_luma, sharpen

# The package may export the function under the module's own name.
MODULE = importlib.import_module("catchlight.develop.sharpen")
WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)


def _run(pixels: np.ndarray, sigma: float = 0.0, sharpness: float = 1.0) -> np.ndarray:
    luma = pixels @ WEIGHTS
    return sharpen(pixels, luma, np.full_like(luma, sigma), sharpness=sharpness)


def _grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(plane[..., None], 3, axis=2).astype(np.float32)


def _reference(luma: np.ndarray, sigma: float, amount: float) -> np.ndarray:
    """The same in plain array steps."""
    luma = luma.astype(np.float64)
    taps = np.exp(-0.5 * (np.arange(-2, 3) / 0.85) ** 2)
    taps /= taps.sum()
    passed = 1 - 2 * taps[2] ** 2 + np.sum(taps**2) ** 2
    detail = luma - cv2.sepFilter2D(luma, -1, taps, taps, borderType=cv2.BORDER_REPLICATE)
    # Rows and columns beyond the border repeat the last one.
    energy = cv2.boxFilter(detail**2, -1, (3, 3), borderType=cv2.BORDER_REPLICATE)
    weight = np.maximum(1 - passed * 2.6 * sigma**2 / np.maximum(energy, 1e-30), 0)
    box = np.ones((3, 3), np.uint8)
    low = cv2.erode(luma, box, borderType=cv2.BORDER_REPLICATE)
    high = cv2.dilate(luma, box, borderType=cv2.BORDER_REPLICATE)
    margin = 0.08 * (high - low)
    return np.clip(luma + amount * weight * detail, np.maximum(low - margin, 0), high + margin)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 23), st.integers(1, 23), st.floats(0, 0.1))
def test_the_kernel_does_what_the_formulas_say(seed: int, height: int, width: int, sigma: float) -> None:
    plane = np.random.default_rng(seed).uniform(0.2, 0.6, (height, width)).astype(np.float32)
    sharp = _run(_grey(plane), sigma=sigma)
    assert np.abs(sharp[..., 1] - _reference(plane, sigma, 0.9)).max() < 2e-4


def test_sharpness_0_is_the_picture_itself() -> None:
    picture = np.random.default_rng(0).uniform(0, 1, (20, 30, 3)).astype(np.float32)
    assert _run(picture, sharpness=0.0) is picture
    out = np.empty_like(picture)
    luma = picture @ WEIGHTS
    assert sharpen(picture, luma, luma, sharpness=0.0, out=out) is out
    assert np.array_equal(out, picture)


@pytest.mark.parametrize("blur_px", [0.01, 0.8, 1.5])
def test_an_edge_gets_steeper_and_overshoots_by_at_most_8_percent(blur_px: float) -> None:
    edge = np.full((32, 64), 0.3, np.float32)
    edge[:, 32:] = 0.7
    edge = cv2.GaussianBlur(edge, (0, 0), blur_px)
    sharp = _run(_grey(edge), sharpness=3.0)[16, :, 1]
    slack = 0.08 * 0.4 + 1e-4
    assert sharp.min() > 0.3 - slack
    assert sharp.max() < 0.7 + slack
    if blur_px > 0.1:
        assert np.diff(sharp).max() > 1.2 * np.diff(edge[16]).max()


def test_noise_is_left_alone_but_structure_in_it_is_not() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.02, (128, 128))
    flat = _grey(0.5 + noise)
    # A flat noisy area stays as it is; blindly sharpened, its deviation grows by half.
    assert _run(flat, sigma=0.02)[..., 1].std() < 1.02 * flat[..., 1].std()
    assert _run(flat, sigma=0.0)[..., 1].std() > 1.3 * 0.02
    stripes = 0.5 + 0.2 * np.sign(np.sin(np.arange(128) * 0.9))[None, :]
    lines = cv2.GaussianBlur(np.broadcast_to(stripes, (128, 128)).astype(np.float32), (0, 0), 0.8)
    assert _run(_grey(lines + noise), sigma=0.02)[..., 1].std() > 1.1 * lines.std()


def test_noise_that_noise_removal_made_soft_is_left_alone_too() -> None:
    """What is left after noise removal is coarser than white noise of the same deviation, and has less fine detail."""
    soft = cv2.GaussianBlur(np.random.default_rng(6).normal(0, 1, (160, 160)).astype(np.float32), (0, 0), 1.5)
    flat = _grey(0.5 + 0.02 * soft / soft.std())
    assert _run(flat, sigma=0.02, sharpness=3.0)[..., 1].std() < 1.001 * flat[..., 1].std()


def test_an_enlarged_picture_is_sharpened_as_widely_as_the_small_one() -> None:
    """Edges of a picture twice as large, blurred twice as far, become steeper by the same factor."""

    def steeper(scale: int) -> float:
        edge = np.full((16, 64 * scale), 0.3, np.float32)
        edge[:, 32 * scale :] = 0.6
        edge = cv2.GaussianBlur(edge, (0, 0), 1.4 * scale)
        luma = _grey(edge) @ WEIGHTS
        sharp = sharpen(_grey(edge), luma, np.zeros_like(luma), sharpness=1.0, scale=float(scale))
        return float(np.diff(sharp[8, :, 1]).max() / np.diff(edge[8]).max())

    assert steeper(2) == pytest.approx(steeper(1), rel=0.05)
    assert steeper(1) > 1.1
    with pytest.raises(ContractError, match=r"0\.5…4"):
        sharpen(
            _grey(np.zeros((8, 8))),
            np.zeros((8, 8), np.float32),
            np.zeros((8, 8), np.float32),
            sharpness=1.0,
            scale=9.0,
        )


def test_hue_and_range_are_kept() -> None:
    rng = np.random.default_rng(2)
    picture = rng.uniform(0, 1, (40, 40, 3)).astype(np.float32)
    sharp = _run(picture, sharpness=3.0)
    assert sharp.min() >= 0
    assert sharp.max() <= 1 + 1e-6
    share = [p / np.maximum(p.sum(axis=2, keepdims=True), 1e-6) for p in (picture, sharp)]
    lit = sharp.sum(axis=2) > 0.05
    assert np.abs(share[0] - share[1])[lit].max() < 1e-3


def test_may_work_in_place_and_bands_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(3).uniform(0, 1, (150, 40, 3)).astype(np.float32)
    luma = picture @ WEIGHTS
    sigma = np.full_like(luma, 0.01)
    before = picture.copy()
    banded = sharpen(picture, luma, sigma, sharpness=1.0)
    assert np.array_equal(picture, before)
    monkeypatch.setattr(MODULE, "for_bands", lambda work, height, **_: work(0, height))
    own = picture.copy()
    assert sharpen(own, luma, sigma, sharpness=1.0, out=own) is own
    assert np.array_equal(own, banded)


@pytest.mark.parametrize("sigma", [0.003, 0.02])
def test_the_noise_of_a_finished_picture_is_found(sigma: float) -> None:
    rng = np.random.default_rng(4)
    y, x = np.mgrid[0:300, 0:400] / 300
    picture = 0.4 + 0.2 * x + rng.normal(0, sigma, x.shape)
    picture[:100] += 0.2 * np.sign(np.sin(40 * x[:100]) * np.sin(37 * y[:100]))
    assert noise_of_luma(picture.astype(np.float32)) == pytest.approx(sigma, rel=0.15)
    assert noise_of_luma(np.zeros((8, 8), np.float32)) == 0.0
