import numpy as np
import pytest

from catchlight.core import ColourSpace, ContractError, Frame, srgb_encode
from catchlight.simulate import (
    BURST_PROTOCOL,
    IMX477,
    SHAKEN_AND_ROTATED,
    SONY_A7S2,
    BurstPlan,
    HandShake,
    MovingObject,
    mirrored,
    night_city,
    simulate_burst,
    textured_disc,
)


@pytest.fixture(scope="module")
def town() -> Frame:
    return night_city(height_px=200, width_px=260, seed=4)


def _object(**changes: object) -> MovingObject:
    colour, alpha = textured_disc(diameter_px=30)
    return MovingObject(colour=colour, alpha=alpha, **changes)  # type: ignore[arg-type]


def _dots(points: list[tuple[float, float]], *, side: int = 320) -> Frame:
    y, x = np.mgrid[:side, :side] + 0.5
    grey = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * 3.0**2)) for px, py in points)
    return Frame(pixels=np.repeat((0.9 * np.clip(grey, 0, 1))[..., None], 3, axis=2).astype(np.float32))


def test_the_seed_fixes_every_pixel(town: Frame) -> None:
    plan = BurstPlan(frames=3, gain=8.0, shake=SHAKEN_AND_ROTATED, moving=_object(), seed=11)
    first, second = simulate_burst(town, sensor=IMX477, plan=plan), simulate_burst(town, sensor=IMX477, plan=plan)
    assert all(np.array_equal(a.mosaic, b.mosaic) for a, b in zip(first, second, strict=True))
    assert np.array_equal(first[2].mosaic, first[-1].mosaic)
    other = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=3, gain=8.0, shake=SHAKEN_AND_ROTATED, seed=12))
    assert not np.array_equal(first[0].mosaic, other[0].mosaic)
    assert not np.array_equal(first[0].mosaic, first[1].mosaic)


def test_blobs_land_where_the_transforms_say() -> None:
    points = [(120.0, 130.0), (220.0, 150.0), (150.0, 230.0)]
    plan = BurstPlan(frames=4, shake=HandShake(shift_px=20.0, rotation_deg=2.0), seed=2, size_px=(240, 240))
    burst = simulate_burst(_dots(points), sensor=BURST_PROTOCOL, plan=plan)
    offset = (320 - 240) / 2
    for k, transform in enumerate(burst.frame_from_reference):
        light = burst.clean_mosaic(k).astype(float)
        y, x = np.mgrid[:240, :240] + 0.5
        for px, py in points:
            at = transform @ [px - offset, py - offset, 1.0]
            near = light * (np.hypot(x - at[0], y - at[1]) < 14)
            centre = [(near * x).sum() / near.sum(), (near * y).sum() / near.sum()]
            np.testing.assert_allclose(centre, at, atol=0.02)
    np.testing.assert_array_equal(burst.frame_from_reference[0], np.eye(2, 3))


def test_all_frames_are_equally_sharp() -> None:
    photo = Frame(pixels=np.random.default_rng(3).random((260, 260, 3), np.float32))
    plan = BurstPlan(frames=5, shake=HandShake(shift_px=10.0, rotation_deg=1.0), seed=1, size_px=(200, 200))
    burst = simulate_burst(photo, sensor=BURST_PROTOCOL, plan=plan)
    contrast = [float(burst.clean_mosaic(k).std()) for k in range(5)]
    # White noise is the worst case: all its energy near Nyquist is at the mercy of the resampling.
    assert max(contrast) / min(contrast) < 1.03


def test_the_mosaic_is_a_sample_of_the_rgb_truth(town: Frame) -> None:
    plan = BurstPlan(frames=2, shake=SHAKEN_AND_ROTATED, moving=_object(), exposure=0.7, reference=1)
    burst = simulate_burst(town, sensor=SONY_A7S2, plan=plan)
    truth = burst.truth()
    assert truth.mosaic is not None
    sites = SONY_A7S2.pattern.indices
    for row in (0, 1):
        for column in (0, 1):
            rgb = truth.camera_rgb[row::2, column::2, sites[row, column]]
            np.testing.assert_allclose(truth.mosaic[row::2, column::2], np.clip(rgb, 0, 1), atol=1e-6)
    assert np.array_equal(truth.mosaic, burst.clean_mosaic(1))


def test_the_mean_of_many_frames_is_the_clean_mosaic(town: Frame) -> None:
    burst = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=24, gain=4.0, seed=5))
    mean = np.mean([(f.mosaic.astype(float) - f.black_dn[0]) / f.range_dn for f in burst], axis=0)
    clean = burst.clean_mosaic(0).astype(float)
    away_from_white = clean < 0.8
    noise = burst[0].noise
    assert noise is not None
    deviation = (mean - clean)[away_from_white] / np.sqrt(
        noise.variance_map(clean, channel=1)[away_from_white] / len(burst)
    )
    # Standardised by the noise model, the error of the mean is a unit Gaussian: 1 % for some 50 000 photosites.
    assert deviation.std() == pytest.approx(1.0, abs=0.02)
    assert abs(deviation.mean()) < 0.02


