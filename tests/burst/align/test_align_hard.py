"""Motions beyond a shaking hand: zoom, turn, far shifts, layers, rolling shutter, repeated texture, other light."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst.align.align import align
from catchlight.burst.alignment import Alignment
from catchlight.burst.grey import grey_noise_variance, grey_pyramid
from catchlight.core import LinearMosaic

H, W = 320, 448
MARGIN = 128
Make = Callable[..., np.ndarray]
AsMosaic = Callable[..., LinearMosaic]
Places = np.ndarray


def _pair(reference: LinearMosaic, frame: LinearMosaic, full: tuple[float, float] | None = None) -> Alignment:
    still, moved = grey_pyramid(reference), grey_pyramid(frame)
    return align(still, moved, noise_variance=grey_noise_variance(still[0], reference.noise), full=full)


def _error_px(found: Alignment, truth: Callable[[Places], Places]) -> np.ndarray:
    """Distance from the truth at every tile; NaN where the frame does not show it whole."""
    rows, columns = found.confidence.shape
    y, x = np.mgrid[:rows, :columns] * found.cell_px + found.cell_px / 2
    place = np.stack([x, y], axis=-1)
    there = truth(place)
    inside = ((there > 24) & (there < [W - 24, H - 24]) & (place < [W - 8, H - 8])).all(axis=-1)
    error = np.linalg.norm(place + found.at_tiles().vectors - there, axis=-1)
    return np.where(inside, error, np.nan)


def _similarity(shift_px: tuple[float, float], angle_deg: float, zoom: float) -> np.ndarray:
    c, s = zoom * np.cos(np.radians(angle_deg)), zoom * np.sin(np.radians(angle_deg))
    linear, middle = np.array([[c, -s], [s, c]]), np.array([W / 2, H / 2])
    return np.column_stack([linear, middle - linear @ middle + np.array(shift_px)])


def _applied(affine: np.ndarray, places: Places) -> Places:
    return places @ affine[:, :2].T + affine[:, 2]


def _sampled(canvas: np.ndarray, places: Places) -> np.ndarray:
    """The canvas where a frame's pixels look, in coordinates of the reference, which lies MARGIN inside."""
    index = (places + MARGIN - 0.5).astype(np.float32)
    return cv2.remap(canvas, index[..., 0], index[..., 1], cv2.INTER_LANCZOS4)


def _pixels() -> Places:
    x, y = np.meshgrid(np.arange(W) + 0.5, np.arange(H) + 0.5)
    return np.stack([x, y], axis=-1)


@pytest.mark.parametrize(
    ("shift_px", "angle_deg", "zoom"),
    [
        ((6.0, -9.0), 0.5, 1.1),
        ((-14.0, 5.0), -1.0, 0.9),
        ((10.0, 8.0), 10.0, 1.0),
        ((-3.0, 12.0), -10.0, 1.0),
        ((4.0, 4.0), 7.0, 0.93),
        ((W / 4, -H / 8), 0.3, 1.0),
        ((-W / 5, H / 4), 0.0, 1.0),
    ],
)
@pytest.mark.parametrize("sigma", [0.01, 0.15])
def test_zoom_turn_and_far_shifts_are_found(
    shift_px: tuple[float, float], angle_deg: float, zoom: float, sigma: float, texture: Make, as_mosaic: AsMosaic
) -> None:
    """Also where the noise of a photosite (0.15) is as large as all of the texture (deviation 0.12)."""
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=4)
    affine = _similarity(shift_px, angle_deg, zoom)
    back = np.linalg.inv(np.vstack([affine, [0, 0, 1]]))[:2]
    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=sigma, seed=1)
    frame = as_mosaic(_sampled(canvas, _applied(back, _pixels())), sigma=sigma, seed=2)
    found = _pair(reference, frame)
    error = _error_px(found, lambda p: _applied(affine, p))
    assert np.isfinite(error).sum() >= 8
    assert np.nanmedian(error) < (0.1 if sigma < 0.1 else 0.4)
    assert np.nanmax(error) < (0.6 if sigma < 0.1 else 1.6)
    assert found.agreement is not None and found.agreement > 0.8


def test_the_wobble_of_a_rolling_shutter_is_followed(texture: Make, as_mosaic: AsMosaic) -> None:
    """Rows shear by 12 px and swing by 4 px besides: 5 px off at the worst tile without local shifts."""
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=5)

    def path(y: np.ndarray) -> np.ndarray:
        t = y / H - 0.5
        return np.stack([12 * t + 4 * np.sin(np.pi * t + 1), 2 * np.cos(np.pi * t)], axis=-1)

    def truth(p: Places) -> Places:
        q = p + path(p[..., 1])
        for _ in range(20):
            q = p + path(q[..., 1])
        return q

    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=0.02, seed=1)
    frame = as_mosaic(_sampled(canvas, _pixels() - path(_pixels()[..., 1])), sigma=0.02, seed=2)
    error = _error_px(_pair(reference, frame), truth)
    assert np.nanmedian(error) < 0.15
    assert np.nanmax(error) < 0.7


