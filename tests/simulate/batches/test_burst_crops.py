import os
import signal
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import CatchlightError, ContractError, Frame, InputError
from catchlight.simulate import BURST_PROTOCOL, IMX477, SONY_A7S2, night_city
from catchlight.simulate.batches.burst_crops import burst_crops
from catchlight.simulate.batches.crop_batch import CropBatch, CropPlan

PHOTOS = [night_city(height_px=90, width_px=150, seed=k) for k in range(2)]
needs_proc = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in Linux's /proc")
SMALL = CropPlan(crop_px=32, frames=3, batch=2, shake_px=4.0, seed=7)


def _same(a: CropBatch, b: CropBatch) -> bool:
    arrays = ("noisy", "clean", "still", "frame_from_reference", "shot", "read", "gain", "white_balance")
    return (a.cfa, a.sensor, a.number) == (b.cfa, b.sensor, b.number) and all(
        np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays
    )


def test_batches_hang_on_the_seed_and_not_on_the_workers(tmp_path: Path) -> None:
    files: list[Frame | Path] = []
    for k, photo in enumerate(PHOTOS):
        files.append(tmp_path / f"{k}.png")
        cv2.imwrite(str(files[-1]), np.rint(photo.pixels * 65535).astype(np.uint16)[..., ::-1])
    alone = list(burst_crops(files, (IMX477, SONY_A7S2), plan=SMALL, batches=4))
    together = list(burst_crops(files, (IMX477, SONY_A7S2), plan=SMALL, batches=4, workers=2))
    assert [b.number for b in together] == [0, 1, 2, 3]
    assert all(_same(a, b) for a, b in zip(alone, together, strict=True))
    other = next(burst_crops(files, (IMX477, SONY_A7S2), plan=CropPlan(**{**_fields(SMALL), "seed": 8})))
    assert not np.array_equal(other.noisy, alone[0].noisy)
    crops = [crop for batch in alone for crop in batch.noisy]
    assert len({crop.tobytes() for crop in crops}) == 8


def _fields(plan: CropPlan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in plan.__dataclass_fields__}


def test_what_a_batch_holds() -> None:
    batch = next(burst_crops(PHOTOS, IMX477, plan=SMALL))
    assert batch.noisy.shape == batch.still.shape == (2, 3, 32, 32)
    assert batch.clean.shape == (2, 3, 32, 32)
    assert batch.noisy.dtype == batch.clean.dtype == np.float32
    assert 0 <= batch.clean.min() <= batch.clean.max() <= 1
    assert (batch.cfa, batch.sensor) == (("RGGB",) * 2, ("IMX477",) * 2)
    np.testing.assert_array_equal(batch.frame_from_reference[:, 0], [np.eye(2, 3)] * 2)
    for i in range(2):
        model = IMX477.noise_at(float(batch.gain[i]))
        np.testing.assert_allclose(batch.shot[i], model.shot, rtol=1e-5)
        np.testing.assert_allclose(batch.read[i], model.read, rtol=1e-5)


def test_the_noise_is_the_models_and_the_clean_reference_its_mean() -> None:
    plan = CropPlan(crop_px=64, frames=1, batch=6, shake_px=3.0, exposure=(0.2, 0.6), blur_share=0.5, seed=1)
    deviations = []
    for batch in burst_crops(PHOTOS, BURST_PROTOCOL, plan=plan, batches=2):
        for i in range(6):
            sites = np.array([["RGB".index(c) for c in batch.cfa[i][:2]], ["RGB".index(c) for c in batch.cfa[i][2:]]])
            y, x = np.mgrid[:64, :64]
            colour = sites[y % 2, x % 2]
            clean = batch.clean[i][colour, y, x]
            variance = batch.shot[i][colour] * clean + batch.read[i][colour]
            believed = clean + 5 * np.sqrt(variance) < 1  # beyond that the sensor clips the noise
            deviations.append(((batch.noisy[i, 0] - clean) / np.sqrt(variance))[believed])
    # A unit Gaussian: of some 49 000 values the mean is within 4/√n and the variance within 4·√(2/n), at 99.99 %
    # (a Poisson's kurtosis adds little at these counts).
    all_of_them = np.concatenate(deviations)
    assert len(all_of_them) > 30000
    assert abs(all_of_them.mean()) < 4 / np.sqrt(len(all_of_them))
    assert abs(all_of_them.var() - 1) < 4 * np.sqrt(2 / len(all_of_them)) + 0.01


