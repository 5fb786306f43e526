"""A folder of JPEG files as a camera would have left it, made from photos, with the answers: synthetic."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import ColourSpace, ContractError, Frame, Metadata
from catchlight.evaluate.photo_sets import Photo
from catchlight.io import write_frame

# What people come home with: bursts, brackets, night series with long exposures, views taken again, focus that jumped
# to the background, single shots.
KINDS = ("burst", "bracket", "night", "again", "focus", "single")
_START_S = 1_763_753_400.0
# Share of the photo's side that is cut off all around, as room for the hand's shake.
_ROOM = 0.1
# Room that a meter leaves for highlights.
_METERED_EV = -0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledShot:
    """A file and the truth about it.

    Args:
        path: the file.
        group: number of its group.
        kind: one of `KINDS`.
        blur_px: σ of the blur of its subject, in its pixels; of a motion blur that of the same second moment.
    """

    path: Path
    group: int
    kind: str
    blur_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exposure:
    """How one frame is taken."""

    start_s: float
    exposure_s: float
    ev: float = 0.0
    noise: float = 1.0
    blur_px: float = 0.6
    motion_px: float = 0.0
    background_px: float | None = None


def make_folder(photos: Sequence[Photo], folder: Path, *, seed: int, whole_seconds: bool) -> tuple[LabelledShot, ...]:
    """Writes the shots of one outing, a scene from each photo, and returns the truth.

    Between scenes lie 1.5 to 4 s (somebody who turns around) or minutes. Frames are shifted by up to 6 % of their side
    and turned by up to 3°. Within a group one is sharp (0.6 px), the others blurred by 0.75 to 4 px, half of them by
    motion; noise (4 to 1) and, except in a bracket, exposure (±0.4 EV) vary independently. The subject of a `focus`
    group is the middle of the photo.

    Args:
        photos: in the order in which they are taken.
        folder: exists and is empty.
        seed: of everything.
        whole_seconds: the camera writes no fractions of a second.

    Raises:
        ContractError: no photo.
    """
    if not photos:
        raise ContractError("an outing has at least one photo; found none")
    shots: list[LabelledShot] = []
    now_s = _START_S
    for group, photo in enumerate(photos):
        rng = np.random.default_rng((seed, group))
        kind = KINDS[group % len(KINDS)]
        light = photo.frame.in_space(ColourSpace.SRGB, photo.frame.transfer).to_linear()
        for number, plan in enumerate(_plans(kind, now_s, rng)):
            path = folder / f"IMG_{len(shots) + 1:04d}.jpg"
            start_s = math.floor(plan.start_s) if whole_seconds else round(plan.start_s, 2)
            metadata = Metadata(
                make="Catchlight",
                model="Simulated",
                exposure_s=plan.exposure_s,
                # The noise is told as the ISO that goes with it; the setting as the light of a frame without noise.
                iso=100.0 * 2**plan.ev if kind == "bracket" else 400.0,
                timestamp_ns=round(start_s * 1e9),
            )
            write_frame(path, Frame(pixels=_taken(light, plan, rng, steady=number == 0), transfer="srgb",
                                    white="display white", metadata=metadata), quality=92)  # fmt: skip
            shots.append(LabelledShot(path=path, group=group, kind=kind, blur_px=_total_blur(plan)))
            now_s = plan.start_s + plan.exposure_s
        now_s += float(rng.uniform(1.5, 4.0) if rng.random() < 0.5 else rng.uniform(120, 900))
    return tuple(shots)


def _plans(kind: str, start_s: float, rng: np.random.Generator) -> Iterator[_Exposure]:
    count = {"burst": int(rng.integers(4, 8)), "bracket": 3, "night": 4, "again": 3, "focus": 3, "single": 1}[kind]
    sharpest = int(rng.integers(count))
    at_s = start_s
    for number in range(count):
        exposure_s = 6.0 if kind == "night" else 1 / 60
        blur, motion = 0.6, 0.0
        if number != sharpest and kind not in ("bracket", "single"):
            amount = float(np.exp(rng.uniform(np.log(0.75), np.log(4.0))))
            blur, motion = (amount, 0.0) if rng.random() < 0.5 else (0.6, amount * math.sqrt(12))
        background = None
        if kind == "focus":
            # Either the subject or what is behind it.
            blur, motion, background = (0.6, 0.0, 2.5) if number == sharpest else (2.5, 0.0, 0.6)
        yield _Exposure(
            start_s=at_s,
            exposure_s=exposure_s,
            ev=_METERED_EV + ((0.0, -3.0, 3.0)[number] if kind == "bracket" else float(rng.uniform(-0.4, 0.4))),
            noise=float(np.exp(rng.uniform(0, np.log(4.0)))),
            blur_px=blur,
            motion_px=motion,
            background_px=background,
        )
        pause_s = {"night": 1.5, "again": float(rng.uniform(4, 25))}.get(kind, float(rng.uniform(0.1, 0.4)))
        at_s += exposure_s + pause_s


def _total_blur(plan: _Exposure) -> float:
    # The second moment of a line of length l is l²/12; along one of two axes it counts half.
    return math.sqrt(plan.blur_px**2 + plan.motion_px**2 / 24)


def _taken(
    light: Float32[np.ndarray, "h w 3"], plan: _Exposure, rng: np.random.Generator, *, steady: bool
) -> Float32[np.ndarray, "_ _ 3"]:
    """One frame, sRGB-encoded."""
    h, w, _ = light.shape
    dx, dy = (0.0, 0.0) if steady else (rng.uniform(-0.06, 0.06, 2) * max(h, w)).tolist()
    turned = cv2.getRotationMatrix2D((w / 2, h / 2), 0.0 if steady else float(rng.uniform(-3, 3)), 1.0)
    matrix = np.asarray(turned, np.float64) + np.array([[0, 0, dx], [0, 0, dy]])
    seen = cv2.warpAffine(light, matrix, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    blurred = _blurred(seen, plan.blur_px, plan.motion_px, float(rng.uniform(0, 180)))
    if plan.background_px is not None:
        behind = _blurred(seen, plan.background_px, 0.0, 0.0)
        mask = np.zeros((h, w), np.float32)
        cv2.ellipse(mask, (w // 2, h // 2), (round(0.22 * w), round(0.28 * h)), 0, 0, 360, 1.0, -1)
        share = np.asarray(cv2.GaussianBlur(mask, (0, 0), 6.0), np.float32)[..., None]
        blurred = share * blurred + (1 - share) * behind
    top, left = round(_ROOM * h), round(_ROOM * w)
    frame = blurred[top : h - top, left : w - left] * np.float32(2**plan.ev)
    # Shot noise of 5000 electrons at white and a read noise of 5, at base sensitivity.
    variance = plan.noise * (np.maximum(frame, 0) / 5000 + 1e-6 * plan.noise)
    frame = frame + rng.standard_normal(frame.shape, np.float32) * np.sqrt(variance).astype(np.float32)
    return Frame(pixels=np.clip(frame, 0, 1).astype(np.float32)).in_space(ColourSpace.SRGB, "srgb").pixels


def _blurred(
    picture: Float32[np.ndarray, "h w 3"], sigma_px: float, length_px: float, angle_deg: float
) -> Float32[np.ndarray, "h w 3"]:
    result: Float32[np.ndarray, "h w 3"] = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    if length_px > 1:
        side = 2 * math.ceil(length_px / 2) + 1
        kernel = np.zeros((8 * side, 8 * side), np.float32)
        half, middle = length_px * 4, 4 * side
        dx, dy = half * math.cos(math.radians(angle_deg)), half * math.sin(math.radians(angle_deg))
        ends = [(round(middle + s * dx), round(middle + s * dy)) for s in (-1, 1)]
        cv2.line(kernel, ends[0], ends[1], 1.0, 8)
        line = np.asarray(cv2.resize(kernel, (side, side), interpolation=cv2.INTER_AREA), np.float32)
        result = np.asarray(cv2.filter2D(result, -1, line / line.sum()), np.float32)
    return result