@pytest.mark.parametrize("parallax_px", [8.0, 30.0])
def test_a_near_thing_moves_against_its_ground(parallax_px: float, texture: Make, as_mosaic: AsMosaic) -> None:
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=6)
    near = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=7)
    ground, own = np.array([5.0, -3.0]), np.array([5.0 - parallax_px, -3.0 + 0.2 * parallax_px])

    def covers(p: Places) -> np.ndarray:
        return (np.abs(p - [300.0, 190.0]) < [104.0, 104.0]).all(axis=-1)

    def seen(ground_at: Places, near_at: Places) -> np.ndarray:
        return np.where(covers(near_at), _sampled(near, near_at), _sampled(canvas, ground_at)).astype(np.float32)

    reference = as_mosaic(seen(_pixels(), _pixels()), sigma=0.01, seed=1)
    frame = as_mosaic(seen(_pixels() - ground, _pixels() - own), sigma=0.01, seed=2)
    found = _pair(reference, frame)
    error = _error_px(found, lambda p: np.where(covers(p)[..., None], p + own, p + ground))
    rows, columns = error.shape
    y, x = np.mgrid[:rows, :columns] * 64 + 32
    place = np.stack([x, y], axis=-1)
    # Tiles whose window (96 px) shows one layer only, in both frames.
    corners = np.array([[-48, -48], [48, -48], [-48, 48], [48, 48], [0, 0]])
    inner = np.all([covers(place + c) for c in corners], axis=0)
    outer = ~np.any([covers(place + c) | covers(place + ground - own + c) for c in corners], axis=0)
    assert np.isfinite(error[inner]).sum() >= 2
    assert np.isfinite(error[outer]).sum() >= 8
    assert np.nanmax(error[inner]) < 0.5
    assert np.nanmedian(error[outer]) < 0.3
    assert found.confidence[inner].min() > 0.8


def test_a_fence_keeps_its_posts(texture: Make, as_mosaic: AsMosaic) -> None:
    """Posts every 20 px, moved by 27 px; only a patch of other things tells which is which."""
    x, y = np.meshgrid(np.arange(W + 2 * MARGIN) + 0.5, np.arange(H + 2 * MARGIN) + 0.5)
    canvas = (0.4 + 0.2 * np.cos(2 * np.pi * x / 20) + 0.1 * np.cos(2 * np.pi * y / 32)).astype(np.float32)
    canvas[MARGIN + 120 : MARGIN + 220, MARGIN + 160 : MARGIN + 290] = texture(100, 130, seed=8)
    shift = np.array([27.0, -9.0])
    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=0.02, seed=1)
    frame = as_mosaic(_sampled(canvas, _pixels() - shift), sigma=0.02, seed=2)
    assert np.nanmax(_error_px(_pair(reference, frame), lambda p: p + shift)) < 0.3


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_a_flash_is_no_motion(factor: float, texture: Make, as_mosaic: AsMosaic) -> None:
    canvas = 0.3 * texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=9)
    shift = np.array([7.0, 4.5])
    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=0.003, seed=1)
    frame = as_mosaic(factor * _sampled(canvas, _pixels() - shift), sigma=0.003, seed=2)
    found = _pair(reference, frame)
    assert np.nanmax(_error_px(found, lambda p: p + shift)) < 0.3
    assert found.agreement is not None and found.agreement > 0.9


def test_lights_that_are_full_in_one_exposure_only(texture: Make, as_mosaic: AsMosaic) -> None:
    """A frame of two stops more light: it is full at a quarter of the reference's scale, where lamps reach to 1."""
    canvas = 0.2 * texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=10)
    lamps = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=11)
    canvas = np.where(lamps > 0.62, 0.9 * lamps, canvas).astype(np.float32)
    shift = np.array([-6.5, 11.0])
    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=0.003, seed=1)
    frame = as_mosaic(np.minimum(_sampled(canvas, _pixels() - shift), 0.25), sigma=0.002, seed=2)
    found = _pair(reference, frame, full=(1.0, 0.25))
    assert np.nanmax(_error_px(found, lambda p: p + shift)) < 0.3
    assert found.agreement is not None and found.agreement > 0.9
    told_nothing = _pair(reference, frame)
    assert told_nothing.agreement is not None and told_nothing.agreement < found.agreement


def test_confidence_tells_which_tiles_are_right(texture: Make, as_mosaic: AsMosaic) -> None:
    """Texture that fades to nothing from left to right under noise: surer tiles are better, bare ones are not sure."""
    canvas = texture(H + 2 * MARGIN, W + 2 * MARGIN, seed=12) - 0.5
    fade = np.clip(1.2 - np.arange(W + 2 * MARGIN) / (W + MARGIN), 0, 1) ** 3
    canvas = (0.5 + canvas * fade).astype(np.float32)
    shift = np.array([3.0, -2.0])
    reference = as_mosaic(_sampled(canvas, _pixels()), sigma=0.1, seed=1)
    frame = as_mosaic(_sampled(canvas, _pixels() - shift), sigma=0.1, seed=2)
    found = _pair(reference, frame)
    error = _error_px(found, lambda p: p + shift)
    assert found.confidence[:, 0].min() > 0.8
    assert found.confidence[:, -1].max() < 0.3
    assert np.nanmax(error[found.confidence > 0.5]) < 1.0
