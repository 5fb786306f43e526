"""Frames are made here, apart from the package's simulator: Poisson electrons, Gaussian read noise, rounding."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from catchlight.core import ContractError, InputError
from catchlight.measure.noise.photon_transfer import PhotonTransfer, fit_photon_transfer
from catchlight.measure.noise.plane_stack import PlaneStack
from catchlight.measure.noise.static_noise import StaticNoise, static_noise

BLACK, WHITE = 256.0, 4095.0
RANGE = WHITE - BLACK
SHOT, READ = 5e-4, 1.2e-6
TRUE_READ = READ + 1 / 12 / RANGE**2
SIDE = 256
Y, X = np.mgrid[:SIDE, :SIDE]
VIGNETTE = 1 / (1 + 0.4 * ((Y / SIDE - 0.5) ** 2 + (X / SIDE - 0.5) ** 2)) ** 2


def _record(light: np.ndarray, seed: tuple[int, ...], *, row: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    signal = rng.poisson(np.maximum(light, 0) / SHOT) * SHOT + rng.normal(0, np.sqrt(READ), light.shape)
    if row:
        signal += rng.normal(0, np.sqrt(row), (light.shape[0], 1))
    return np.clip(np.rint(BLACK + RANGE * signal), 0, WHITE).astype(np.uint16)


def _stacks(frames: list[np.ndarray], *, black: float = BLACK) -> list[PlaneStack]:
    return [
        PlaneStack(
            values=tuple(f[y::2, x::2] for f in frames),
            colour=(0, 1, 1, 2)[2 * y + x],
            black_dn=black,
            white_dn=WHITE,
            range_dn=WHITE - black,
        )
        for y in range(2)
        for x in range(2)
    ]


def _levels(
    scene: Callable[[float, int], np.ndarray], *, frames: int = 2, seed: int = 0, row: float = 0.0
) -> tuple[PhotonTransfer, list[StaticNoise]]:
    found = [
        static_noise(_stacks([_record(scene(level, k), (seed, i, k), row=row) for k in range(frames)]))
        for i, level in enumerate((0.0, 0.005, 0.03, 0.1, 0.3, 0.7))
    ]
    return fit_photon_transfer([t for noise in found for _, t in noise.tables]), found


def _texture(seed: int, *, low: float = 0.002, high: float = 0.6) -> np.ndarray:
    """Detail at every scale, as in a photo: dark and bright side by side."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((SIDE, SIDE))
    for cells in (4, 16, 64, 128):
        grid = rng.random((cells, cells)).astype(np.float32)
        picture += cv2.resize(grid, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) / np.sqrt(cells)
    picture -= picture.min()
    return low + (high - low) * (picture / picture.max()) ** 2


def _within(fit: PhotonTransfer, *, sigmas: float = 4.0, bias: float = 0.005) -> None:
    """Both numbers within so many of their standard errors (plus half a percent); chance of a false alarm 1e-4."""
    assert abs(fit.shot - SHOT) < sigmas * fit.shot_se + bias * SHOT
    assert abs(fit.read - TRUE_READ) < sigmas * fit.read_se + bias * TRUE_READ


@pytest.mark.parametrize("seed", [1, 2])
def test_two_flats_at_six_levels(seed: int) -> None:
    fit, found = _levels(lambda level, k: level * VIGNETTE, seed=seed)
    _within(fit)
    assert fit.shot == pytest.approx(SHOT, rel=0.02)
    assert fit.read == pytest.approx(TRUE_READ, rel=0.02)
    # No better than can be, and not much worse.
    assert fit.shot_limit <= fit.shot_se * 1.05
    assert fit.shot_se < 1.3 * fit.shot_limit
    assert all(f.used > 0.95 and f.shift_px == 0 for f in found[:-1])


@pytest.mark.parametrize("seed", [3, 4])
def test_a_textured_scene_on_a_tripod(seed: int) -> None:
    scene = _texture(seed)
    noise = static_noise(_stacks([_record(scene, (seed, k)) for k in range(8)]))
    fit = fit_photon_transfer([t for _, t in noise.tables])
    _within(fit)
    assert fit.shot == pytest.approx(SHOT, rel=0.02)
    assert fit.read == pytest.approx(TRUE_READ, rel=0.1)
    assert noise.moved < 0.02


