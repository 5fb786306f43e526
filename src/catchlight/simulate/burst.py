"""From a clean photo to the burst of RAW frames that a hand-held camera would have taken, with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import overload

import numpy as np
from jaxtyping import Float32

from catchlight.core.camera_colour import CameraColour
from catchlight.core.colour import ColourSpace
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.core.metadata import Metadata
from catchlight.core.raw_frame import RawFrame
from catchlight.simulate.burst_plan import BurstPlan
from catchlight.simulate.burst_truth import BurstTruth
from catchlight.simulate.exposure_noise import record
from catchlight.simulate.hand_shake import Affine, compose, inverse, rigid
from catchlight.simulate.lanczos import LANCZOS_REACH_PX, sample_tile
from catchlight.simulate.light import neutral_under
from catchlight.simulate.moving_object import MovingObject
from catchlight.simulate.sensor import SensorProfile
from catchlight.simulate.unprocess import camera_light

Window = tuple[int, int, int, int]


class SimulatedBurst(Sequence[RawFrame]):
    """A burst whose frames are made when they are asked for, so that any number of them fits in memory.

    Made by `simulate_burst`. Indexing and iterating give `RawFrame`s; the same index always gives the same frame.
    """

    def __init__(self, photo: Frame, *, sensor: SensorProfile, plan: BurstPlan) -> None:
        self.sensor, self.plan = sensor, plan
        neutral = neutral_under(sensor.colour, cct_k=plan.light_cct_k)
        self.colour: CameraColour = replace(sensor.colour, neutral=neutral)
        self._light = camera_light(
            photo.in_space(ColourSpace.SRGB, photo.transfer),
            colour=self.colour,
            blur_px=plan.lens_blur_px / plan.scale,
        )
        rng = np.random.default_rng([plan.seed, 0])
        self._poses = plan.shake.poses(plan.frames, reference=plan.reference, rng=rng)
        self.shape = plan.size_px or self._largest()
        self._check_room()
        self._patch = None if plan.moving is None else _camera_patch(plan.moving, self.colour, plan.lens_blur_px)

    def __len__(self) -> int:
        return self.plan.frames

    def __iter__(self) -> Iterator[RawFrame]:
        return (self._raw(k) for k in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> RawFrame: ...

    @overload
    def __getitem__(self, index: slice) -> list[RawFrame]: ...

    def __getitem__(self, index: int | slice) -> RawFrame | list[RawFrame]:
        if isinstance(index, slice):
            return [self._raw(k) for k in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"the burst has {len(self)} frames; found index {index}")
        return self._raw(index % len(self))

    @property
    def frame_from_reference(self) -> tuple[Affine, ...]:
        """For every frame the 2×3 transform of a static scene point (x, y) of the reference; pixel centres at 0.5."""
        return tuple(self._frame_from_reference(k, self.shape) for k in range(len(self)))

    def clean_mosaic(self, index: int) -> Float32[np.ndarray, "h w"]:
        """Light at every photosite of a frame before noise, normalised and clipped to 0…1."""
        mosaic: Float32[np.ndarray, "h w"] = np.clip(self._light_at(index, self._tile), 0, 1)
        return mosaic

    def object_mask(self, index: int) -> Float32[np.ndarray, "h w"]:
        """How far the moving object hides the scene in a frame: 0…1; all zero without one."""
        mask = np.zeros(self.shape, np.float32)
        covered = self._object(index, np.full((2, 2), 3, np.int64))
        if covered is not None:
            (top, left, bottom, right), _, alpha = covered
            mask[top:bottom, left:right] = alpha
        return mask

    def truth(self) -> BurstTruth:
        """The reference frame without noise, as mosaic, camera RGB and linear sRGB."""
        k = self.plan.reference
        planes = [self._light_at(k, np.full((2, 2), c, np.int64)) for c in range(3)]
        camera_rgb = np.maximum(np.stack(planes, axis=-1), 0)
        return BurstTruth(mosaic=self.clean_mosaic(k), camera_rgb=camera_rgb, colour=self.colour)

    @property
    def _tile(self) -> np.ndarray:
        return self.sensor.pattern.indices.astype(np.int64)

    def _raw(self, k: int) -> RawFrame:
        plan, sensor = self.plan, self.sensor
        mosaic = record(
            self._light_at(k, self._tile),
            sensor=sensor,
            gain=plan.gain,
            seed=(plan.seed, 1, k),
            row_noise=plan.row_noise,
        )
        return RawFrame(
            mosaic=mosaic,
            cfa=sensor.pattern,
            black_dn=(sensor.black_dn,) * 4,
            white_dn=sensor.white_dn,
            analog_gain=plan.gain,
            noise=sensor.noise_at(plan.gain, row_noise=plan.row_noise) if plan.tell_noise else None,
            colour=self.colour,
            metadata=Metadata(
                make="Catchlight",
                model=f"Simulated {sensor.name}",
                exposure_s=plan.shutter_s * plan.exposures[k],
                iso=sensor.base_iso * plan.gain,
                timestamp_ns=_FIRST_SHOT_NS + round(k * plan.interval_s * 1e9),
            ),
        )

    def _light_at(self, k: int, tile: np.ndarray) -> Float32[np.ndarray, "h w"]:
        """The channel that `tile` asks for at every pixel of frame k, object included, at the frame's exposure."""
        h, w = self.shape
        light = sample_tile(self._light, self._source_from_frame(k, self.shape), tile=tile, window=(0, 0, h, w))
        covered = self._object(k, tile)
        if covered is not None:
            (top, left, bottom, right), own, alpha = covered
            part = light[top:bottom, left:right]
            part *= 1 - alpha
            part += own
        light *= np.float32(self.plan.exposures[k])
        return light

    def _object(self, k: int, tile: np.ndarray) -> tuple[Window, np.ndarray, np.ndarray] | None:
        moving, patch = self.plan.moving, self._patch
        if moving is None or patch is None:
            return None
        (h, w), steps = self.shape, k - self.plan.reference
        side_y, side_x, _ = patch.shape
        x, y = moving.at[0] * w, moving.at[1] * h
        pose = rigid(
            about=(side_x / 2, side_y / 2),
            shift_px=(x + steps * moving.step_px[0] - side_x / 2, y + steps * moving.step_px[1] - side_y / 2),
            angle_deg=steps * moving.turn_deg,
            scale=moving.scale,
        )
        frame_from_patch = compose(self._frame_from_reference(k, self.shape), pose)
        corners = _corners(side_y, side_x) @ frame_from_patch[:, :2].T + frame_from_patch[:, 2]
        left, top = (max(int(v), 0) for v in np.floor(corners.min(axis=0)))
        right, bottom = (min(int(v), limit) for v, limit in zip(np.ceil(corners.max(axis=0)), (w, h), strict=True))
        if top >= bottom or left >= right:
            return None
        window = (top, left, bottom, right)
        patch_from_frame = inverse(frame_from_patch)
        own = sample_tile(patch, patch_from_frame, tile=tile, window=window)
        alpha = sample_tile(patch, patch_from_frame, tile=np.full((2, 2), 3, np.int64), window=window)
        return window, own, np.clip(alpha, 0, 1)

    def _frame_from_reference(self, k: int, shape: tuple[int, int]) -> Affine:
        dx, dy, angle = (float(v) for v in self._poses[k])
        return rigid(about=(shape[1] / 2, shape[0] / 2), shift_px=(dx, dy), angle_deg=angle)

    def _source_from_frame(self, k: int, shape: tuple[int, int]) -> Affine:
        (h, w), (source_h, source_w) = shape, self._light.shape[:2]
        shift = (source_w / 2 - w / 2, source_h / 2 - h / 2)
        source_from_reference = rigid(about=(w / 2, h / 2), shift_px=shift, angle_deg=0.0, scale=1 / self.plan.scale)
        return compose(source_from_reference, inverse(self._frame_from_reference(k, shape)))

    def _fits(self, shape: tuple[int, int]) -> bool:
        source_h, source_w = self._light.shape[:2]
        for k in range(len(self)):
            transform = self._source_from_frame(k, shape)
            found = _corners(*shape) @ transform[:, :2].T + transform[:, 2]
            room = np.array([source_w, source_h]) - LANCZOS_REACH_PX
            if (found < LANCZOS_REACH_PX).any() or (found > room).any():
                return False
        return True

    def _largest(self) -> tuple[int, int]:
        h, w = (int(side * self.plan.scale) // 2 * 2 for side in self._light.shape[:2])
        while min(h, w) >= 16 and not self._fits((h, w)):
            h, w = h - 2, w - 2
        return h, w

    def _check_room(self) -> None:
        h, w = self.shape
        if h % 2 or w % 2 or min(h, w) < 16 or not self._fits((h, w)):
            most_h, most_w = self._largest()
            raise ContractError(
                f"frames are even-sized, at least 16×16, and stay inside the photo while the hand shakes: "
                f"at most {most_h}×{most_w} here; found {h}×{w}; take a larger photo or a smaller shake"
            )


# 21 November 2025, 19:30: any fixed time keeps the files the same from run to run.
_FIRST_SHOT_NS = 1_763_753_400 * 10**9


def simulate_burst(photo: Frame, *, sensor: SensorProfile, plan: BurstPlan | None = None) -> SimulatedBurst:
    """The burst that `sensor` would have taken of the scene in `photo`.

    The photo's display curve, colour matrix and white balance are undone, then each frame is resampled from it in
    linear light, mosaicked and given its noise. What is approximate: a photo's tone mapping is not undone, its own
    blur and noise remain, and light that its file clipped is lost.

    Args:
        photo: a clean picture, in any RGB space; the better its light 0…1 is kept, the better the burst.
        sensor: levels, colour and noise of the camera.
        plan: how the burst is taken; by default 8 frames on a tripod at gain 1.

    Raises:
        ContractError: no room for the frames in the photo.

    Source: Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising" (the order of the steps).
    """
    return SimulatedBurst(photo, sensor=sensor, plan=plan or BurstPlan())


def _corners(height: int, width: int) -> np.ndarray:
    return np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]])


def _camera_patch(moving: MovingObject, colour: CameraColour, lens_blur_px: float) -> Float32[np.ndarray, "h w 4"]:
    """The object as camera light multiplied by alpha, and alpha; padded so that its outside is empty."""
    pad = 2 * LANCZOS_REACH_PX
    premultiplied = np.pad(moving.colour * moving.alpha[..., None], ((pad, pad), (pad, pad), (0, 0)))
    alpha = np.pad(moving.alpha, pad)
    blur_px = lens_blur_px / moving.scale
    light = camera_light(Frame(pixels=premultiplied, transfer="linear"), colour=colour, blur_px=blur_px)
    grey = Frame(pixels=np.repeat(alpha[..., None], 3, axis=2), transfer="linear")
    soft = camera_light(grey, colour=CameraColour(), blur_px=blur_px)
    return np.concatenate([light, soft[..., :1]], axis=2)
