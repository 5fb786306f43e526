"""From photos to a folder of simulated RAWs, focal stacks, sweeps or video, with the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from catchlight.camera.dual_pixel import DualPixel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import coc_px_per_dioptre
from catchlight.camera.profile.camera_profile import CameraProfile
from catchlight.core import ColourSpace, ContractError, Frame, InputError, RawFrame
from catchlight.io import read_picture
from catchlight.simulate.burst import simulate_burst
from catchlight.simulate.burst_plan import BurstPlan
from catchlight.simulate.defocus.focal_stack import FocalStack
from catchlight.simulate.defocus.focus_sweep import FocusSweep, SweepPlan
from catchlight.simulate.defocus.layers_of_scene import layers_of_scene
from catchlight.simulate.defocus.slice_depth import slice_depth
from catchlight.simulate.files.read_depth import read_depth
from catchlight.simulate.files.write_burst import write_burst
from catchlight.simulate.files.write_stack import write_stack, write_sweep
from catchlight.simulate.files.write_video import write_video
from catchlight.simulate.hand_shake import TRIPOD, HandShake
from catchlight.simulate.moving_object import MovingObject
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.random_scene import random_scene
from catchlight.simulate.scene3d.scene_view import CardScene
from catchlight.simulate.silhouette import silhouette
from catchlight.simulate.video import VideoPlan, simulate_video

Kind = Literal["burst", "stack", "dual-pixel", "sweep", "video"]
Listener = Callable[[str, int, int], None]
FRAMES: dict[Kind, int] = {"burst": 8, "stack": 9, "dual-pixel": 9, "sweep": 16, "video": 16}

# Raspberry Pi Camera Module 3: what small cameras are like. Source: its documentation, "Camera hardware".
_PHONE_LENS, _PHONE_PITCH_UM = Lens(focal_length_mm=4.74, aperture_f=1.8), 1.4
# The blur of the nearest thing while the farthest is in focus, in pixels: clearly seen, and still the same thing.
_LARGEST_COC_PX = 24.0
_FAR_D, _LARGEST_SPAN_D = 0.25, 1.75
_INTERVAL_S = 1 / 30
# About twice the largest sensor of the built-in profiles (45 megapixels); more runs out of memory without saying why.
_MOST_PIXELS = 100_000_000
# Hidden background is filled in no deeper than this: farther in, it is a guess that a blur rarely shows.
_REACH_PX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulateSettings:
    """What to simulate.

    Args:
        kind: burst of RAWs, focal stack, the same with dual-pixel views, focus sweep of a moving scene, or video.
        frames: how many; the kind's usual number when None.
        gain: before the converter; None for 8 in bursts and sweeps and for no noise in video. Stacks take none.
        size_px: height and width, even; None for all of the photo (bursts) or 480×640.
        seed: of everything random.
        tripod: a burst that holds still, such as `calibrate` needs.
        depth: depth map of the only photo, for a stack of it; None for a scene of cards with the photos on them.
        depth_per_metre: integer steps of the depth map in a metre.

    Raises:
        ContractError: a number out of range, or a depth map where none is used.
    """

    kind: Kind
    frames: int | None = None
    gain: float | None = None
    size_px: tuple[int, int] | None = None
    seed: int = 0
    tripod: bool = False
    depth: Path | None = None
    depth_per_metre: float = 1000.0

    def __post_init__(self) -> None:
        if self.frames is not None and not 1 <= self.frames <= 10_000:
            raise ContractError(f"frames is 1…10000; found {self.frames}")
        if self.gain is not None and not 1 <= self.gain <= 256:
            raise ContractError(f"gain is 1…256; found {self.gain}")
        if self.size_px is not None and (min(self.size_px) < 32 or self.size_px[0] % 2 or self.size_px[1] % 2):
            h, w = self.size_px
            raise ContractError(f"size is an even width and height of 32 at least; found {w}x{h}")
        if self.size_px is not None and math.prod(self.size_px) > _MOST_PIXELS:
            h, w = self.size_px
            raise ContractError(f"size is at most {_MOST_PIXELS // 10**6} megapixels; found {w}x{h}")
        if self.gain is not None and self.kind in ("stack", "dual-pixel"):
            raise ContractError(f"gain is for a burst, sweep or video; a {self.kind} has no noise; found {self.gain:g}")
        if self.tripod and self.kind != "burst":
            raise ContractError(f"tripod is for a burst; found {self.kind}")
        if self.seed < 0:
            raise ContractError(f"seed is ≥ 0; found {self.seed}")
        if self.depth is not None and (self.kind not in ("stack", "dual-pixel") or self.size_px is not None):
            raise ContractError(f"depth is for a stack or dual-pixel, of the photo's own size; found {self.kind}")
        if not self.depth_per_metre > 0:
            raise ContractError(f"depth-scale is > 0; found {self.depth_per_metre}")

    @property
    def count(self) -> int:
        """Frames to make."""
        return self.frames or FRAMES[self.kind]


def simulate_into(
    folder: Path,
    photos: Sequence[Path],
    settings: SimulateSettings,
    *,
    camera: CameraProfile,
    force: bool = False,
    progress: Listener = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Simulates from photos and writes a folder; returns what its `truth.json` says.

    A burst shows the first photo; things cut out of the others fly through it. The other kinds are layered scenes in
    space, textured with all photos; the picture is a crop of the camera's sensor at its own pixel pitch.

    Args:
        folder: new, empty, or an earlier result.
        photos: finished pictures.
        settings: what to make of them.
        camera: sensor, lens and dual pixels; what it lacks is taken from a small camera.
        force: replace an earlier result.
        progress: called with (what, number, of how many).

    Raises:
        InputError: a photo cannot be read, or is a RAW.
        ContractError: a photo is too small.
        OutputError: the folder holds something else, or cannot be written.
    """
    frames = []
    for k, path in enumerate(photos):
        progress("reading", k + 1, len(photos))
        picture = read_picture(path)
        if isinstance(picture, RawFrame):
            raise InputError(f"{path}: expected a finished photo, found a RAW; develop it first")
        frames.append(picture)
    if settings.kind == "burst":
        burst = simulate_burst(frames[0], sensor=camera.sensor, plan=_burst_plan(frames, settings, camera))
        return write_burst(folder, burst, force=force, progress=progress)
    if settings.depth is not None:
        stack = _stack_of_depth(frames, settings.depth, settings, camera)
        return write_stack(folder, stack, force=force, progress=progress)
    return _scene_into(folder, frames, settings, camera, force=force, progress=progress)


