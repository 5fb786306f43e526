"""Endless training data: small noisy bursts with their truth, from any photos, the same for the same seed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.simulate.batches.crop_batch import CropBatch, CropPlan
from catchlight.simulate.batches.random_burst import PhotoShelf, random_burst
from catchlight.simulate.batches.worker_pool import mapped


def burst_crops(
    photos: Sequence[Frame | Path],
    sensors: SensorProfile | Sequence[SensorProfile],
    *,
    plan: CropPlan | None = None,
    batches: int | None = None,
    workers: int = 0,
) -> Iterator[CropBatch]:
    """Batches of simulated burst crops, one after the other; whatever made them, batch k is always the same.

    Args:
        photos: clean pictures, or files of such, which are read when needed; smaller ones than the crops need are
            continued by their mirror images.
        sensors: one or more, drawn at random for every crop.
        plan: sizes and ranges.
        batches: how many; endless when None.
        workers: processes that work ahead; 0 works in this one. A script that asks for any must keep its own work under
            `if __name__ == "__main__":`, since each worker imports it.

    Raises:
        ContractError: no photo or no sensor, or a negative number of workers or batches.
        CatchlightError: a photo that cannot be read, or a worker that died.
    """
    plan = plan or CropPlan()
    kinds = (sensors,) if isinstance(sensors, SensorProfile) else tuple(sensors)
    if not photos or not kinds:
        raise ContractError(f"crops are made from a photo and a sensor at least; found {len(photos)} and {len(kinds)}")
    if workers < 0 or (batches is not None and batches < 0):
        raise ContractError(f"workers and batches are ≥ 0; found {workers} and {batches}")
    if workers == 0:
        return _here(PhotoShelf(photos), kinds, plan, batches)
    return _elsewhere(list(photos), kinds, plan, batches, workers)


def _numbers(batches: int | None) -> Iterator[int]:
    return iter(range(batches)) if batches is not None else itertools.count()


def _here(
    shelf: PhotoShelf, sensors: tuple[SensorProfile, ...], plan: CropPlan, batches: int | None
) -> Iterator[CropBatch]:
    for number in _numbers(batches):
        yield _batch(shelf, sensors, plan, number)


def _elsewhere(
    photos: list[Frame | Path], sensors: tuple[SensorProfile, ...], plan: CropPlan, batches: int | None, workers: int
) -> Iterator[CropBatch]:
    # The photos go to each worker once, not with every batch.
    return mapped(_made, _numbers(batches), workers=workers, begin=partial(_begin, photos, sensors, plan))


# What a worker process works on; set once when it starts.
_work: list[tuple[PhotoShelf, tuple[SensorProfile, ...], CropPlan]] = []


def _begin(photos: list[Frame | Path], sensors: tuple[SensorProfile, ...], plan: CropPlan) -> None:
    _work[:] = [(PhotoShelf(photos), sensors, plan)]


def _made(number: int) -> CropBatch:
    shelf, sensors, plan = _work[0]
    return _batch(shelf, sensors, plan, number)


def _batch(shelf: PhotoShelf, sensors: tuple[SensorProfile, ...], plan: CropPlan, number: int) -> CropBatch:
    n, f, side = plan.batch, plan.frames, plan.crop_px
    noisy = np.empty((n, f, side, side), np.float32)
    clean = np.empty((n, 3, side, side), np.float32)
    still = np.empty((n, f, side, side), np.float32)
    transforms = np.empty((n, f, 2, 3))
    shot, read = np.empty((n, 3), np.float32), np.empty((n, 3), np.float32)
    gain, balance, cfa, names = np.empty(n, np.float32), np.empty((n, 3), np.float32), [], []
    for i in range(n):
        burst = random_burst(shelf, sensors, plan, index=number * n + i)
        sensor = burst.sensor
        for k, raw in enumerate(burst):
            np.subtract(raw.mosaic, np.float32(sensor.black_dn), out=noisy[i, k], dtype=np.float32)
            still[i, k] = 1 - burst.object_mask(k) if burst.plan.objects else 1
        noisy[i] *= np.float32(1 / sensor.range_dn)
        clean[i] = np.minimum(burst.truth().camera_rgb.transpose(2, 0, 1), 1)
        transforms[i] = burst.frame_from_reference
        model = sensor.noise_at(burst.plan.gain)
        shot[i], read[i], gain[i] = model.shot, model.read, burst.plan.gain
        balance[i] = burst.colour.white_balance()
        cfa.append(sensor.pattern.name)
        names.append(sensor.name)
    if not math.isfinite(float(noisy.sum()) + float(clean.sum())):
        raise ContractError(f"batch {number} holds NaN or infinity; check the photos")
    return CropBatch(
        noisy=noisy, clean=clean, still=still, frame_from_reference=transforms, shot=shot, read=read, gain=gain,
        white_balance=balance, cfa=tuple(cfa), sensor=tuple(names), number=number,
    )  # fmt: skip
