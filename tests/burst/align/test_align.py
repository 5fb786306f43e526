from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment, align, grey_noise_variance, grey_pyramid
from catchlight.core import ContractError, LinearMosaic

MARGIN = 48
H, W = 320, 448
Make = Callable[..., np.ndarray]


def _error_px(found: Alignment, affine: np.ndarray) -> np.ndarray:
    """Distance from the truth at every tile that the frame still shows whole."""
    rows, columns = found.confidence.shape
    y, x = np.mgrid[:rows, :columns] * found.cell_px + found.cell_px / 2
    place = np.stack([x, y], axis=-1)
    truth = place @ affine[:, :2].T + affine[:, 2]
    inside = ((truth > 24) & (truth < [W - 24, H - 24]) & (place < [W - 8, H - 8])).all(axis=-1)
    return np.linalg.norm(place + found.at_tiles().vectors - truth, axis=-1)[inside]


def _pair(reference: LinearMosaic, frame: LinearMosaic) -> Alignment:
    still, moved = grey_pyramid(reference), grey_pyramid(frame)
    return align(still, moved, noise_variance=grey_noise_variance(still[0], reference.noise))


@pytest.mark.parametrize(
    ("shift_px", "angle_deg"),
    [((0.0, 0.0), 0.0), ((24.0, -17.0), 0.0), ((-24.0, 24.0), 1.0), ((9.5, 4.25), -1.0), ((0.3, 0.6), 0.2)],
)
@pytest.mark.parametrize("sigma", [0.005, 0.05])
def test_shake_is_found(
    shift_px: tuple[float, float], angle_deg: float, sigma: float, texture: Make, rigid: Make, seen_under: Make,
    as_mosaic: Callable[..., LinearMosaic],
) -> None:  # fmt: skip
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=1)
    affine = rigid(H, W, shift_px=shift_px, angle_deg=angle_deg)
    reference = as_mosaic(canvas[MARGIN:-MARGIN, MARGIN:-MARGIN], sigma=sigma, seed=1)
    frame = as_mosaic(seen_under(canvas, affine, MARGIN), sigma=sigma, seed=2)
    before = (reference.values.copy(), frame.values.copy())
    found = _pair(reference, frame)
    error = _error_px(found, affine)
    assert error.size >= 20
    assert error.mean() < 0.1
    assert error.max() < 0.5
    assert found.rotation_deg == pytest.approx(angle_deg, abs=0.03)
    assert found.correlation > 0.8
    assert np.array_equal(before[0], reference.values)
    assert np.array_equal(before[1], frame.values)


def test_the_same_frame_has_not_moved(texture: Make, as_mosaic: Callable[..., LinearMosaic]) -> None:
    frame = as_mosaic(texture(H, W), sigma=0.01)
    found = _pair(frame, frame)
    np.testing.assert_allclose(found.affine, np.eye(2, 3), atol=1e-3)
    assert np.abs(found.at_tiles().vectors).max() < 0.01
    assert found.confidence.min() > 0.9
    assert found.correlation > 0.999


def test_another_exposure_is_no_motion(
    texture: Make, rigid: Make, seen_under: Make, as_mosaic: Callable[..., LinearMosaic]
) -> None:
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=2)
    affine = rigid(H, W, shift_px=(5.0, -3.0), angle_deg=0.3)
    reference = as_mosaic(canvas[MARGIN:-MARGIN, MARGIN:-MARGIN], sigma=0.01, seed=1)
    frame = as_mosaic(0.8 * seen_under(canvas, affine, MARGIN), sigma=0.01, seed=2)
    assert _error_px(_pair(reference, frame), affine).mean() < 0.1


def test_a_small_zoom_is_part_of_the_global_motion(texture: Make, as_mosaic: Callable[..., LinearMosaic]) -> None:
    """A zoom by 0.6 %: up to a pixel at the borders; the tiles see it, the affine takes it over."""
    canvas = texture(H, W, seed=3)
    zoom = 1.006
    affine = np.array([[zoom, 0, (1 - zoom) * W / 2], [0, zoom, (1 - zoom) * H / 2]])
    index = affine.copy()
    index[:, 2] += affine[:, :2] @ [0.5, 0.5] - 0.5
    moved = cv2.warpAffine(canvas, index, (W, H), flags=cv2.INTER_LANCZOS4)
    found = _pair(as_mosaic(canvas, sigma=0.005), as_mosaic(moved, sigma=0.005, seed=1))
    assert _error_px(found, affine).mean() < 0.1
    assert found.affine[0, 0] == pytest.approx(zoom, abs=1e-3)


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_without_texture_nothing_moves(level: float, as_mosaic: Callable[..., LinearMosaic]) -> None:
    flat = np.full((H, W), level, np.float32)
    noisy = _pair(as_mosaic(flat, sigma=0.02, seed=1), as_mosaic(flat, sigma=0.02, seed=2))
    np.testing.assert_array_equal(noisy.affine, np.eye(2, 3))
    assert np.abs(noisy.shifts).mean() < 3.0
    assert np.abs(noisy.shifts).max() < 8.0
    assert noisy.confidence.mean() < 0.2
    empty = _pair(as_mosaic(flat), as_mosaic(flat))
    np.testing.assert_array_equal(empty.affine, np.eye(2, 3))
    assert np.abs(empty.shifts).max() == 0


@pytest.mark.parametrize("size", [(16, 16), (16, 200), (34, 66)])
def test_the_smallest_frames(size: tuple[int, int], texture: Make, as_mosaic: Callable[..., LinearMosaic]) -> None:
    picture = texture(*size)
    found = _pair(as_mosaic(picture, sigma=0.01, seed=1), as_mosaic(picture, sigma=0.01, seed=2))
    assert np.abs(found.at_tiles().vectors).max() < 2.0


def test_identity() -> None:
    found = Alignment.identity((100, 130), cell_px=64)
    assert found.shifts.shape == (2, 3, 2)
    assert found.rotation_deg == 0
    assert np.abs(found.at_tiles().vectors).max() == 0
    assert found.at_tiles().confidence.min() == 1


def test_an_alignment_is_finite() -> None:
    with pytest.raises(ContractError, match="finite"):
        Alignment(
            affine=np.full((2, 3), np.nan),
            shifts=np.zeros((1, 1, 2), np.float32),
            confidence=np.ones((1, 1), np.float32),
            cell_px=64,
        )
