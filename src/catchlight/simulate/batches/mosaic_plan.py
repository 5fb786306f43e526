"""What a batch of mosaic crops holds, and what it is drawn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.simulate.batches.crop_batch import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class MosaicPlan:
    """Sizes, and the ranges that every crop draws from.

    Args:
        crop_px: height and width of a crop, even.
        batch: crops of a batch.
        camera_share: share of the crops that are what a camera sees: its colours, its lens, nearly always noise. The
            others are pictures as displays show them, so that sharp and saturated edges are many.
        clean_share: share of the camera's crops and of the others without any noise.
        shot: shot noise of the green samples, normalised, evenly in stops.
        read_electrons: read noise in photo-electrons, evenly in stops: read = (shot · this)².
        lens_blur_px: σ of the lens's blur, for the camera's crops.
        balance: white-balance gain of red and of blue, evenly in stops; the noise of a colour grows with it.
        exposure: what the photo's white becomes as a share of 1, evenly in stops.
        merged_share: share of the noisy crops whose noise is what a merge has left.
        frames: of such a merge, evenly in stops.
        torn_share: share of the merged crops where parts could not be merged and keep one frame's noise.
        curve: exponent from the photo's code values to light.
        saturation: factor on the distance from grey, for half of the other crops.
        flat_share: share of the crops that are one even colour or a soft ramp.
        seed: of everything.

    Raises:
        ContractError: a value out of range.
    """

    crop_px: int = 128
    batch: int = 9
    camera_share: float = 0.5
    clean_share: tuple[float, float] = (0.1, 0.6)
    shot: Range = (2e-5, 2e-2)
    read_electrons: Range = (0.7, 7.0)
    lens_blur_px: Range = (0.2, 0.9)
    balance: Range = (1.0, 3.2)
    exposure: Range = (0.05, 1.0)
    merged_share: float = 0.4
    frames: Range = (2.0, 16.0)
    torn_share: float = 0.4
    curve: Range = (1.8, 2.4)
    saturation: Range = (0.6, 1.7)
    flat_share: float = 0.03
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop_px < 8 or self.crop_px % 2 or self.batch < 1 or self.seed < 0:
            raise ContractError(f"crops are even-sized, 8 px at least, one a batch at least; found {self}")
        for name in ("shot", "read_electrons", "lens_blur_px", "balance", "exposure", "frames", "curve", "saturation"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise ContractError(f"the range of {name} is 0 < low ≤ high; found {low} and {high}")
        shares = (self.camera_share, *self.clean_share, self.merged_share, self.torn_share, self.flat_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ContractError(f"shares are 0…1; found {shares}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MosaicBatch:
    """Noisy mosaics, red at the top left, with their truth; linear, white-balanced, black 0.

    Args:
        values: the samples; noise takes them below 0.
        clean: linear RGB without noise, 0…1.
        shot: of one frame, for red, green, blue, after white balance: variance = shot · signal + read.
        read: of one frame, at no signal.
        share: part of that variance that is left in each 2×2 quad.
        colour: matrix from this RGB to what is shown: errors count as they will be seen. The identity where the picture
            is one for displays already.
        number: of the batch.
    """

    values: Float32[np.ndarray, "n h w"]
    clean: Float32[np.ndarray, "n h w 3"]
    shot: Float32[np.ndarray, "n 3"]
    read: Float32[np.ndarray, "n 3"]
    share: Float32[np.ndarray, "n h/2 w/2"]
    colour: Float32[np.ndarray, "n 3 3"]
    number: int
