from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catchlight.burst import Alignment
from catchlight.burst.merge.warp import OUTSIDE, lanczos_table, warp_mosaic, warp_rgb
from catchlight.core import BayerName, CfaPattern, LinearMosaic, NoiseModel

NAMES: tuple[BayerName, ...] = ("RGGB", "BGGR", "GRBG", "GBRG")
Make = Callable[..., np.ndarray]
Mosaic = Callable[..., LinearMosaic]


def _moved(shape: tuple[int, int], affine: np.ndarray, shifts: np.ndarray | None = None) -> Alignment:
    none = Alignment.identity(shape)
    shifts = none.shifts if shifts is None else shifts.astype(np.float32)
    return Alignment(affine=affine.astype(np.float64), shifts=shifts, confidence=none.confidence, cell_px=64)


def _own_colours(rgb: np.ndarray, mosaic: LinearMosaic) -> np.ndarray:
    h, w = mosaic.shape
    index = np.tile(mosaic.cfa.indices, (h // 2, w // 2)).astype(int)
    return np.take_along_axis(rgb, index[..., None], -1)[..., 0]


def _places(shape: tuple[int, int], alignment: Alignment) -> tuple[np.ndarray, np.ndarray]:
    """Index coordinates (x, y) in the frame for every pixel of the reference, written out slowly."""
    h, w = shape
    y, x = np.mgrid[:h, :w] + 0.5
    rows, columns, _ = alignment.shifts.shape
    gx, gy = np.clip(x / alignment.cell_px - 0.5, 0, columns - 1), np.clip(y / alignment.cell_px - 0.5, 0, rows - 1)
    x0, y0 = np.floor(gx).astype(int), np.floor(gy).astype(int)
    x1, y1 = np.minimum(x0 + 1, columns - 1), np.minimum(y0 + 1, rows - 1)
    fx, fy = (gx - x0)[..., None], (gy - y0)[..., None]
    s = alignment.shifts
    shift = (1 - fy) * ((1 - fx) * s[y0, x0] + fx * s[y0, x1]) + fy * ((1 - fx) * s[y1, x0] + fx * s[y1, x1])
    a = alignment.affine
    return (
        a[0, 0] * x + a[0, 1] * y + a[0, 2] + shift[..., 0] - 0.5,
        a[1, 0] * x + a[1, 1] * y + a[1, 2] + shift[..., 1] - 0.5,
    )


def _lanczos(picture: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Six taps in both directions, normalised, borders continued: the obvious way."""
    h, w = picture.shape[:2]
    iu, iv = np.floor(u).astype(int), np.floor(v).astype(int)

    def weights(shift: np.ndarray) -> np.ndarray:
        x = np.arange(-2, 4) - shift[..., None]
        k = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
        return k / k.sum(axis=-1, keepdims=True)

    wu, wv = weights(u - iu), weights(v - iv)
    total = np.zeros((*u.shape, 3))
    for j in range(6):
        for i in range(6):
            sample = picture[np.clip(iv - 2 + j, 0, h - 1), np.clip(iu - 2 + i, 0, w - 1)]
            total += (wv[..., j] * wu[..., i])[..., None] * sample
    return total


def test_the_table_interpolates() -> None:
    table = lanczos_table()[:, :6]
    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(table[0], [0, 0, 1, 0, 0, 0], atol=1e-7)
    np.testing.assert_allclose(table[-1], [0, 0, 0, 1, 0, 0], atol=1e-7)
    np.testing.assert_allclose(table[::-1, ::-1], table, atol=1e-6)
    assert not lanczos_table()[:, 6:].any()


@pytest.mark.parametrize("name", NAMES)
def test_no_motion_gives_the_mosaic_back(name: BayerName, as_mosaic: Mosaic) -> None:
    frame = as_mosaic(np.random.default_rng(0).random((70, 150)), name=name)
    before = frame.values.copy()
    found = warp_mosaic(frame, Alignment.identity(frame.shape))
    np.testing.assert_allclose(_own_colours(found, frame), frame.values, atol=1e-6)
    assert np.array_equal(frame.values, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("dx", "dy"), [(2, 0), (-4, 6), (64, -64)])
def test_whole_tiles_of_the_pattern_move_exactly(name: BayerName, dx: int, dy: int, as_mosaic: Mosaic) -> None:
    frame = as_mosaic(np.random.default_rng(1).random((140, 150)), name=name)
    found = _own_colours(warp_mosaic(frame, _moved(frame.shape, np.array([[1, 0, dx], [0, 1, dy]]))), frame)
    h, w = frame.shape
    y, x = np.mgrid[:h, :w]
    seen = (x + dx >= 0) & (x + dx < w) & (y + dy >= 0) & (y + dy < h)
    np.testing.assert_allclose(found[seen], frame.values[(y + dy)[seen], (x + dx)[seen]], atol=1e-6)
    far = (x + dx < -1) | (x + dx > w) | (y + dy < -1) | (y + dy > h)
    assert (found[far] == OUTSIDE).all()


@pytest.mark.parametrize("name", NAMES)
@given(dx=st.floats(-5, 5), dy=st.floats(-5, 5))
def test_a_coloured_ramp_moves_exactly_by_any_shift(name: BayerName, dx: float, dy: float) -> None:
    y, x = np.mgrid[:40, :48] + 0.5
    planes = [0.3 + 0.004 * x + 0.002 * y, 0.5 - 0.003 * x + 0.001 * y, 0.2 + 0.005 * y]
    rgb = np.stack(planes, axis=-1).astype(np.float32)
    cfa = CfaPattern(name=name)
    index = np.tile(cfa.indices, (20, 24)).astype(int)
    frame = LinearMosaic(
        values=np.take_along_axis(rgb, index[..., None], -1)[..., 0],
        cfa=cfa,
        gains=(1.0, 1.0, 1.0),
        noise=NoiseModel.same(shot=0.0, read=1e-8),
    )
    found = warp_mosaic(frame, _moved((40, 48), np.array([[1, 0, dx], [0, 1, dy]])))
    u, v = x + dx, y + dy
    moved = [0.3 + 0.004 * u + 0.002 * v, 0.5 - 0.003 * u + 0.001 * v, 0.2 + 0.005 * v]
    # 20 px: what the mirrored border of the frame reaches. The table knows 128 shifts: half a step is 0.004 px.
    inside = (slice(20, -20), slice(20, -20))
    np.testing.assert_allclose(found[inside], np.stack(moved, axis=-1)[inside], atol=6e-5)


def test_rgb_is_resampled_like_the_slow_formula(texture: Make, rigid: Make) -> None:
    picture = np.stack([texture(90, 140, seed=s) for s in range(3)], axis=-1)
    shifts = np.random.default_rng(2).normal(0, 1.5, (2, 3, 2))
    alignment = _moved((90, 140), rigid(90, 140, shift_px=(4.3, -7.6), angle_deg=2.0), shifts)
    found = warp_rgb(picture, alignment)
    u, v = _places((90, 140), alignment)
    seen = (u > -0.9) & (v > -0.9) & (u < 138.9) & (v < 88.9)
    np.testing.assert_allclose(found[seen], _lanczos(picture, u, v)[seen], atol=2e-3)
    unseen = (u < -1.1) | (v < -1.1) | (u > 140.1) | (v > 90.1)
    assert unseen.sum() > 300
    assert (found[unseen] == OUTSIDE).all()


def test_rgb_agrees_with_opencv(texture: Make, rigid: Make) -> None:
    picture = np.repeat(texture(90, 140)[..., None], 3, axis=2)
    alignment = _moved((90, 140), rigid(90, 140, shift_px=(2.4, 3.7), angle_deg=-1.0))
    u, v = (a.astype(np.float32) for a in _places((90, 140), alignment))
    theirs = cv2.remap(picture, u, v, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    found = warp_rgb(picture, alignment)
    inside = (u > 4) & (v > 4) & (u < 135) & (v < 85)
    assert np.sqrt(np.square(found[inside] - theirs[inside]).mean()) < 2e-3


def test_a_mosaic_moves_like_the_picture_that_it_samples(texture: Make, rigid: Make, as_mosaic: Mosaic) -> None:
    grey = cv2.GaussianBlur(texture(150, 200), (0, 0), 1.0)
    picture = grey[..., None] * np.array([0.8, 1.0, 0.6], np.float32)
    shifts = np.random.default_rng(3).normal(0, 1.5, (3, 4, 2))
    alignment = _moved((150, 200), rigid(150, 200, shift_px=(5.5, 2.25), angle_deg=1.0), shifts)
    found, truth = warp_mosaic(as_mosaic(picture), alignment), warp_rgb(picture, alignment)
    seen = (found[..., 0] > OUTSIDE) & (truth[..., 0] > OUTSIDE)
    seen[:12] = seen[-12:] = seen[:, :12] = seen[:, -12:] = False
    assert seen.mean() > 0.7
    assert np.sqrt(np.square(found[seen] - truth[seen]).mean()) < 3e-3


def test_a_frame_that_lies_elsewhere_is_all_outside(as_mosaic: Mosaic) -> None:
    frame = as_mosaic(np.zeros((32, 32)))
    away = _moved((32, 32), np.array([[1, 0, 500], [0, 1, 0]]))
    assert (warp_mosaic(frame, away) == OUTSIDE).all()
    assert (warp_rgb(np.zeros((32, 32, 3), np.float32), away) == OUTSIDE).all()
