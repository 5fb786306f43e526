"""Endless noisy mosaics with their truth, from clean photos: batch k of a plan is always the same."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core.errors import ContractError
from catchlight.simulate.batches.crop_batch import Range
from catchlight.simulate.batches.mosaic_plan import MosaicBatch, MosaicPlan

Photo = UInt8[np.ndarray, "_ _ 3"]
Light = Float32[np.ndarray, "_ _ 3"]
_LUMA = np.array([0.25, 0.5, 0.25], np.float32)


def mosaic_crops(photos: Sequence[Photo], plan: MosaicPlan, *, number: int) -> MosaicBatch:
    """Batch `number` of all that the plan can draw: the same for the same photos and plan, in any process.

    Args:
        photos: clean pictures as sRGB code values; each is drawn as often as its area deserves.
        plan: sizes and ranges.
        number: of the batch, from 0.

    Raises:
        ContractError: no photo, or one smaller than a crop.

    Source: unprocessing, Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising". Deviations: the camera's
    matrices are random; part of the crops keep a display's colours, varied by saturation and exchange, so that
    saturated edges are many; the noise of few photons is skewed (third cumulant of Poisson's law).
    """
    side = plan.crop_px
    if not photos or min(min(p.shape[:2]) for p in photos) < side:
        raise ContractError(f"crops of {side} px need a photo, and none smaller than that; found {len(photos)} photos")
    rng = np.random.default_rng([plan.seed, 11, number])
    areas = np.array([p.shape[0] * p.shape[1] for p in photos], np.float64)
    chosen = rng.choice(len(photos), plan.batch, p=areas / areas.sum())
    clean = np.empty((plan.batch, side, side, 3), np.float32)
    shot, read = np.zeros((plan.batch, 3), np.float32), np.zeros((plan.batch, 3), np.float32)
    share = np.ones((plan.batch, side // 2, side // 2), np.float32)
    colour = np.tile(np.eye(3, dtype=np.float32), (plan.batch, 1, 1))
    for i, index in enumerate(chosen):
        camera = plan.camera_share > 0 and rng.random() < plan.camera_share
        light = _light(_crop(photos[index], side, rng), plan, rng)
        if camera:
            colour[i] = _camera_matrix(rng)
            clean[i] = _as_camera(light, colour[i], float(rng.uniform(*plan.lens_blur_px)))
        else:
            clean[i] = _varied(light, plan, rng)
        if rng.random() < plan.flat_share:
            clean[i] = _ramp(clean[i], rng)
        if rng.random() < plan.clean_share[0 if camera else 1]:
            continue
        shot[i], read[i] = _noise(plan, rng)
        if rng.random() < plan.merged_share:
            share[i] = _left_by_merge(side // 2, plan, rng)
    values = np.empty((plan.batch, side, side), np.float32)
    for dy, dx, c in ((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 2)):
        signal = clean[:, dy::2, dx::2, c]
        left = shot[:, c, None, None] * share
        z = rng.standard_normal(signal.shape, np.float32)
        noise = np.sqrt(left * signal) * z + left * (z * z - 1) * np.float32(1 / 6)
        noise += np.sqrt(read[:, c, None, None] * share) * rng.standard_normal(signal.shape, np.float32)
        values[:, dy::2, dx::2] = signal + noise
    return MosaicBatch(values=values, clean=clean, shot=shot, read=read, share=share, colour=colour, number=number)


def _crop(photo: Photo, side: int, rng: np.random.Generator) -> Photo:
    h, w, _ = photo.shape
    top, left = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
    crop = photo[top : top + side, left : left + side]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return np.rot90(crop, int(rng.integers(4)))


def _light(crop: Photo, plan: MosaicPlan, rng: np.random.Generator) -> Float32[np.ndarray, "_ _ 3"]:
    light = (np.arange(256, dtype=np.float32) / 255) ** np.float32(rng.uniform(*plan.curve))
    light *= np.float32(_in_stops(plan.exposure, rng)) if rng.random() < 0.5 else 1
    return light[crop]


def _varied(picture: Float32[np.ndarray, "h w 3"], plan: MosaicPlan, rng: np.random.Generator) -> Light:
    """Other colours of the same picture."""
    if rng.random() < 0.3:
        picture = picture[..., rng.permutation(3)]
    if rng.random() < 0.5:
        factor = np.float32(rng.uniform(*plan.saturation))
        grey = picture @ _LUMA
        picture = np.clip(grey[..., None] + factor * (picture - grey[..., None]), 0, 1)
    return picture


def _camera_matrix(rng: np.random.Generator) -> Float32[np.ndarray, "3 3"]:
    """From white-balanced camera RGB to sRGB: rows of sum 1, as far from the identity as those of real cameras."""
    from_green, from_blue = rng.uniform(0.2, 1.2), rng.uniform(-0.3, 0.35)
    red_green, blue_green = rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.8)
    from_red, green_blue = rng.uniform(-0.1, 0.15), rng.uniform(0.3, 1.0)
    return np.array(
        [
            [1 + from_green - from_blue, -from_green, from_blue],
            [-red_green, 1 + red_green + blue_green, -blue_green],
            [from_red, -green_blue, 1 - from_red + green_blue],
        ],
        np.float32,
    )


def _as_camera(picture: Light, matrix: Float32[np.ndarray, "3 3"], blur_px: float) -> Light:
    """The same light through a camera's filters and its lens."""
    seen = picture @ np.linalg.inv(matrix).T.astype(np.float32)
    return np.clip(cv2.GaussianBlur(seen, (0, 0), blur_px), 0, 1)


def _ramp(picture: Float32[np.ndarray, "h w 3"], rng: np.random.Generator) -> Float32[np.ndarray, "h w 3"]:
    """A soft ramp between colours of the picture."""
    h, w, _ = picture.shape
    corners = picture[rng.integers(h, size=(2, 2)), rng.integers(w, size=(2, 2))]
    if rng.random() < 0.5:
        corners[:] = corners[0, 0]
    return cv2.resize(corners, (w, h), interpolation=cv2.INTER_LINEAR)


def _noise(plan: MosaicPlan, rng: np.random.Generator) -> tuple[Float32[np.ndarray, "3"], Float32[np.ndarray, "3"]]:
    green = _in_stops(plan.shot, rng)
    floor = (green * _in_stops(plan.read_electrons, rng)) ** 2
    gains = np.array([_in_stops(plan.balance, rng), 1.0, _in_stops(plan.balance, rng)])
    return (green * gains).astype(np.float32), (floor * gains**2).astype(np.float32)


def _left_by_merge(side: int, plan: MosaicPlan, rng: np.random.Generator) -> Float32[np.ndarray, "s s"]:
    least = 1 / _in_stops(plan.frames, rng)
    share = np.full((side, side), least, np.float32)
    if rng.random() < plan.torn_share:
        coarse = rng.random((int(rng.integers(2, 7)),) * 2, np.float32)
        smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        share += np.clip((smooth - np.float32(rng.uniform(0.3, 0.8))) * 6, 0, 1) * np.float32(1 - least)
    return share


def _in_stops(limits: Range, rng: np.random.Generator) -> float:
    low, high = limits
    return float(low * (high / low) ** rng.random())
