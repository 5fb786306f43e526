"""The steps of the alignment, one by one, against slow and obvious versions of themselves."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.burst.align.equal_exposure import as_bright, equally_exposed
from catchlight.burst.align.field import fit_affine, smooth_field
from catchlight.burst.align.phase import PhaseReference
from catchlight.burst.align.rematch import rematch_tiles
from catchlight.burst.align.search import search_starts
from catchlight.burst.align.solve import solve_tiles
from catchlight.burst.align.warp import moved_grey, seen_share

Make = Callable[..., np.ndarray]
H, W = 128, 192


def _moved_by(picture: np.ndarray, dx: float, dy: float) -> np.ndarray:
    """The picture whose content lies (dx, dy) further."""
    index = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, index, picture.shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)


def test_a_field_of_sure_tiles_is_left_alone_and_bare_ones_are_filled() -> None:
    rows, columns = 9, 12
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    truth = np.stack([0.3 * x - 1, 0.2 * y], axis=-1)
    precision = np.zeros((rows, columns, 3), np.float32)
    precision[..., 0] = precision[..., 2] = 1e4
    precision[3:6, 4:8] = 0
    found = truth.copy()
    found[3:6, 4:8] = 0
    field = smooth_field(found, precision, found * precision[..., :1])
    known = precision[..., 0] > 0
    np.testing.assert_allclose(field[known], truth[known], atol=0.15)
    # Inside the hole the field goes on as it does around it, not to zero (3.7 px off at the far side).
    assert np.linalg.norm(field - truth, axis=-1)[~known].max() < 0.8


def test_two_layers_stay_two() -> None:
    """Left half 0, right half 12 px; a column in between knows nothing and must not draw them together."""
    truth = np.zeros((10, 13, 2), np.float32)
    truth[:, 7:, 0] = 12
    precision = np.zeros((10, 13, 3), np.float32)
    precision[..., 0] = precision[..., 2] = 400
    precision[:, 6] = 0
    noise = np.random.default_rng(3).standard_normal(truth.shape).astype(np.float32) * 0.05
    found = truth + noise
    field = smooth_field(found, precision, found * precision[..., :1])
    assert np.abs(field[:, :6] - truth[:, :6]).max() < 0.2
    assert np.abs(field[:, 7:] - truth[:, 7:]).max() < 0.2


def test_smoothing_lowers_the_noise_of_a_still_field() -> None:
    rng = np.random.default_rng(4)
    found = (0.3 * rng.standard_normal((15, 20, 2))).astype(np.float32)
    precision = np.zeros((15, 20, 3), np.float32)
    precision[..., 0] = precision[..., 2] = 1 / 0.3**2
    field = smooth_field(found, precision, found * precision[..., :1])
    assert field.std() < 0.25 * found.std()


def test_an_affine_field_is_found_under_another_layer_and_not_in_noise() -> None:
    rng = np.random.default_rng(5)
    y, x = (np.mgrid[:12, :16] + 0.5) * 32.0
    places = np.stack([x, y], axis=-1)
    precision = np.zeros((12, 16, 3), np.float32)
    precision[..., 0] = precision[..., 2] = 1 / 0.2**2
    noise = (0.2 * rng.standard_normal((12, 16, 2))).astype(np.float32)
    truth = np.array([[0.004, -0.01, 1.0], [0.006, 0.002, -2.0]])
    shifts = (places @ truth[:, :2].T + truth[:, 2]).astype(np.float32) + noise
    shifts[3:7, 4:9] += 9.0
    found = fit_affine(places, shifts, precision, shifts * precision[..., :1])
    error = places @ (found - truth)[:, :2].T + (found - truth)[:, 2]
    assert np.abs(error).max() < 0.3
    np.testing.assert_array_equal(fit_affine(places, noise, precision, noise * precision[..., :1]), np.zeros((2, 3)))


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.4, -0.7), (-2.6, 2.2)])
def test_tiles_are_solved(shift: tuple[float, float], texture: Make) -> None:
    picture = cv2.GaussianBlur(texture(H, W, seed=1), (0, 0), 1.5)
    frame = _moved_by(picture, *shift)
    rows, columns = H // 32, W // 32
    starts = np.zeros((rows, columns, 2), np.float32)
    found = solve_tiles(picture, frame, starts, factor=1.0, tile=32, window=48, noise_sigma=1e-4)
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_allclose(found.shifts[inner], np.broadcast_to(shift, (rows, columns, 2))[inner], atol=0.05)
    # What the pictures alone ask for is the same where they say enough.
    asked = np.linalg.solve(_matrices(found.precision), found.information[..., None])[..., 0]
    np.testing.assert_allclose(asked[inner], found.shifts[inner], atol=0.05)
    window = picture[32 + 16 - 24 : 32 + 16 + 24, 32 + 16 - 24 : 32 + 16 + 24].astype(np.float64)
    v, u = np.mgrid[:48, :48]
    plane = np.column_stack([u.ravel(), v.ravel(), np.ones(48 * 48)])
    rest = window.ravel() - plane @ np.linalg.lstsq(plane, window.ravel(), rcond=None)[0]
    assert found.signal[1, 1] == pytest.approx(rest.var(), rel=0.01)


def _matrices(precision: np.ndarray) -> np.ndarray:
    xx, xy, yy = np.moveaxis(precision.astype(np.float64), -1, 0)
    return np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)


def test_a_tile_takes_over_where_its_neighbour_is(texture: Make) -> None:
    """9 px is out of reach for least squares; one tile of the row knows."""
    picture = cv2.GaussianBlur(texture(H, W, seed=2), (0, 0), 1.5)
    frame = _moved_by(picture, 9.0, 0.0)
    starts = np.zeros((4, 6, 2), np.float32)
    starts[1, 1] = 8.5, 0
    found = solve_tiles(picture, frame, starts, factor=1.0, tile=32, window=48, noise_sigma=1e-4)
    np.testing.assert_allclose(found.shifts[1, 2], (9, 0), atol=0.05)
    wanted = np.zeros((4, 6), np.bool_)
    wanted[1, 1] = True
    one = solve_tiles(picture, frame, starts, factor=1.0, tile=32, window=48, noise_sigma=1e-4, wanted=wanted)
    np.testing.assert_allclose(one.shifts[1, 1], (9, 0), atol=0.05)
    assert not one.shifts[~wanted].any()


def test_the_stated_precision_is_that_of_the_noise(texture: Make) -> None:
    """Squared errors in units of the stated covariance: median 1.39 for two components; stated with a margin."""
    clean = cv2.GaussianBlur(texture(256, 384, seed=3), (0, 0), 1.5)
    rng = np.random.default_rng(6)
    sigma = 0.05
    a, b = (
        cv2.GaussianBlur(clean + (sigma * rng.standard_normal(clean.shape)).astype(np.float32), (0, 0), 1) for _ in "ab"
    )
    starts = np.zeros((8, 12, 2), np.float32)
    found = solve_tiles(a, b, starts, factor=1.0, tile=32, window=48, noise_sigma=float(sigma / np.sqrt(4 * np.pi)))
    distance = np.einsum("rci,rcij,rcj->rc", found.shifts, _matrices(found.precision), found.shifts)
    assert 0.3 < np.median(distance) < 2.0


@pytest.mark.parametrize("shift", [(11.0, -7.0), (-24.0, 4.0), (0.0, 0.0)])
def test_lost_tiles_are_searched_for(shift: tuple[float, float], texture: Make) -> None:
    picture = cv2.GaussianBlur(texture(H, W, seed=4), (0, 0), 2.0)
    small = [
        cv2.resize(p, (W // 2, H // 2), interpolation=cv2.INTER_AREA) for p in (picture, _moved_by(picture, *shift))
    ]
    starts = np.zeros((4, 6, 2), np.float32)
    lost = np.zeros((4, 6), np.bool_)
    lost[1:3, 2:4] = True
    found = rematch_tiles(small[0], small[1], starts, lost, factor=2.0, tile=32, window=24)
    assert np.abs(found[lost] - shift).max() <= 1.0
    assert not found[~lost].any()


def test_of_equal_matches_the_nearest_is_taken() -> None:
    """Stripes every 8 px moved by 1 px: seen again at 1, 9, -7, ..."""
    x = np.arange(160, dtype=np.float32)
    stripes = np.tile(np.sin(2 * np.pi * x / 8) + 0.3 * np.sin(2 * np.pi * x / 16), (96, 1)).astype(np.float32)
    lost = np.ones((3, 5), np.bool_)
    found = rematch_tiles(stripes, np.roll(stripes, 1, axis=1), np.zeros((3, 5, 2), np.float32), lost,
                          factor=1.0, tile=32, window=24)  # fmt: skip
    np.testing.assert_array_equal(found[:, 1:4, 0], 1)


def test_the_warp_by_a_field_agrees_with_the_one_by_an_affine(texture: Make) -> None:
    frame, reference = texture(H, W, seed=5), texture(H, W, seed=6)
    affine = np.array([[1.01, 0.02, 1.5], [-0.02, 0.99, -2.25]])
    still = np.zeros((4, 6, 2), np.float32)
    plain = moved_grey(frame, reference, affine)
    np.testing.assert_allclose(moved_grey(frame, reference, affine, shifts=still, tile=32), plain, atol=1e-5)
    shifted = affine.copy()
    shifted[:, 2] += affine[:, :2] @ [2.0, -1.0]
    same = np.broadcast_to(np.float32([2.0, -1.0]), (4, 6, 2)).copy()
    by_field = moved_grey(frame, reference, affine, shifts=same, tile=32)
    np.testing.assert_allclose(by_field, moved_grey(frame, reference, shifted), atol=1e-5)
    # Where the frame does not reach, the reference stands.
    far = np.array([[1.0, 0, 5000], [0, 1, 0]])
    np.testing.assert_array_equal(moved_grey(frame, reference, far), reference)


def test_the_share_that_is_seen() -> None:
    half = np.array([[1.0, 0, 96.0], [0, 1.0, 0.0]])
    share = seen_share((128, 192), half, tile=32, rows=4, columns=6)
    assert share[1:3, :3].min() == 1
    assert share[:, 3:].max() == 0


@pytest.mark.parametrize("shift", [(0.0, 0.0), (17.0, -9.0), (-60.0, 25.0)])
def test_phase_correlation_under_noise(shift: tuple[float, float], texture: Make) -> None:
    canvas = texture(220, 300, seed=7)
    rng = np.random.default_rng(8)
    sigma = 0.12
    x, y = int(shift[0]), int(shift[1])
    a = canvas[50:170, 70:230] + (sigma * rng.standard_normal((120, 160))).astype(np.float32)
    b = canvas[50 - y : 170 - y, 70 - x : 230 - x] + (sigma * rng.standard_normal((120, 160))).astype(np.float32)
    ((dx, dy, _),) = PhaseReference(a, noise_variance=sigma**2).peaks(b, count=1)
    assert (dx, dy) == pytest.approx(shift, abs=1.0)


def test_a_search_finds_turn_and_zoom(texture: Make) -> None:
    picture = texture(120, 160, seed=9)
    turn = cv2.getRotationMatrix2D((79.5, 59.5), 9.0, 1.09)
    turn[:, 2] += 5, -4
    frame = cv2.warpAffine(picture, turn, (160, 120), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    best = search_starts(picture, frame, noise_variance=1e-6, count=1)[0]
    y, x = np.mgrid[10:120:20, 10:160:20]
    place = np.stack([x, y], axis=-1).reshape(-1, 2)
    error = place @ (best[:, :2] - turn[:, :2]).T + best[:, 2] - turn[:, 2]
    assert np.linalg.norm(error, axis=1).max() < 4.0


def test_exposures_are_made_comparable(texture: Make) -> None:
    picture = texture(64, 64, seed=10)
    a, b = equally_exposed([picture], [picture], (1.0, 0.5))
    assert a[0].max() == b[0].max() == np.float32(0.45)
    unit = np.eye(2, 3)
    (same,) = as_bright([picture], [np.float32(0.99) * picture], unit)
    np.testing.assert_array_equal(same, np.float32(0.99) * picture)
    (lifted,) = as_bright([0.5 * picture], [0.25 * picture], unit)
    np.testing.assert_allclose(lifted, 0.5 * picture, rtol=0.02)
