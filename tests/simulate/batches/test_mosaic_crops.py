"""Crops with the noise and the colours that a batch states."""

from dataclasses import replace

import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.simulate.batches.mosaic_crops import mosaic_crops
from catchlight.simulate.batches.mosaic_plan import MosaicPlan

COLOUR = (150, 160, 140)
FLAT = np.full((64, 80, 3), COLOUR, np.uint8)
LIGHT = (np.array(COLOUR) / 255) ** 2.2
TEXTURE = np.random.default_rng(8).integers(0, 256, (70, 90, 3), np.uint8)
# Pictures as they are, with one frame's noise.
PLAN = MosaicPlan(
    crop_px=32, batch=40, camera_share=0.0, clean_share=(0.0, 0.0), shot=(2e-3, 2e-3), read_electrons=(3.0, 3.0),
    balance=(1.0, 1.0), exposure=(1.0, 1.0), merged_share=0.0, curve=(2.2, 2.2), saturation=(1.0, 1.0), flat_share=0.0,
)  # fmt: skip
SITES = ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2))


def test_a_batch_is_always_the_same_and_no_other() -> None:
    photos = [TEXTURE, FLAT]
    for photo in photos:
        photo.flags.writeable = False
    plan = MosaicPlan(crop_px=32, batch=12)
    one, two = (mosaic_crops(photos, plan, number=7) for _ in range(2))
    for name in ("values", "clean", "shot", "read", "share", "colour"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    for other in (mosaic_crops(photos, plan, number=8), mosaic_crops(photos, replace(plan, seed=1), number=7)):
        assert not np.array_equal(one.values, other.values)
    assert one.number == 7 and one.clean.min() >= 0 and one.clean.max() <= 1


def test_without_noise_a_mosaic_is_the_truth_at_its_sites() -> None:
    batch = mosaic_crops([TEXTURE], replace(PLAN, clean_share=(1.0, 1.0)), number=0)
    for dy, dx, c in SITES:
        assert np.array_equal(batch.values[:, dy::2, dx::2], batch.clean[:, dy::2, dx::2, c])
    assert not batch.shot.any() and not batch.read.any()


def test_the_noise_is_as_large_and_as_skewed_as_stated() -> None:
    plan = replace(PLAN, balance=(2.0, 2.0), merged_share=0.5, frames=(4.0, 4.0), torn_share=0.0)
    batch = mosaic_crops([FLAT], plan, number=2)
    np.testing.assert_allclose(batch.shot, np.tile(np.float32([4e-3, 2e-3, 4e-3]), (40, 1)), rtol=1e-5)
    # (2e-3 · 3 photo-electrons)², times the squared gains.
    np.testing.assert_allclose(batch.read, np.tile(np.float32([1.44e-4, 3.6e-5, 1.44e-4]), (40, 1)), rtol=1e-5)
    merged = batch.share[:, 0, 0] < 1
    assert np.all(batch.share[merged] == np.float32(0.25)) and np.all(batch.share[~merged] == 1)
    assert 8 < merged.sum() < 32
    for chosen, left in ((merged, 0.25), (~merged, 1.0)):
        for dy, dx, c in SITES:
            signal = batch.clean[chosen, dy::2, dx::2, c].astype(np.float64)
            noise = batch.values[chosen, dy::2, dx::2] - signal
            wanted = left * (batch.shot[0, c] * signal + batch.read[0, c])
            # 4.5 standard deviations of the variance of as many normal samples.
            assert abs(np.mean(noise**2 / wanted) - 1) < 4.5 * np.sqrt(2 / noise.size)
            assert abs(np.mean(noise / np.sqrt(wanted))) < 4.5 / np.sqrt(noise.size)


def test_few_photons_are_skewed_as_poisson_s_law_has_it() -> None:
    batch = mosaic_crops([FLAT], replace(PLAN, shot=(2e-2, 2e-2), read_electrons=(1e-3, 1e-3)), number=0)
    signal = batch.clean[:, ::2, 1::2, 1].astype(np.float64)
    noise = (batch.values[:, ::2, 1::2] - signal) / np.sqrt(2e-2 * signal)
    # The third cumulant of k photons' light is shot² · signal.
    assert abs(np.mean(noise**3) - np.mean(np.sqrt(2e-2 / signal))) < 4.5 * np.sqrt(15 / noise.size)
    assert np.mean(noise**3) > 0.1


def test_a_camera_sees_what_its_matrix_brings_back() -> None:
    batch = mosaic_crops([FLAT], replace(PLAN, camera_share=1.0, batch=60), number=1)
    assert len(np.unique(batch.colour[:, 0, 1])) == 60
    np.testing.assert_allclose(batch.colour.sum(2), 1, atol=1e-6)
    # Its colours are paler, and the lens changes nothing where all is even.
    shown = np.einsum("nij,nhwj->nhwi", batch.colour, batch.clean)
    np.testing.assert_allclose(shown, np.broadcast_to(LIGHT, shown.shape), rtol=0, atol=1e-4)
    spread, wide = np.ptp(batch.clean, 3).mean((1, 2)), np.ptp(LIGHT)
    assert np.all(spread < wide)


def test_a_camera_s_lens_softens() -> None:
    sharp = mosaic_crops([TEXTURE], replace(PLAN, camera_share=1.0, lens_blur_px=(0.05, 0.05)), number=1)
    soft = mosaic_crops([TEXTURE], replace(PLAN, camera_share=1.0, lens_blur_px=(0.9, 0.9)), number=1)
    assert np.diff(soft.clean, axis=1).std() < 0.5 * np.diff(sharp.clean, axis=1).std()


def test_shares_are_drawn_as_planned() -> None:
    plan = replace(PLAN, crop_px=8, batch=600, camera_share=0.25, clean_share=(0.0, 1.0))
    batch = mosaic_crops([TEXTURE], plan, number=0)
    camera = (batch.colour != np.eye(3, dtype=np.float32)).any((1, 2))
    # 4.5 standard deviations of 600 draws.
    assert abs(camera.mean() - 0.25) < 4.5 * np.sqrt(0.25 * 0.75 / 600)
    # No clean crop of a camera, no noisy one of a display.
    assert np.array_equal(batch.shot[:, 1] > 0, camera)
    assert not mosaic_crops([TEXTURE], replace(plan, camera_share=0.0), number=0).shot.any()


def test_torn_merges_keep_one_frame_s_noise_in_places() -> None:
    plan = replace(PLAN, merged_share=1.0, frames=(8.0, 8.0), torn_share=1.0)
    share = mosaic_crops([TEXTURE], plan, number=0).share
    assert share.min() >= 0.125 - 1e-6 and share.max() <= 1 + 1e-6
    both = (share.max((1, 2)) > 0.9) & (share.min((1, 2)) < 0.2)
    assert both.mean() > 0.5


def test_flat_crops_are_ramps_between_colours_of_the_crop() -> None:
    clean = mosaic_crops([TEXTURE], replace(PLAN, flat_share=1.0), number=0).clean
    # No step between neighbours is larger than that of a ramp from black to white.
    assert np.abs(np.diff(clean, axis=1)).max() < 2 / 32
    even = np.ptp(clean, axis=(1, 2)).max(1) < 1e-6
    assert 8 < even.sum() < 32


def test_large_photos_are_drawn_more_often() -> None:
    black, white = np.zeros((40, 40, 3), np.uint8), np.full((80, 120, 3), 255, np.uint8)
    batch = mosaic_crops([black, white], replace(PLAN, batch=300, crop_px=8), number=0)
    share = (batch.clean[:, 0, 0, 0] > 0.5).mean()
    # Six times the area; 4.5 standard deviations of 300 draws.
    assert abs(share - 6 / 7) < 4.5 * np.sqrt(6 / 49 / 300)


def test_what_cannot_be_drawn_from() -> None:
    for photos in ([], [FLAT[:20]]):
        with pytest.raises(ContractError, match="crops of 32 px need a photo"):
            mosaic_crops(photos, PLAN, number=0)
    with pytest.raises(ContractError, match="shares are 0…1"):
        replace(PLAN, clean_share=(0.0, 1.5))
    with pytest.raises(ContractError, match="even-sized"):
        replace(PLAN, crop_px=31)
    with pytest.raises(ContractError, match="the range of shot"):
        replace(PLAN, shot=(2e-3, 1e-3))