def test_developing_the_truth_gives_the_photo_back(town: Frame) -> None:
    plan = BurstPlan(frames=1, lens_blur_px=0.0, exposure=0.5)
    burst = simulate_burst(town, sensor=IMX477, plan=plan)
    h, w = burst.shape
    top, left = (200 - h) // 2, (260 - w) // 2
    expected = town.pixels[top : top + h, left : left + w] * 0.5
    np.testing.assert_allclose(burst.truth().linear_srgb, expected, atol=2e-3)


def test_encoded_and_linear_photos_give_the_same_light(town: Frame) -> None:
    encoded = Frame(pixels=srgb_encode(town.pixels), space=ColourSpace.SRGB, transfer="srgb")
    a, b = (simulate_burst(p, sensor=IMX477, plan=BurstPlan(frames=1)).clean_mosaic(0) for p in (town, encoded))
    np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_object_moves_by_its_own_step_and_hides_the_scene(town: Frame) -> None:
    moving = _object(at=(0.3, 0.5), step_px=(14.0, -3.0), turn_deg=5.0)
    still = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=4, reference=1))
    burst = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=4, reference=1, moving=moving))
    h, w = burst.shape
    y, x = np.mgrid[:h, :w] + 0.5
    for k in range(4):
        mask = burst.object_mask(k)
        centre = np.array([(mask * x).sum(), (mask * y).sum()]) / mask.sum()
        np.testing.assert_allclose(centre, [0.3 * w + 14 * (k - 1), 0.5 * h - 3 * (k - 1)], atol=0.05)
        same = mask == 0
        np.testing.assert_allclose(burst.clean_mosaic(k)[same], still.clean_mosaic(k)[same], atol=5e-3)
        assert np.abs(burst.clean_mosaic(k) - still.clean_mosaic(k))[mask > 0.9].mean() > 0.02


def test_an_object_that_has_left_the_picture_is_gone(town: Frame) -> None:
    plan = BurstPlan(frames=2, moving=_object(step_px=(900.0, 0.0)))
    burst = simulate_burst(town, sensor=IMX477, plan=plan)
    assert burst.object_mask(0).max() == 1
    assert burst.object_mask(1).max() == 0
    assert burst[1].shape == burst.shape


def test_frames_carry_what_a_camera_writes(town: Frame) -> None:
    plan = BurstPlan(frames=2, gain=8.0, exposure=(0.5, 1.0), shutter_s=0.05, interval_s=0.1)
    dark, bright = simulate_burst(town, sensor=IMX477, plan=plan)
    assert (dark.exposure_s, bright.exposure_s) == (0.025, 0.05)
    assert bright.timestamp_ns is not None
    assert dark.timestamp_ns is not None
    assert bright.timestamp_ns - dark.timestamp_ns == 100_000_000
    assert (dark.metadata.make, dark.metadata.model) == ("Catchlight", "Simulated IMX477")
    assert dark.metadata.iso == 800
    assert dark.noise == IMX477.noise_at(8.0)
    assert dark.colour.neutral is not None
    silent = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=1, tell_noise=False))
    assert silent[0].noise is None


def test_exposure_scales_the_light(town: Frame) -> None:
    burst = simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=2, exposure=(0.25, 0.5)))
    np.testing.assert_allclose(burst.clean_mosaic(1), 2 * burst.clean_mosaic(0), atol=1e-6)


def test_no_border_is_invented(town: Frame) -> None:
    bright = Frame(pixels=np.full((200, 260, 3), 0.5, np.float32))
    burst = simulate_burst(bright, sensor=BURST_PROTOCOL, plan=BurstPlan(frames=6, shake=SHAKEN_AND_ROTATED))
    assert burst.shape[0] % 2 == 0
    assert burst.shape[0] < 200 - 2 * 24
    for k in range(6):
        np.testing.assert_allclose(burst.clean_mosaic(k), 0.5, atol=1e-4)


def test_a_size_without_room_is_refused_with_the_size_that_fits(town: Frame) -> None:
    plan = BurstPlan(shake=SHAKEN_AND_ROTATED, size_px=(200, 260))
    with pytest.raises(ContractError, match=r"at most \d+×\d+ here \(width × height\); found 260×200"):
        simulate_burst(town, sensor=IMX477, plan=plan)


@pytest.mark.parametrize("change", [{"frames": 0}, {"reference": 8}, {"exposure": 0.0}, {"exposure": (1.0, 2.0)}])
def test_an_impossible_plan_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        BurstPlan(**change)  # type: ignore[arg-type]


def test_the_photo_is_left_as_it_was(town: Frame) -> None:
    before = town.pixels.copy()
    list(simulate_burst(town, sensor=IMX477, plan=BurstPlan(frames=2, moving=_object())))
    assert np.array_equal(town.pixels, before)


def test_a_small_photo_grows_by_mirroring(town: Frame) -> None:
    large = mirrored(town, height_px=450, width_px=300)
    assert large.shape == (450, 300)
    assert np.array_equal(large.pixels[:200, :260], town.pixels)
    assert np.array_equal(large.pixels[200], large.pixels[199])
    assert np.array_equal(large.pixels[400:450, :260], town.pixels[:50])