def _burst_plan(photos: list[Frame], settings: SimulateSettings, camera: CameraProfile) -> BurstPlan:
    rng = np.random.default_rng([settings.seed, 10])
    # As a share of the photo: a small one has no room for a large shake.
    shake_px = min(16.0, min(photos[0].shape) / 24)
    return BurstPlan(
        frames=settings.count,
        gain=settings.gain or 8.0,
        exposure=0.6,
        shake=TRIPOD if settings.tripod else HandShake(shift_px=shake_px, rotation_deg=0.7),
        more_moving=tuple(_flying(photo, min(photos[0].shape), rng) for photo in photos[1:]),
        size_px=settings.size_px,
        shading=camera.shading,
        motion_samples=1 if settings.tripod and len(photos) == 1 else 6,
        readout_s=min(camera.sensor.readout_s or 0.0, 0.05),
        seed=settings.seed,
    )


def _flying(photo: Frame, scene_px: int, rng: np.random.Generator) -> MovingObject:
    side = min(max(scene_px // 5, 16), *photo.shape)
    top, left = ((length - side) // 2 for length in photo.shape)
    linear = photo.in_space(ColourSpace.SRGB, "linear").pixels
    angle, step_px = rng.uniform(0, 2 * math.pi), scene_px / 80
    return MovingObject(
        colour=np.clip(linear[top : top + side, left : left + side], 0, 1),
        alpha=silhouette(side, rng),
        at=(float(rng.uniform(0.25, 0.75)), float(rng.uniform(0.25, 0.75))),
        step_px=(step_px * math.cos(angle), step_px * math.sin(angle)),
        turn_deg=float(rng.uniform(-3, 3)),
    )


def _lens_of(camera: CameraProfile) -> tuple[Lens, float]:
    return camera.lens or _PHONE_LENS, camera.sensor.pixel_pitch_um or _PHONE_PITCH_UM


def _stack_of_depth(photos: list[Frame], place: Path, settings: SimulateSettings, camera: CameraProfile) -> FocalStack:
    if len(photos) != 1:
        raise InputError(f"a depth map belongs to one photo; found {len(photos)}")
    depth = read_depth(place, per_metre=settings.depth_per_metre)
    photo = photos[0].in_space(ColourSpace.SRGB, "linear")
    if photo.shape != depth.metres.shape:
        raise InputError(f"{place}: the depth map is as large as the photo, {photo.shape}; found {depth.metres.shape}")
    lens, pitch_um = _lens_of(camera)
    # The nearest and the farthest per cent may be errors of the depth camera.
    far_d, near_d = (float(d) for d in np.percentile(depth.dioptres[depth.valid], (1, 99)))
    widest_px = coc_px_per_dioptre(lens, near_d, pixel_pitch_um=pitch_um) * (near_d - far_d)
    layers = slice_depth(photo, depth, reach_px=min(math.ceil(widest_px / 2) + 1, _REACH_PX))
    return FocalStack(
        layers,
        lens=lens,
        pixel_pitch_um=pitch_um,
        focus_d=tuple(float(d) for d in np.linspace(far_d, near_d, settings.count)),
        dual_pixel=_dual_of(settings, camera),
    )


def _dual_of(settings: SimulateSettings, camera: CameraProfile) -> DualPixel | None:
    return (camera.dual_pixel or DualPixel()) if settings.kind == "dual-pixel" else None


def _scene_into(
    folder: Path,
    photos: list[Frame],
    settings: SimulateSettings,
    camera: CameraProfile,
    *,
    force: bool,
    progress: Listener,
) -> dict[str, Any]:
    lens, pitch_um = _lens_of(camera)
    h, w = settings.size_px or (480, 640)
    per_d = coc_px_per_dioptre(lens, _FAR_D, pixel_pitch_um=pitch_um)
    near_d = _FAR_D + min(_LARGEST_SPAN_D, _LARGEST_COC_PX / per_d)
    reach_px = math.ceil(per_d * (near_d - _FAR_D) / 2)
    pinhole = Pinhole(
        focal_px=lens.focal_length_mm * 1000 / pitch_um,
        size_px=(h, w),
        # What moves may come nearer than it started: a third more blur has room.
        margin_px=0 if settings.kind == "video" else math.ceil(reach_px * 4 / 3) + 4,
    )
    duration_s = settings.count * _INTERVAL_S
    scene = random_scene(
        photos, camera=pinhole, seed=settings.seed, near_m=1 / near_d, far_m=1 / _FAR_D, duration_s=duration_s
    )
    focus_d = tuple(float(d) for d in np.linspace(_FAR_D, near_d, settings.count))
    if settings.kind in ("stack", "dual-pixel"):
        layers, dual = layers_of_scene(scene, pinhole), _dual_of(settings, camera)
        stack = FocalStack(layers, lens=lens, pixel_pitch_um=pitch_um, focus_d=focus_d, dual_pixel=dual)
        return write_stack(folder, stack, force=force, progress=progress)
    if settings.kind == "sweep":
        plan = SweepPlan(
            focus_d=focus_d,
            window=_subject(scene, pinhole, time_s=duration_s / 2),
            interval_s=_INTERVAL_S,
            gain=settings.gain or 8.0,
            seed=settings.seed,
        )
        sweep = FocusSweep(
            scene,
            camera=pinhole,
            lens=lens,
            sensor=camera.sensor,
            plan=plan,
            pixel_pitch_um=pitch_um,
            dual_pixel=camera.dual_pixel,
        )
        return write_sweep(folder, sweep, force=force, progress=progress)
    return _video_into(folder, scene, pinhole, settings, camera, force=force, progress=progress)


def _subject(scene: CardScene, camera: Pinhole, *, time_s: float) -> tuple[int, int, int, int] | None:
    """A window within the largest thing before the backdrop, half way through; None where there is none."""
    inner = replace(camera, margin_px=0)
    visible = scene.view(inner, time_s=time_s).visible()
    sizes = np.bincount(visible[visible >= 0], minlength=len(scene.cards))
    sizes[[k for k, card in enumerate(scene.cards) if card.endless]] = 0
    # Fewer pixels than 16×16 are too few to tell sharp from blurred.
    if sizes.max() < 256:
        return None
    rows, columns = np.nonzero(visible == int(sizes.argmax()))
    # The middle half of its pixels along each axis.
    (top, bottom), (left, right) = (np.percentile(at, (25, 75)).astype(int).tolist() for at in (rows, columns))
    return top, left, bottom + 1, right + 1


def _video_into(
    folder: Path,
    scene: CardScene,
    pinhole: Pinhole,
    settings: SimulateSettings,
    camera: CameraProfile,
    *,
    force: bool,
    progress: Listener,
) -> dict[str, Any]:
    sensor = camera.sensor
    # A crop is read faster than the whole sensor, row by row.
    rows = sensor.size_px[0] if sensor.size_px else pinhole.size_px[0]
    plan = VideoPlan(
        frames=settings.count,
        interval_s=_INTERVAL_S,
        motion_samples=5,
        readout_s=(sensor.readout_s or 0.0) * min(pinhole.size_px[0] / rows, 1),
        sensor=None if settings.gain is None else sensor,
        gain=settings.gain or 1.0,
        seed=settings.seed,
    )
    frames = simulate_video(scene, camera=pinhole, plan=plan)
    return write_video(folder, frames, camera=pinhole, plan=plan, force=force, progress=progress)
