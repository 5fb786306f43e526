"""Endless mosaics of one camera with their truth, from clean photos: batch k of a plan is always the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import CameraColour, CfaPattern, ColourSpace, ContractError, Frame
from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.simulate.batches.mosaic_plan import MosaicBatch
from catchlight.simulate.exposure_noise import record
from catchlight.simulate.light import neutral_under
from catchlight.simulate.unprocess import camera_light
from catchlight.train.finetune.camera_plan import CameraPlan, Range

_RGGB = CfaPattern(name="RGGB")
# White-balance gains of red and of blue for a camera without colour matrices: those of `MosaicPlan`.
_BALANCE = (1.0, 2.6)


def camera_crops(photos: Sequence[Photo], sensor: SensorProfile, plan: CameraPlan, *, number: int) -> MosaicBatch:
    """Batch `number` of all that the plan can draw: the same for the same photos, sensor and plan, in any process.

    Where `mosaic_crops` draws wide ranges of Gaussian noise, here the camera itself records the crop: its noise at a
    gain, colours of each light, row and pattern noise, the tails of its read noise, rounding and clipping.

    Args:
        photos: clean pictures as sRGB code values; each is drawn as often as its area deserves.
        sensor: of the camera; filters are taken for RGGB, which is how the engine sees every Bayer mosaic.
        plan: sizes and ranges.
        number: of the batch, from 0.

    Raises:
        ContractError: no photo, or one smaller than a crop.
    """
    side = plan.crop_px
    if not photos or min(min(p.shape[:2]) for p in photos) < side:
        raise ContractError(f"crops of {side} px need a photo, and none smaller than that; found {len(photos)} photos")
    rng = np.random.default_rng([plan.seed, 23, number])
    areas = np.array([p.shape[0] * p.shape[1] for p in photos], np.float64)
    parts: list[MosaicBatch] = []
    for index in rng.choice(len(photos), plan.batch, p=areas / areas.sum()):
        crop = _crop(photos[index], side, rng)
        colour = _colour(sensor, plan, rng)
        exposure = _in_stops(plan.exposure, rng) if rng.random() < 0.5 else 1.0
        noisy, gain = rng.random() >= plan.clean_share, _in_stops(plan.gain, rng)
        frames, torn = 1, False
        if rng.random() < plan.merged_share:
            frames, torn = int(rng.integers(2, plan.most_frames + 1)), rng.random() < plan.torn_share
        parts.append(
            camera_crop(
                crop, sensor, colour=colour, exposure=exposure, gain=gain if noisy else None, frames=frames,
                torn=_patches(side // 2, rng) if torn else None, seed=(plan.seed, 29, number, len(parts)),
            )
        )  # fmt: skip
    return joined(parts, number=number)


def camera_crop(
    crop: UInt8[np.ndarray, "h w 3"],
    sensor: SensorProfile,
    *,
    colour: CameraColour,
    exposure: float,
    gain: float | None,
    frames: int = 1,
    torn: UInt8[np.ndarray, "h/2 w/2"] | None = None,
    seed: tuple[int, ...],
) -> MosaicBatch:
    """One crop as the camera records it, and its truth: a batch of one.

    Args:
        crop: sRGB code values, even-sized.
        sensor: see `camera_crops`.
        colour: matrices and neutral.
        exposure: what the crop's white becomes as a share of the sensor's white.
        gain: before the converter; None for no noise, rounding or clipping at all.
        frames: of which the mosaic is the mean.
        torn: 1 for quads that come from one frame only.
        seed: of the noise.
    """
    light = camera_light(Frame(pixels=crop.astype(np.float32) / 255, transfer="srgb"), colour=colour)
    light *= np.float32(exposure)
    balance = np.array(colour.white_balance(), np.float32)
    clean = light * balance
    shown = np.asarray(colour.rgb_from_camera(ColourSpace.SRGB), np.float32)[None]
    h, w, _ = crop.shape
    share = np.ones((1, h // 2, w // 2), np.float32)
    if gain is None:
        nothing = np.zeros((1, 3), np.float32)
        return MosaicBatch(
            values=_RGGB.sample(clean)[None], clean=clean[None], shot=nothing, read=nothing, share=share, colour=shown,
            number=0,
        )  # fmt: skip
    bayer = replace(sensor, cfa="RGGB")
    signal = _RGGB.sample(light)
    first = _recorded(signal, bayer, gain, (*seed, 0))
    mean = first
    if frames > 1:
        mean = sum((_recorded(signal, bayer, gain, (*seed, k)) for k in range(1, frames)), first) / np.float32(frames)
        share /= np.float32(frames)
        if torn is not None:
            share[0][torn > 0] = 1
            mean = np.where(np.repeat(np.repeat(torn, 2, axis=0), 2, axis=1) > 0, first, mean)
    values = np.empty_like(mean)
    for c, plane in _RGGB.planes:
        values[plane] = mean[plane] * balance[c]
    noise = bayer.noise_at(gain)
    return MosaicBatch(
        values=values[None],
        clean=clean[None],
        shot=(np.array(noise.shot, np.float32) * balance)[None],
        read=(np.array(noise.read, np.float32) * balance**2)[None],
        share=share,
        colour=shown,
        number=0,
    )


def joined(parts: Sequence[MosaicBatch], *, number: int) -> MosaicBatch:
    """Batches of one crop size as one."""
    return MosaicBatch(
        values=np.concatenate([p.values for p in parts]),
        clean=np.concatenate([p.clean for p in parts]),
        shot=np.concatenate([p.shot for p in parts]),
        read=np.concatenate([p.read for p in parts]),
        share=np.concatenate([p.share for p in parts]),
        colour=np.concatenate([p.colour for p in parts]),
        number=number,
    )


def light_colour(sensor: SensorProfile, *, cct_k: float) -> CameraColour:
    """The camera's colours under a light; without matrices the middle of the usual white-balance gains."""
    if sensor.colour.camera_from_xyz((0.3127, 0.3290)) is None:
        middle = 1 / (_BALANCE[0] * _BALANCE[1]) ** 0.5
        return CameraColour(neutral=(middle, 1.0, middle))
    return replace(sensor.colour, neutral=neutral_under(sensor.colour, cct_k=cct_k))


