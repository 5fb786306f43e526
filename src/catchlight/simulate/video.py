"""Video of a layered scene, with what is exactly true of every frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core.depth import MetricDepth
from catchlight.core.errors import ContractError
from catchlight.core.flow import Flow
from catchlight.core.frame import Frame
from catchlight.simulate.noisy_plane import noisy_plane
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.scene_view import CardScene
from catchlight.simulate.scene3d.true_flow import true_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoPlan:
    """How a video is taken.

    Args:
        frames: how many.
        interval_s: from the middle of one frame to the middle of the next.
        shutter_s: how long a frame is exposed, if `motion_samples` is over 1.
        motion_samples: moments within the exposure whose mean is the picture; with 1 nothing moves while it is open.
        readout_s: time from the first to the last row of a rolling shutter.
        sensor: adds this camera's noise to every channel; None for a clean video.
        gain: of the sensor.
        exposure: what the scene's white becomes as a share of the sensor's white; the video itself is not darkened.
        seed: of the noise.

    Raises:
        ContractError: a value out of range.
    """

    frames: int = 8
    interval_s: float = 1 / 30
    shutter_s: float = 1 / 60
    motion_samples: int = 1
    readout_s: float = 0.0
    sensor: SensorProfile | None = None
    gain: float = 1.0
    exposure: float = 0.8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.frames < 1 or self.motion_samples < 1:
            raise ContractError(
                f"a video has a frame at least, of a moment at least; found {self.frames} and {self.motion_samples}"
            )
        if not (self.interval_s > 0 and self.shutter_s > 0 and self.readout_s >= 0):
            raise ContractError("a video's interval and shutter are > 0 s, its readout ≥ 0 s")
        if not (self.gain > 0 and self.exposure > 0 and self.seed >= 0):
            raise ContractError("gain and exposure are > 0, the seed is ≥ 0")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VideoFrame:
    """One frame. Depth, flow, cards and pose are those of the middle of its exposure.

    Args:
        picture: linear sRGB.
        depth: along the axis, of what is visible.
        flow: to the next frame, with confidence 0 where it is hidden there; None for the last.
        card: index of the visible card, -1 where there is none.
        world_from_camera: pose of the camera (of its middle row).
        time_s: middle of the exposure.
    """

    picture: Frame
    depth: MetricDepth
    flow: Flow | None
    card: Int64[np.ndarray, "h w"]
    world_from_camera: Float64[np.ndarray, "4 4"]
    time_s: float


def simulate_video(scene: CardScene, *, camera: Pinhole, plan: VideoPlan) -> Iterator[VideoFrame]:
    """Frames one after the other; only two are in memory.

    Raises:
        ContractError: the camera has a margin, or comes to lie in the plane of a card.
    """
    if camera.margin_px:
        raise ContractError(f"a video has no margin; found {camera.margin_px} px")
    return _frames(scene, camera, plan)


def _frames(scene: CardScene, camera: Pinhole, plan: VideoPlan) -> Iterator[VideoFrame]:
    times_s = np.arange(plan.frames) * plan.interval_s
    poses = scene.path.at(times_s)
    view = scene.view(camera, time_s=0.0, readout_s=plan.readout_s)
    for k, time_s in enumerate(times_s.tolist()):
        following = None
        if k + 1 < plan.frames:
            following = scene.view(camera, time_s=float(times_s[k + 1]), readout_s=plan.readout_s)
        picture = view.picture()
        if plan.motion_samples > 1:
            picture = _exposed(scene, camera, plan, time_s)
        if plan.sensor is not None:
            picture = _noisy(picture, plan, plan.sensor, seed=(plan.seed, 8, k))
        yield VideoFrame(
            picture=Frame(pixels=picture, transfer="linear"),
            depth=view.depth(),
            flow=None if following is None else true_flow(view, following),
            card=view.visible(),
            world_from_camera=poses[k],
            time_s=time_s,
        )
        if following is not None:
            view = following


def _exposed(scene: CardScene, camera: Pinhole, plan: VideoPlan, time_s: float) -> Float32[np.ndarray, "h w 3"]:
    total = np.zeros((*camera.shape, 3), np.float32)
    for i in range(plan.motion_samples):
        moment_s = time_s + ((i + 0.5) / plan.motion_samples - 0.5) * plan.shutter_s
        total += scene.view(camera, time_s=moment_s, readout_s=plan.readout_s).picture()
    total /= np.float32(plan.motion_samples)
    return total


def _noisy(
    picture: Float32[np.ndarray, "h w 3"], plan: VideoPlan, sensor: SensorProfile, *, seed: tuple[int, ...]
) -> Float32[np.ndarray, "h w 3"]:
    """Every channel as if it were a photosite of its own: noise of a raw video, without that of its demosaicing."""
    noise, rng = sensor.noise.model_at(plan.gain), np.random.default_rng(seed)
    light = picture * np.float32(plan.exposure)
    planes = [noisy_plane(light[..., c], shot=noise.shot[c], read=noise.read[c], rng=rng) for c in range(3)]
    return np.clip(np.dstack(planes), 0, 1) / np.float32(plan.exposure)
