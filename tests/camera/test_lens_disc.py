import math

import numpy as np
import pytest

from catchlight.camera.lens.aperture_kernel import aperture_kernel
from catchlight.camera.lens.disc import disc_kernel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.pupil import pupil_mask
from catchlight.core.errors import ContractError


def sampled(diameter, steepness, centre):
    """The same by brute force: a fine grid of points of the disc counted into pixels."""
    cells = 1500
    line = ((np.arange(cells) + 0.5) / cells * 2 - 1).astype(np.float32)
    x, y = np.meshgrid(line, line)
    inside = x * x + y * y < 1
    x, y = x[inside], y[inside]
    ramp = np.sign(x) * np.sign(steepness) if math.isinf(steepness) else np.clip(steepness * x, -1, 1)
    reach = max(0, math.ceil(diameter / 2 + max(map(abs, centre)) - 0.5))
    column = np.floor(x * diameter / 2 + centre[0] + 0.5).astype(int) + reach
    row = np.floor(y * diameter / 2 + centre[1] + 0.5).astype(int) + reach
    side = 2 * reach + 1
    count = np.bincount(row * side + column, weights=1 + ramp, minlength=side * side).reshape(side, side)
    return count / count.sum()


@pytest.mark.parametrize(
    ("diameter", "steepness", "centre"),
    [
        (0.7, 0.0, (0.0, 0.0)),
        (1.5, 0.0, (0.0, 0.0)),
        (5.3, 0.0, (0.3, -0.2)),
        (2.0, 1.0, (0.0, 0.0)),
        (7.7, 0.95, (0.3, 0.1)),
        (4.4, -3.0, (0.2, 0.0)),
        (9.1, math.inf, (0.0, 0.0)),
        (9.1, -math.inf, (0.0, 0.4)),
    ],
)
def test_disc_is_the_share_of_every_pixel(diameter, steepness, centre):
    kernel = disc_kernel(diameter, steepness=steepness, centre_px=centre)
    # The reference counts 1.8 million points: its own error is about (points on the rim)^½ / points.
    np.testing.assert_allclose(kernel, sampled(diameter, steepness, centre), atol=6e-4)


@pytest.mark.parametrize("diameter", [0.0, 0.3, 1.0, 1.01, 2.5, 17.0, 64.3, 300.0])
def test_discs_are_normalised_odd_and_symmetric(diameter):
    kernel = disc_kernel(diameter)
    assert kernel.dtype == np.float32
    assert len(kernel) % 2 == 1
    assert kernel.sum(dtype=np.float64) == pytest.approx(1.0, abs=1e-5)
    np.testing.assert_allclose(kernel, kernel[::-1], atol=1e-7)
    np.testing.assert_allclose(kernel, kernel.T, atol=1e-7)
    if diameter > 3:
        # The pixel in the middle is covered wholly: its share is one over the disc's area.
        assert kernel[len(kernel) // 2, len(kernel) // 2] == pytest.approx(4 / (math.pi * diameter**2), rel=1e-4)


def test_small_discs_are_points_and_grow_without_a_jump():
    assert disc_kernel(0.99).shape == (1, 1)
    inner = disc_kernel(1.02)
    assert inner.shape == (3, 3)
    assert inner[1, 1] > 0.99
    peaks = np.array([disc_kernel(float(d)).max() for d in np.arange(1.0, 6.0, 0.05)])
    assert (np.diff(peaks) <= 1e-6).all()
    assert np.diff(peaks).min() > -0.08


@pytest.mark.parametrize("diameter", [-1.0, math.nan, math.inf, 1e6])
def test_impossible_discs_are_refused(diameter):
    with pytest.raises(ContractError):
        disc_kernel(diameter)


def test_a_round_aperture_draws_the_disc():
    mask = pupil_mask(Lens(focal_length_mm=50.0, aperture_f=2.0), samples=512)
    for diameter in (1.8, 6.4, 23.0):
        np.testing.assert_allclose(aperture_kernel(mask, diameter), disc_kernel(diameter), atol=5e-4)


def test_six_blades_draw_a_hexagon_of_the_right_area():
    mask = pupil_mask(Lens(focal_length_mm=50.0, aperture_f=2.0, blades=6), samples=512)
    # A regular hexagon within the unit circle has the area 3√3/2; the grid covers 4.
    assert mask.mean() * 4 == pytest.approx(1.5 * math.sqrt(3), rel=2e-3)
    # A corner lies on the x axis, the middle of a blade on the y axis at √3/2.
    assert mask[256, -3] > 0.5
    assert mask[-20, 256] == 0
    assert mask[int(512 * (1 + 0.85) / 2), 256] == 1


def test_behind_the_focus_an_odd_aperture_is_turned_over():
    mask = pupil_mask(Lens(focal_length_mm=50.0, aperture_f=2.0, blades=3, blade_turn_deg=20.0), samples=256)
    near, far = aperture_kernel(mask, 21.0), aperture_kernel(mask, -21.0)
    np.testing.assert_allclose(near, far[::-1, ::-1], atol=1e-7)
    assert np.abs(near - far).max() > 1e-3


def test_cat_eyes_close_towards_the_corner_along_the_radius():
    lens = Lens(focal_length_mm=50.0, aperture_f=2.0, cat_eye_shift=0.6)
    area = [pupil_mask(lens, field_xy=(r, 0.0), samples=256).mean() * 4 for r in (0.0, 0.5, 1.0)]
    assert area[0] == pytest.approx(math.pi, rel=1e-3)
    # Two unit circles 0.6 apart share 2·acos(0.3) - 0.3·√(4 - 0.36).
    assert area[2] == pytest.approx(2 * math.acos(0.3) - 0.3 * math.sqrt(4 - 0.36), rel=2e-3)
    assert area[0] > area[1] > area[2]
    mask = pupil_mask(lens, field_xy=(1.0, 0.0), samples=256)
    assert mask.any(axis=0).sum() < mask.any(axis=1).sum()
    with pytest.raises(ContractError, match="field"):
        pupil_mask(lens, field_xy=(1.0, 0.5), samples=64)