def test_ranges_are_kept_and_used() -> None:
    plan = CropPlan(crop_px=16, frames=2, batch=24, gain=(2.0, 8.0), shake_px=5.0, moving_share=0.5, seed=3)
    batch = next(burst_crops(PHOTOS, IMX477, plan=plan))
    assert 2 <= batch.gain.min() < 2.8
    assert 5.7 < batch.gain.max() <= 8
    # About the crop's middle, so that a turn about it is no shift.
    middle = np.einsum("nfij,j->nfi", batch.frame_from_reference, [8.0, 8.0, 1.0]) - 8
    assert np.abs(middle).max() <= 5 + 1e-9
    assert np.abs(middle).max() > 3
    moving = (batch.still < 0.5).any(axis=(1, 2, 3))
    # Binomial(24, at most 0.5, as some things stay outside the picture): outside 1…21 once in 10⁴.
    assert 1 <= moving.sum() <= 21
    assert (batch.white_balance.min(axis=1) == 1).all()


def test_a_photo_smaller_than_a_crop_is_continued() -> None:
    tiny = night_city(height_px=20, width_px=24)
    assert next(burst_crops([tiny], IMX477, plan=SMALL)).noisy.shape == (2, 3, 32, 32)


def test_crops_that_turn_far_have_room_for_their_corners() -> None:
    photo = night_city(height_px=160, width_px=160, seed=4)
    # A corner reaches farthest at 45°: room for twice the turn, 90°, is less than that.
    plan = CropPlan(crop_px=96, frames=3, batch=12, rotation_deg=45.0, shake_px=0.5, moving_share=0.0, blur_share=0.0)
    (batch,) = burst_crops([photo], IMX477, plan=plan, batches=1)
    turns = np.degrees(np.arctan2(batch.frame_from_reference[..., 1, 0], batch.frame_from_reference[..., 0, 0]))
    assert np.abs(turns).max() > 30


def test_a_photo_that_cannot_be_read_is_told_from_a_worker_too(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"nothing")
    for workers in (0, 1):
        with pytest.raises(InputError, match=r"broken\.png"):
            next(burst_crops([broken], IMX477, plan=SMALL, workers=workers))


@needs_proc
def test_a_worker_that_dies_gives_one_clear_error() -> None:
    batches = burst_crops(PHOTOS, IMX477, plan=SMALL, workers=1)
    next(batches)
    for child in _children():
        os.kill(child, signal.SIGKILL)
    with pytest.raises(CatchlightError, match="workers=0"):
        list(islice(batches, 50))


@needs_proc
def test_workers_end_with_the_loop() -> None:
    batches = burst_crops(PHOTOS, IMX477, plan=SMALL, workers=1)
    next(batches)
    assert _children()
    batches.close()  # type: ignore[attr-defined]
    until = time.monotonic() + 5
    while _children() and time.monotonic() < until:
        time.sleep(0.05)
    assert not _children()


def _children() -> list[int]:
    """Worker processes of this one, by what spawned them."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(p) for p in (task / "children").read_text().split()]
    return [p for p in found if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


@pytest.mark.parametrize(
    "wrong",
    [{"crop_px": 15}, {"crop_px": 33}, {"frames": 0}, {"gain": (0.0, 2.0)}, {"exposure": (2.0, 1.0)},
     {"shake_px": -1.0}, {"blur_share": 1.5}],
)  # fmt: skip
def test_impossible_plans_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ContractError):
        CropPlan(**wrong)  # type: ignore[arg-type]


def test_nothing_to_draw_from_is_refused() -> None:
    for photos, sensors, workers in (([], IMX477, 0), (PHOTOS, (), 0), (PHOTOS, IMX477, -1)):
        with pytest.raises(ContractError):
            burst_crops(photos, sensors, workers=workers)
