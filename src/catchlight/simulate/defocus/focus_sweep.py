"""A focus sweep of a scene that moves meanwhile: what an autofocus has to work with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import signed_coc_px
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.cfa import GREEN
from catchlight.core.errors import ContractError
from catchlight.core.metadata import Metadata
from catchlight.core.raw_frame import RawFrame
from catchlight.simulate.defocus.focal_stack import FocalStack
from catchlight.simulate.defocus.layers_of_scene import layers_of_scene
from catchlight.simulate.noisy_plane import noisy_plane
from catchlight.simulate.raw_shot import raw_shot
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.scene_view import CardScene

Window = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """How a sweep is taken.

    Args:
        focus_d: where the lens is focused at each frame, in dioptres.
        window: top, left, bottom, right of the part that should become sharp; None for the middle quarter.
        interval_s: from frame to frame.
        shutter_s: exposure time of a frame.
        gain: gain before the converter.
        exposure: what the scene's white becomes as a share of the sensor's white.
        seed: of the noise.

    Raises:
        ContractError: no frame, a time or exposure that is not > 0, or a gain below 1.
    """

    focus_d: tuple[float, ...]
    window: Window | None = None
    interval_s: float = 1 / 30
    shutter_s: float = 1 / 60
    gain: float = 1.0
    exposure: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.focus_d or not (self.interval_s > 0 and self.shutter_s > 0 and self.exposure > 0):
            raise ContractError("a sweep has a frame at least, and its times and exposure are > 0")
        if not (self.gain > 0 and self.seed >= 0):
            raise ContractError(f"gain is > 0 and the seed ≥ 0; found {self.gain} and {self.seed}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SweepShot:
    """One frame of a sweep, and what is true of its window.

    Args:
        raw: the noisy mosaic.
        left: linear green light of the left part of the aperture with its noise, half size, normalised; None without
            dual pixels.
        right: of the right part.
        time_s: middle of the exposure.
        focus_d: where the lens is focused.
        object_d: median of what is visible in the window, in dioptres.
        coc_px: its signed circle of confusion; 0 is sharp.
        sharpness: mean squared gradient of the window's noise-free green, linear.
    """

    raw: RawFrame
    left: Float32[np.ndarray, "rows columns"] | None
    right: Float32[np.ndarray, "rows columns"] | None
    time_s: float
    focus_d: float
    object_d: float
    coc_px: float
    sharpness: float


class FocusSweep(Sequence[SweepShot]):
    """Frames that are made when they are asked for; the same index always gives the same frame.

    Args:
        scene: moves, and so may its camera.
        camera: focal length in pixels, and an even size.
        lens: focal length, aperture and breathing.
        sensor: with a pixel pitch, or give one.
        plan: focus positions, times, noise.
        pixel_pitch_um: side of a pixel of the picture; the sensor's where None.
        dual_pixel: also makes the left and right pictures.

    Raises:
        ContractError: an odd size, an unknown pitch, or a window outside the picture.
    """

    def __init__(
        self,
        scene: CardScene,
        *,
        camera: Pinhole,
        lens: Lens,
        sensor: SensorProfile,
        plan: SweepPlan,
        pixel_pitch_um: float | None = None,
        dual_pixel: DualPixel | None = None,
    ) -> None:
        pitch = pixel_pitch_um or sensor.pixel_pitch_um
        if pitch is None:
            raise ContractError(f"the pixel pitch of {sensor.name} is not known; give pixel_pitch_um")
        h, w = camera.size_px
        self.window = plan.window or (h // 4, w // 4, h - h // 4, w - w // 4)
        top, left, bottom, right = self.window
        if h % 2 or w % 2 or not (0 <= top < bottom <= h and 0 <= left < right <= w):
            raise ContractError(f"a sweep's picture is even-sized and holds its window; found {h}×{w}, {self.window}")
        self.scene, self.camera, self.lens, self.sensor, self.plan = scene, camera, lens, sensor, plan
        self.pixel_pitch_um, self.dual_pixel = pitch, dual_pixel

    def __len__(self) -> int:
        return len(self.plan.focus_d)

    def __iter__(self) -> Iterator[SweepShot]:
        return (self._shot(k) for k in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> SweepShot: ...

    @overload
    def __getitem__(self, index: slice) -> list[SweepShot]: ...

    def __getitem__(self, index: int | slice) -> SweepShot | list[SweepShot]:
        if isinstance(index, slice):
            return [self._shot(k) for k in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(f"the sweep has {len(self)} frames; found index {index}")
        return self._shot(index % len(self))

    def _shot(self, k: int) -> SweepShot:
        plan, time_s, focus_d = self.plan, k * self.plan.interval_s, self.plan.focus_d[k]
        layers = layers_of_scene(self.scene, self.camera, time_s=time_s)
        # Breathing is against all of the sweep and infinity, so that its frames have one scale.
        stack = FocalStack(
            layers,
            lens=self.lens,
            pixel_pitch_um=self.pixel_pitch_um,
            focus_d=(0.0, *plan.focus_d),
            dual_pixel=self.dual_pixel,
        )
        shot = stack[k + 1]
        top, left, bottom, right = self.window
        depth = stack.depth()
        inside = depth.dioptres[top:bottom, left:right][depth.valid[top:bottom, left:right]]
        if not inside.size:
            raise ContractError(f"the window shows part of the scene in every frame; found nothing in frame {k}")
        object_d = float(np.median(inside))
        green = shot.picture[top:bottom, left:right, GREEN]
        gradient = [cv2.Sobel(green, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (0, 1)]
        return SweepShot(
            raw=raw_shot(
                np.clip(shot.picture, 0, 1),
                sensor=self.sensor,
                gain=plan.gain,
                exposure=plan.exposure,
                seed=(plan.seed, 5, k),
                metadata=Metadata(exposure_s=plan.shutter_s, timestamp_ns=round(time_s * 1e9)),
            ),
            left=None if shot.left is None else self._phase_view(shot.left, (plan.seed, 6, k)),
            right=None if shot.right is None else self._phase_view(shot.right, (plan.seed, 7, k)),
            time_s=time_s,
            focus_d=focus_d,
            object_d=object_d,
            coc_px=float(
                signed_coc_px(self.lens, object_d=object_d, focus_d=focus_d, pixel_pitch_um=self.pixel_pitch_um)
            ),
            sharpness=float(np.mean(gradient[0] ** 2 + gradient[1] ** 2)),
        )

    def _phase_view(self, view: Float32[np.ndarray, "h w 3"], seed: tuple[int, ...]) -> Float32[np.ndarray, "_r _c"]:
        """The green of 2×2 pixels, of half of the aperture's light each: as much light as one pixel's two greens."""
        h, w, _ = view.shape
        green = view[..., GREEN].reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3)) * np.float32(self.plan.exposure)
        noise = self.sensor.noise.model_at(self.plan.gain)
        return noisy_plane(green, shot=noise.shot[GREEN], read=2 * noise.read[GREEN], rng=np.random.default_rng(seed))
