"""What a batch of training crops holds, and what it is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.cfa import CfaName
from catchlight.core.errors import ContractError

Range = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class CropPlan:
    """Sizes, and the ranges that every crop draws from.

    Args:
        crop_px: height and width of a crop, even, at least 16.
        frames: of a burst; the first is the reference.
        batch: crops of a batch.
        gain: evenly in stops.
        exposure: what the photo's white becomes as a share of the sensor's white, evenly in stops.
        shake_px: largest shift of any frame against the reference, 0 to this.
        rotation_deg: largest rotation, 0 to this.
        blur_share: share of the crops whose frames are blurred by the motion within their exposure.
        moving_share: share of the crops with things that move by themselves.
        moving_most: how many at most.
        moving_px: their largest motion from frame to frame.
        light_cct_k: colour temperature of the light, evenly in mired.
        lens_blur_px: σ of the lens's blur.
        seed: of everything.

    Raises:
        ContractError: a value out of range.
    """

    crop_px: int = 128
    frames: int = 8
    batch: int = 8
    gain: Range = (1.0, 16.0)
    exposure: Range = (0.1, 1.0)
    shake_px: float = 16.0
    rotation_deg: float = 1.5
    blur_share: float = 0.3
    moving_share: float = 0.4
    moving_most: int = 2
    moving_px: float = 10.0
    light_cct_k: Range = (2700.0, 7000.0)
    lens_blur_px: Range = (0.5, 0.9)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop_px < 16 or self.crop_px % 2 or self.frames < 1 or self.batch < 1 or self.moving_most < 1:
            raise ContractError(
                "crops are even-sized, 16 px at least, with a frame, a crop a batch and a moving thing at least; "
                f"found {self.crop_px} px, {self.frames}, {self.batch}, {self.moving_most}"
            )
        for name in ("gain", "exposure", "light_cct_k", "lens_blur_px"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ContractError(f"the range of {name} is 0 < low ≤ high; found {low} and {high}")
        if not (min(self.shake_px, self.moving_px, self.seed) >= 0 and 0 <= self.rotation_deg <= 45):
            raise ContractError("shake_px, moving_px and seed are ≥ 0, rotation_deg is 0…45")
        if not (0 <= self.blur_share <= 1 and 0 <= self.moving_share <= 1):
            raise ContractError(f"shares are 0…1; found {self.blur_share} and {self.moving_share}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CropBatch:
    """A batch; values are normalised: black 0, the sensor's white 1.

    Args:
        noisy: mosaics as recorded, black subtracted; noise takes them below 0.
        clean: camera RGB of the reference (frame 0) without noise, before white balance, 0…1.
        still: share of the static scene in each pixel of every frame, 0 where something moves before it.
        frame_from_reference: where a point of the static scene in frame 0 is in each frame; pixel centres at 0.5.
        shot: noise for red, green, blue: variance = shot · signal + read.
        read: noise at no signal.
        gain: before the converter.
        white_balance: gains for red, green, blue that make white equal in all three.
        cfa: colour filters of each crop.
        sensor: name of its sensor.
        number: of the batch.
    """

    noisy: Float32[np.ndarray, "n f h w"]
    clean: Float32[np.ndarray, "n 3 h w"]
    still: Float32[np.ndarray, "n f h w"]
    frame_from_reference: Float64[np.ndarray, "n f 2 3"]
    shot: Float32[np.ndarray, "n 3"]
    read: Float32[np.ndarray, "n 3"]
    gain: Float32[np.ndarray, "n"]
    white_balance: Float32[np.ndarray, "n 3"]
    cfa: tuple[CfaName, ...]
    sensor: tuple[str, ...]
    number: int