def test_fixed_pattern_and_brightness_that_drifts_cancel() -> None:
    rng = np.random.default_rng(5)
    pattern, offsets = 1 + 0.01 * rng.normal(size=(SIDE, SIDE)), 0.002 * rng.normal(size=(SIDE, SIDE))
    fit, found = _levels(lambda level, k: (level * VIGNETTE * pattern + 0.01) * (1 + 0.05 * k) + offsets, seed=6)
    _within(fit)
    assert found[-2].brightness[1] / found[-2].brightness[0] == pytest.approx(1.05, abs=0.002)


def test_lamps_that_flicker_down_the_rows_cancel() -> None:
    flicker = [1 + 0.04 * np.sin(Y / 40 + 2 * k) for k in range(2)]
    fit, _ = _levels(lambda level, k: level * VIGNETTE * flicker[k], seed=7)
    _within(fit)


def test_clipping_at_white_does_not_bias() -> None:
    """A ramp through white: noise is cut off at its bright end, and nothing there may count."""
    ramp = np.broadcast_to(np.linspace(0.0, 1.3, SIDE), (SIDE, SIDE))
    noise = static_noise(_stacks([_record(ramp, (8, k)) for k in range(4)]))
    fit = fit_photon_transfer([t for _, t in noise.tables])
    _within(fit)
    assert abs(fit.curvature) < 4 * fit.curvature_se
    assert fit.brightest < 0.97


def test_clipping_at_black_does_not_bias() -> None:
    """A file without a pedestal has lost the dark half of the noise; the light above it has not."""
    ramp = np.broadcast_to(np.linspace(0.0, 0.5, SIDE), (SIDE, SIDE))
    frames = [np.maximum(_record(ramp, (9, k)).astype(int) - int(BLACK), 0).astype(np.uint16) for k in range(8)]
    stacks = [
        PlaneStack(values=s.values, colour=s.colour, black_dn=0.0, white_dn=RANGE, range_dn=RANGE)
        for s in _stacks(frames)
    ]
    fit = fit_photon_transfer([t for _, t in static_noise(stacks).tables])
    _within(fit)


def test_hot_dead_and_struck_photosites_do_not_matter() -> None:
    rng = np.random.default_rng(10)
    light = np.zeros((SIDE, SIDE))
    light[rng.integers(0, SIDE, 100), rng.integers(0, SIDE, 100)] = rng.uniform(0, 3, 100)
    dead = rng.integers(0, SIDE, (2, 60))

    def damaged(frame: np.ndarray, k: int) -> np.ndarray:
        frame = frame.copy()
        frame[dead[0], dead[1]] = 0
        frame[20 + k, 30] = 4095  # a particle
        return frame

    found = [
        static_noise(
            _stacks([damaged(_record(level * VIGNETTE + light * (level == 0), (11, i, k)), k) for k in range(2)])
        )
        for i, level in enumerate((0.0, 0.03, 0.1, 0.3, 0.6))
    ]
    _within(fit_photon_transfer([t for noise in found for _, t in noise.tables]))


def test_row_noise_is_told_apart() -> None:
    row = 4e-7
    fit, found = _levels(lambda level, k: level * VIGNETTE, seed=12, row=row)
    _within(fit, bias=0.02)
    dark = found[0]
    assert abs(dark.row - row) < 4 * dark.row_se
    assert dark.row > 4 * dark.row_se
    _, quiet = _levels(lambda level, k: level * VIGNETTE, seed=13)
    assert quiet[0].row < 4 * quiet[0].row_se


def test_a_thing_that_moves_is_left_out() -> None:
    scene = _texture(14)

    def frame(k: int) -> np.ndarray:
        light = scene.copy()
        light[60:140, 40 + 6 * k : 100 + 6 * k] = 0.5
        return _record(light, (15, k))

    noise = static_noise(_stacks([frame(k) for k in range(6)]))
    assert 0.05 < noise.moved < 0.5
    _within(fit_photon_transfer([t for _, t in noise.tables]), bias=0.02)


def test_a_camera_that_moves_is_told_and_not_measured() -> None:
    scene = _texture(16)
    frames = [_record(np.roll(scene, 4 * k, axis=1), (17, k)) for k in range(4)]
    with pytest.raises(InputError, match=r"do not hold still.*tripod"):
        static_noise(_stacks(frames))