def _recorded(
    signal: Float32[np.ndarray, "h w"], sensor: SensorProfile, gain: float, seed: tuple[int, ...]
) -> Float32[np.ndarray, "h w"]:
    # A crop may lie anywhere on the sensor: its fixed pattern is another one each time.
    pattern = replace(sensor.pattern_noise, serial=int(np.random.default_rng([*seed, 1]).integers(2**31)))
    of_crop = replace(sensor, pattern_noise=pattern)
    dn = record(signal, sensor=of_crop, gain=gain, seed=seed, row_noise=True, pattern_noise=True)
    return (dn.astype(np.float32) - np.float32(sensor.black_dn)) / np.float32(sensor.range_dn)


def _crop(photo: Photo, side: int, rng: np.random.Generator) -> Photo:
    h, w, _ = photo.shape
    top, left = int(rng.integers(h - side + 1)), int(rng.integers(w - side + 1))
    crop = photo[top : top + side, left : left + side]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return np.rot90(crop, int(rng.integers(4)))


def _colour(sensor: SensorProfile, plan: CameraPlan, rng: np.random.Generator) -> CameraColour:
    warm, cool = (1e6 / k for k in plan.light_cct_k)
    colour = light_colour(sensor, cct_k=1e6 / rng.uniform(cool, warm))
    if colour.matrix_1 is None and colour.matrix_2 is None:
        red, blue = (1 / _in_stops(_BALANCE, rng) for _ in range(2))
        colour = CameraColour(neutral=(red, 1.0, blue))
    return colour


def _patches(side: int, rng: np.random.Generator) -> UInt8[np.ndarray, "s s"]:
    coarse = rng.random((int(rng.integers(2, 7)),) * 2, np.float32)
    smooth = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
    return (smooth > rng.uniform(0.3, 0.8)).astype(np.uint8)


def _in_stops(limits: Range, rng: np.random.Generator) -> float:
    low, high = limits
    return float(low * (high / low) ** rng.random())
