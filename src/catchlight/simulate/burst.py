"""From a clean photo to the burst of RAW frames that a hand-held camera would have taken, with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.sensor.sensor import SensorProfile
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
from catchlight.simulate.moving_object import MovingObject
from catchlight.simulate.raw_shot import colour_under, raw_frame, sensor_light
from catchlight.simulate.shake_path import ShakePath, rigid_stack
from catchlight.simulate.unprocess import camera_light
from catchlight.simulate.vignette import vignette

Window = tuple[int, int, int, int]
Place = tuple[int, Window, Float64[np.ndarray, "rows 2 3"]]


class SimulatedBurst(Sequence[RawFrame]):
    """A burst whose frames are made when they are asked for, so that any number of them fits in memory.

    Made by `simulate_burst`. Indexing and iterating give `RawFrame`s; the same index always gives the same frame.
    """

    def __init__(self, photo: Frame, *, sensor: SensorProfile, plan: BurstPlan) -> None:
        self.sensor, self.plan = sensor, plan
        self.colour = colour_under(sensor, cct_k=plan.light_cct_k)
        self._tile = sensor.pattern.indices.astype(np.int64)
        # RawFrame wants whole tiles of Quad-Bayer and nona mosaics, and even sides of all others.
        self._step = sensor.pattern.side if sensor.cfa[:4] in ("QUAD", "NONA") else 2
        self._light = _through_lens(
            sensor_light(
                photo.in_space(ColourSpace.SRGB, photo.transfer),
                sensor=sensor,
                colour=self.colour,
                blur_px=plan.lens_blur_px / plan.scale,
            ),
            plan.lens_kernel,
        )
        self._path = ShakePath(poses=burst_poses(plan))
        # Every colour, object and mask of a frame asks for the same ones.
        self._poses: dict[float, Float64[np.ndarray, "1 3"]] = {}
        self._placed: dict[tuple[float, int], list[Place]] = {}
        self._transforms: dict[tuple[float, tuple[int, int]], Affine] = {}
        self.shape = plan.size_px or self._largest()
        self._check_room()
        self._patches = [_camera_patch(moving, sensor, self.colour, plan) for moving in plan.objects]

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
        return tuple(self._frame_from_reference(float(k), self.shape) for k in range(len(self)))

    def clean_mosaic(self, index: int) -> Float32[np.ndarray, "h w"]:
        """Light at every photosite of a frame before noise, normalised and clipped to 0…1."""
        mosaic: Float32[np.ndarray, "h w"] = np.clip(self._light_at(index, self._tile), 0, 1)
        return mosaic

    def object_mask(self, index: int) -> Float32[np.ndarray, "h w"]:
        """How far the moving objects hide the scene in a frame: 0…1; all zero without one."""
        mask = np.zeros(self.shape, np.float32)
        moments = self._moments(index)
        for moment in moments:
            hidden = np.zeros(self.shape, np.float32)
            for (top, left, bottom, right), _, alpha in self._objects(moment, _of_channel(_ALPHA)):
                part = hidden[top:bottom, left:right]
                part += alpha * (1 - part)
            mask += hidden / np.float32(len(moments))
        return mask

    def row_transforms(self, index: int) -> Float64[np.ndarray, "h 2 3"]:
        """`frame_from_reference` of every row of a frame at the middle of its exposure: they differ by the readout."""
        times = index + self._row_delay()
        poses = self._path.at(times)
        (h, w), angles = self.shape, poses[:, 2]
        return rigid_stack(about=(w / 2, h / 2), shifts_px=poses[:, :2], angles_deg=angles)[:, :2]

    def truth(self, scale: int = 1) -> BurstTruth:
        """The reference frame without noise, as mosaic, camera RGB and linear sRGB.

        Args:
            scale: samples for each photosite along rows and columns, of the same light through the same lens: sample
                (x + 0.5) / scale of the frame, and no mosaic with more than one. More detail than the photo has is not
                there: it wants a plan's scale of at most 1 / scale.

        Raises:
            ContractError: a scale below 1.
        """
        if scale < 1:
            raise ContractError(f"a truth has one sample for each photosite at least; found {scale}")
        k = self.plan.reference
        planes = [self._light_at(k, _of_channel(c), scale) for c in range(3)]
        light = np.stack(planes, axis=-1)
        mosaic = np.clip(self.sensor.pattern.sample(light), 0, 1) if scale == 1 else None
        return BurstTruth(mosaic=mosaic, camera_rgb=np.maximum(light, 0), colour=self.colour)

    def _raw(self, k: int) -> RawFrame:
        plan, sensor = self.plan, self.sensor
        mosaic = record(
            self._light_at(k, self._tile),
            sensor=sensor,
            gain=plan.gain,
            seed=(plan.seed, 1, k),
            row_noise=plan.row_noise,
            pattern_noise=plan.pattern_noise,
            exposure_s=plan.shutter_s * plan.exposures[k] if plan.pattern_noise else 0.0,
        )
        return raw_frame(
            mosaic,
            sensor=sensor,
            gain=plan.gain,
            colour=self.colour,
            noise=sensor.noise_at(plan.gain, row_noise=plan.row_noise) if plan.tell_noise else None,
            metadata=Metadata(
                exposure_s=plan.shutter_s * plan.exposures[k],
                timestamp_ns=_FIRST_SHOT_NS + round(k * plan.interval_s * 1e9),
            ),
        )

    def _light_at(self, k: int, tile: np.ndarray, scale: int = 1) -> Float32[np.ndarray, "h w"]:
        """The channel that `tile` asks for at every pixel of frame k, objects included, at the frame's exposure."""
        moments = self._moments(k)
        light = self._momentary_light(moments[0], tile, scale)
        for moment in moments[1:]:
            light += self._momentary_light(moment, tile, scale)
        if len(moments) > 1:
            light /= np.float32(len(moments))
        light *= np.float32(self.plan.exposures[k])
        if self.plan.corner_light < 1:
            light *= vignette(light.shape, corner_light=self.plan.corner_light)
        if self.plan.shading is not None:
            gains = self.plan.shading.gains(*light.shape)
            for row, column in np.ndindex(*tile.shape):
                plane = (slice(row, None, tile.shape[0]), slice(column, None, tile.shape[1]))
                light[plane] /= gains[(*plane, tile[row, column])]
        return light

    def _momentary_light(self, moment: float, tile: np.ndarray, scale: int) -> Float32[np.ndarray, "h w"]:
        """The light of an instant, as far as a rolling shutter has one; `moment` is counted in frames."""
        h, w = self.shape
        if self.plan.readout_s > 0:
            transform = self._source_from_rows(moment + self._row_delay(scale))
        else:
            transform = self._source_from_frame(moment, self.shape)
        window = (0, 0, h * scale, w * scale)
        light = sample_tile(self._light, _denser(transform, scale), tile=tile, window=window)
        for (top, left, bottom, right), own, alpha in self._objects(moment, tile, scale):
            part = light[top:bottom, left:right]
            part *= 1 - alpha
            part += own
        return light

    def _moments(self, k: int) -> list[float]:
        """The times, counted in frames, whose mean is frame k; they lie evenly about the middle of its exposure."""
        count = self.plan.motion_samples
        open_frames = self.plan.shutter_s * self.plan.exposures[k] / self.plan.interval_s
        return [k + ((i + 0.5) / count - 0.5) * open_frames for i in range(count)] if count > 1 else [float(k)]

    def _row_delay(self, scale: int = 1) -> Float64[np.ndarray, "h"]:
        """By how many frames each row is later than the middle of the picture, for `scale` lines a row."""
        h = self.shape[0] * scale
        readout_frames = self.plan.readout_s / self.plan.interval_s
        return ((np.arange(h) + 0.5) / h - 0.5) * readout_frames

    def _source_from_rows(self, times: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n 2 3"]:
        h, w = self.shape
        poses = self._path.at(times)
        frames = rigid_stack(about=(w / 2, h / 2), shifts_px=poses[:, :2], angles_deg=poses[:, 2])
        return self._source_from_reference(self.shape) @ np.linalg.inv(frames)

    def _objects(
        self, moment: float, tile: np.ndarray, scale: int = 1
    ) -> Iterator[tuple[Window, np.ndarray, np.ndarray]]:
        """Where each object lies at a moment, its light times alpha, and its alpha, from back to front."""
        for index, window, patch_from_row in self._places(moment, scale):
            patch = self._patches[index]
            seen = sample_tile(patch, patch_from_row, tile=tile, window=window)
            alpha = sample_tile(patch, patch_from_row, tile=_of_channel(_ALPHA), window=window)
            yield window, seen, np.clip(alpha, 0, 1)

    def _places(self, moment: float, scale: int) -> list[Place]:
        """The objects inside the picture at a moment: which, its window, and patch_from_frame, once or for each row."""
        if (moment, scale) in self._placed:
            return self._placed[moment, scale]
        (h, w), rolling = self.shape, self.plan.readout_s > 0
        times = moment + self._row_delay(scale) if rolling else np.array([moment])
        poses = self._path.at(times) if rolling else self._pose(moment)
        frames = rigid_stack(about=(w / 2, h / 2), shifts_px=poses[:, :2], angles_deg=poses[:, 2])
        places: list[Place] = []
        for index, (moving, patch) in enumerate(zip(self.plan.objects, self._patches, strict=True)):
            steps = times - self.plan.reference
            side_y, side_x, _ = patch.shape
            start = (moving.at[0] * w - side_x / 2, moving.at[1] * h - side_y / 2)
            own = rigid_stack(
                about=(side_x / 2, side_y / 2),
                shifts_px=np.array(start) + steps[:, None] * np.array(moving.step_px),
                angles_deg=steps * moving.turn_deg,
                scale=moving.scale,
            )
            moves = (frames @ own)[:, :2]
            corners = _corners(side_y, side_x) @ moves[:, :, :2].swapaxes(1, 2) + moves[:, None, :, 2]
            left, top = (max(int(v), 0) for v in np.floor(corners.min(axis=(0, 1))))
            far = np.ceil(corners.max(axis=(0, 1)))
            right, bottom = (min(int(v), limit) for v, limit in zip(far, (w, h), strict=True))
            if top < bottom and left < right:
                back = np.linalg.inv(frames @ own)[:, :2] if rolling else inverse(moves[0])[None]
                window = (top * scale, left * scale, bottom * scale, right * scale)
                places.append((index, window, _denser(back, scale)))
        self._placed[moment, scale] = places
        return places

    def _frame_from_reference(self, moment: float, shape: tuple[int, int]) -> Affine:
        dx, dy, angle = self._pose(moment)[0].tolist()
        return rigid(about=(shape[1] / 2, shape[0] / 2), shift_px=(dx, dy), angle_deg=angle)

    def _pose(self, moment: float) -> Float64[np.ndarray, "1 3"]:
        """The path at one moment."""
        if moment not in self._poses:
            self._poses[moment] = self._path.at(np.array([moment]))
        return self._poses[moment]

    def _source_from_reference(self, shape: tuple[int, int]) -> Affine:
        (h, w), (source_h, source_w) = shape, self._light.shape[:2]
        shift = (source_w / 2 - w / 2, source_h / 2 - h / 2)
        return rigid(about=(w / 2, h / 2), shift_px=shift, angle_deg=0.0, scale=1 / self.plan.scale)

    def _source_from_frame(self, moment: float, shape: tuple[int, int]) -> Affine:
        at = (moment, shape)
        if at not in self._transforms:
            frame = self._frame_from_reference(moment, shape)
            self._transforms[at] = compose(self._source_from_reference(shape), inverse(frame))
        return self._transforms[at]

    def _fits(self, shape: tuple[int, int]) -> bool:
        source_h, source_w = self._light.shape[:2]
        for moment in self._outermost_moments():
            transform = self._source_from_frame(moment, shape)
            found = _corners(*shape) @ transform[:, :2].T + transform[:, 2]
            room = np.array([source_w, source_h]) - LANCZOS_REACH_PX
            if (found < LANCZOS_REACH_PX).any() or (found > room).any():
                return False
        return True

    def _outermost_moments(self) -> list[float]:
        """Moments between which nothing moves further out: every frame's, and those at both ends of its rows."""
        if not self.plan.moves_within_frames:
            return [float(k) for k in range(len(self))]
        half = self.plan.readout_s / self.plan.interval_s / 2
        ends = (-half, 0.0, half) if half > 0 else (0.0,)
        return [t + end for k in range(len(self)) for t in self._moments(k) for end in ends]

    def _largest(self) -> tuple[int, int]:
        step = self._step
        h, w = (int(side * self.plan.scale) // step * step for side in self._light.shape[:2])
        while min(h, w) >= 16 and not self._fits((h, w)):
            h, w = h - step, w - step
        return h, w

    def _check_room(self) -> None:
        h, w = self.shape
        if h % self._step or w % self._step or min(h, w) < 16 or not self._fits((h, w)):
            most_h, most_w = self._largest()
            sized = "even-sized" if self._step == 2 else f"of sides that are multiples of {self._step}"
            raise ContractError(
                f"frames are {sized}, at least 16×16, and stay inside the photo while the hand shakes: "
                f"at most {most_w}×{most_h} here (width × height); found {w}×{h}; "
                "take a larger photo, smaller frames or less shake"
            )


# 21 November 2025, 19:30: any fixed time keeps the files the same from run to run.
_FIRST_SHOT_NS = 1_763_753_400 * 10**9
_ALPHA = 3  # channel of a patch


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


def burst_poses(plan: BurstPlan) -> Float64[np.ndarray, "frames 3"]:
    """(dx px, dy px, angle in degrees) of every frame of a plan."""
    rng = np.random.default_rng([plan.seed, 0])
    return plan.shake.poses(plan.frames, reference=plan.reference, rng=rng)


def _corners(height: int, width: int) -> np.ndarray:
    return np.array([[0.0, 0.0], [width, 0.0], [0.0, height], [width, height]])


def _of_channel(channel: int) -> np.ndarray:
    """The tile that asks for one channel everywhere."""
    return np.full((1, 1), channel, np.int64)


def _denser(transform: Float64[np.ndarray, "*rows 2 3"], scale: int) -> Float64[np.ndarray, "*rows 2 3"]:
    """The transform of points that are counted in `scale` times as many pixels."""
    if scale == 1:
        return transform
    return transform / np.array([scale, scale, 1.0])


def _camera_patch(
    moving: MovingObject, sensor: SensorProfile, colour: CameraColour, plan: BurstPlan
) -> Float32[np.ndarray, "h w 4"]:
    """The object as camera light multiplied by alpha, and alpha; padded so that its outside is empty."""
    reach = 0 if plan.lens_kernel is None else max(plan.lens_kernel.shape) // 2
    pad = 2 * LANCZOS_REACH_PX + reach
    premultiplied = np.pad(moving.colour * moving.alpha[..., None], ((pad, pad), (pad, pad), (0, 0)))
    alpha = np.pad(moving.alpha, pad)
    blur_px = plan.lens_blur_px / moving.scale
    picture = Frame(pixels=premultiplied, transfer="linear")
    light = sensor_light(picture, sensor=sensor, colour=colour, blur_px=blur_px)
    grey = Frame(pixels=np.repeat(alpha[..., None], 3, axis=2), transfer="linear")
    soft = camera_light(grey, colour=CameraColour(), blur_px=blur_px)
    return _through_lens(np.concatenate([light, soft[..., :1]], axis=2), plan.lens_kernel)


def _through_lens(light: Float32[np.ndarray, "h w c"], kernel: np.ndarray | None) -> Float32[np.ndarray, "h w c"]:
    if kernel is None:
        return light
    # cv2 correlates; a point spread function is convolved.
    flipped = np.ascontiguousarray(kernel[::-1, ::-1]) / kernel.sum()
    return cv2.filter2D(light, -1, flipped, borderType=cv2.BORDER_REFLECT)