def test_a_shake_of_a_tenth_of_a_photosite_does_no_harm() -> None:
    scene = _texture(18)
    moved = [
        cv2.warpAffine(
            scene, np.array([[1.0, 0, 0.05 * (k - 1.5)], [0, 1, 0]]), (SIDE, SIDE), borderMode=cv2.BORDER_REFLECT
        )
        for k in range(4)
    ]
    noise = static_noise(_stacks([_record(light, (19, k)) for k, light in enumerate(moved)]))
    _within(fit_photon_transfer([t for _, t in noise.tables]), bias=0.03)


def test_interpolated_pictures_are_recognised() -> None:
    frames = [cv2.blur(_record(0.3 * VIGNETTE, (20, k)), (3, 3)) for k in range(2)]
    stack = PlaneStack(values=tuple(frames), colour=1, black_dn=BLACK, white_dn=WHITE, range_dn=RANGE)
    assert static_noise([stack]).correlation > 0.5
    plain = PlaneStack(
        values=tuple(_record(0.3 * VIGNETTE, (21, k)) for k in range(2)),
        colour=1, black_dn=BLACK, white_dn=WHITE, range_dn=RANGE,
    )  # fmt: skip
    assert abs(static_noise([plain]).correlation) < 0.03


def test_what_cannot_be_measured_is_refused() -> None:
    full = np.full((SIDE, SIDE), 4095, np.uint16)
    with pytest.raises(InputError, match="clipped"):
        static_noise(_stacks([full, full]))
    with pytest.raises(ContractError, match="two frames"):
        static_noise(_stacks([full]))
    with pytest.raises(ContractError, match="one size"):
        PlaneStack(values=(full, full[:-2]), colour=0, black_dn=BLACK, white_dn=WHITE, range_dn=RANGE)


def _clipped_flat(level: float, *, seed: int, white_dn: float = 65535.0) -> list[PlaneStack]:
    """Two frames of shot 2e-3 and read 1e-5 in a file whose black is 0: the dark half of the noise is cut off."""
    rng = np.random.default_rng((41, seed))
    light = rng.poisson(level / 2e-3, (2, 4, 64, 64)) * 2e-3 + rng.normal(0, np.sqrt(1e-5), (2, 4, 64, 64))
    numbers = np.clip(np.rint(light * white_dn), 0, white_dn).astype(np.uint16)
    return [
        PlaneStack(values=tuple(numbers[:, i]), colour=1, black_dn=0.0, white_dn=white_dn, range_dn=white_dn)
        for i in range(4)
    ]


@pytest.mark.parametrize("level", [0.0, 0.001, 0.002])
def test_a_flat_whose_noise_is_cut_off_at_black_is_refused(level: float) -> None:
    # What is left of its variance is a third to two thirds: the read noise of all levels together came out 90 % low.
    for seed in range(4):
        with pytest.raises(InputError, match="clipped"):
            static_noise(_clipped_flat(level, seed=seed))


def test_frames_without_noise_are_no_frames_of_a_camera() -> None:
    still = np.full((64, 64), 1000, np.uint16)
    stack = PlaneStack(values=(still, still), colour=1, black_dn=64.0, white_dn=4095.0, range_dn=4031.0)
    with pytest.raises(InputError, match="no noise between the frames"):
        static_noise([stack])


def test_a_thing_that_moves_is_not_taken_for_interpolation() -> None:
    rng = np.random.default_rng(8)
    frames = []
    for _ in range(4):
        light = np.tile(np.linspace(0.2, 0.6, 128), (128, 1))
        light[32:80, 16:64] += 0.05 * cv2.GaussianBlur(rng.normal(0, 6, (48, 48)), (0, 0), 2)
        noisy = light + rng.normal(0, np.sqrt(1e-4 * light + 1e-6))
        frames.append(np.rint(noisy * 60000 + 1000).clip(0, 61000).astype(np.uint16))
    stack = PlaneStack(values=tuple(frames), colour=1, black_dn=1000.0, white_dn=61000.0, range_dn=60000.0)
    found = static_noise([stack])
    assert 0.1 < found.moved < 0.3  # nine of the 64 blocks, and neighbours
    assert abs(found.correlation) < 0.02
