import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment, MosaicMerge
from catchlight.burst.merge.lattice_noise import quad_noise, resampled_noise
from catchlight.burst.merge.rows import (
    CUT,
    FINE,
    FINE_SLACK,
    FREE,
    MEAN_SLACK,
    POINT_SLACK,
    WIDE,
    WIDE_SLACK,
    sample_squares,
)
from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel

RGGB = CfaPattern(name="RGGB")
SIGMA = 0.02
NOISE = NoiseModel.same(shot=0.0, read=SIGMA**2)


def _mosaic(values: np.ndarray) -> LinearMosaic:
    return LinearMosaic(values=values.astype(np.float32), cfa=RGGB, gains=(1.0, 1.0, 1.0), noise=NOISE)


def _pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([height, width])
    scene = 0.4 + 0.1 * cv2.GaussianBlur(rng.standard_normal((height, width)), (0, 0), 4)
    a, b = (scene + rng.normal(0, SIGMA, scene.shape) for _ in range(2))
    b[height // 3 : height // 2, width // 3 : width // 2] += 0.3
    b[height // 2 :, : width // 4] += 1.2 * SIGMA
    return a.astype(np.float32), b.astype(np.float32)


def _slow_weights(a: np.ndarray, b: np.ndarray, quiet: float) -> np.ndarray:
    """The four statistics of an unmoved frame, window by window."""
    scaled = (b.astype(np.float64) - a) / SIGMA
    planes = [scaled[k >> 1 :: 2, k & 1 :: 2] for k in range(4)]
    rows, columns = planes[0].shape
    square = np.mean(np.square(planes), axis=0)
    raw = np.empty((rows, columns))
    for y in range(rows):
        for x in range(columns):

            def window(side: int, y: int = y, x: int = x) -> tuple[slice, slice]:
                r = side // 2
                return slice(max(y - r, 0), y + r + 1), slice(max(x - r, 0), x + r + 1)

            fine, wide = window(FINE), window(WIDE)
            near = np.mean([np.square(p[fine].mean()) for p in planes])
            far = np.mean([np.square(p[wide].mean()) for p in planes])
            bias = max(
                square[y, x] - quiet * (1 + POINT_SLACK),
                square[fine].mean() - quiet * (1 + FINE_SLACK),
                near - 2 / planes[0][fine].size * (1 + MEAN_SLACK),
                2 * (far - 2 / planes[0][wide].size * (1 + WIDE_SLACK)),
            )
            raw[y, x] = 0.0 if bias > CUT else min(FREE / max(bias, 1e-6), 1.0)
    least = cv2.erode(raw, np.ones((3, 3), np.uint8))
    return cv2.blur(least, (3, 3), borderType=cv2.BORDER_REPLICATE)


# 300 rows are three strips of one band, or two bands on two cores.
@pytest.mark.parametrize("shape", [(64, 90), (300, 80)])
def test_the_weights_are_those_of_the_slow_formula(shape: tuple[int, int]) -> None:
    a, b = _pair(*shape)
    merge = MosaicMerge(_mosaic(a))
    found = merge.add(_mosaic(b), Alignment.identity(shape))
    # The usual level is the frame's own; 2 ± 10 % here. It enters the slow formula as the fast one found it.
    candidates = [np.abs(_slow_weights(a, b, q) - found).mean() for q in (1.8, 2.0, 2.2)]
    assert min(candidates) < 0.01
    slow = _slow_weights(a, b, 2.0)
    assert np.abs(slow - found).mean() < 0.03
    assert np.corrcoef(slow.ravel(), found.ravel())[0, 1] > 0.98
    assert found[shape[0] // 6 + 2 : shape[0] // 4 - 2, shape[1] // 6 + 2 : shape[1] // 4 - 2].max() == 0


def test_unseen_squares_are_left_out_of_the_samples() -> None:
    a, b = _pair(64, 64)
    merge = MosaicMerge(_mosaic(a))
    aside = Alignment.identity((64, 64))
    aside.affine[0, 2] = 32.0
    seen: list[np.ndarray] = []

    import catchlight.burst.merge.merge as module

    original = module.sample_squares

    def watch(*args: object) -> np.ndarray:
        seen.append(original(*args))  # type: ignore[arg-type]
        return seen[-1]

    assert original is sample_squares
    module.sample_squares = watch
    try:
        merge.add(_mosaic(np.roll(b, 32, axis=1)), aside)
    finally:
        module.sample_squares = original
    # Five columns of blocks fit into 32 quads; the second half of them lies outside.
    assert 0 < seen[0].size < 25


def test_resampled_noise_is_that_of_the_chain_itself() -> None:
    """Noise through the real interpolation and OpenCV's own resampling at half a sample, for the red site."""
    rng = np.random.default_rng(3)
    noisy = rng.normal(0.5, SIGMA, (400, 600)).astype(np.float32)
    colours = interpolate_cfa(noisy, RGGB, noise_variance=1.0)
    x = np.arange(-2, 4) - 0.5
    kernel = np.sinc(x) * np.sinc(x / 3)
    kernel /= kernel.sum()
    moved = cv2.sepFilter2D(colours[..., 0].astype(np.float64) - 0.5, -1, kernel, kernel, anchor=(2, 2))
    found = np.var(moved[20:-20:2, 20:-20:2]) / SIGMA**2
    phase = 8 * 32 + 8  # half a sample down and to the right
    # 50 000 samples that are correlated over a few: 2 % at most.
    assert float(resampled_noise(_mosaic(noisy))[0, phase]) == pytest.approx(found, rel=0.05)


def test_nothing_is_lost_at_whole_tiles_and_half_at_half() -> None:
    kept, difference = quad_noise(_mosaic(np.full((32, 32), 0.5)), 1.0)
    assert kept[0] == pytest.approx(1, abs=1e-4)
    assert difference[0] == pytest.approx(1, abs=1e-4)
    assert kept.max() <= 1.02
    assert 0.3 < kept[8 * 32 + 8] < 0.8
    np.testing.assert_allclose(difference, 0.5 + 0.5 * kept, atol=1e-5)
