"""What frames without light tell: black level, read noise, hot photosites, fixed pattern, rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.measure.noise.plane_stack import PlaneStack

# A photosite is a defect this many deviations away from its neighbours, counted in the spread of all photosites ...
_DEFECT_SIGMAS = 8.0
# ... and where the difference is at least this share of the range: less does no harm to a picture.
_LEAST_DEFECT = 0.001
_CHANCE_SIGMAS = 4.0
# MAD to standard deviation of a normal distribution.
_MAD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True)
class DarkSignal:
    """Dark frames of one gain and exposure; variances normalised (white minus black is 1).

    Args:
        black_dn: level of each plane, in the order in which the stacks were given.
        read: variance in time of a photosite, rounding and row noise included; 0 when there is one frame only.
        read_se: its standard error.
        dsnu: variance between the photosites' own offsets, hot ones left out.
        hot_share: share of photosites that are defects.
        defects_yx: plane, row and column in the plane of each defect.
        exposure_s: exposure time; None when unknown.
        frames: how many.
    """

    black_dn: tuple[float, ...]
    read: float
    read_se: float
    dsnu: float
    hot_share: float
    defects_yx: tuple[tuple[int, int, int], ...]
    exposure_s: float | None = None
    frames: int = 1

    @property
    def mean_black_dn(self) -> float:
        """Mean of the planes' levels."""
        return sum(self.black_dn) / len(self.black_dn)


def dark_signal(stacks: Sequence[PlaneStack], *, exposure_s: float | None = None) -> DarkSignal:
    """Measures dark frames; from two on their noise in time, from one their level and defects.

    Black levels are means of what is recorded, defects left out. With black at 0 the file has lost the dark half of the
    noise, and the read noise found is too small.

    Raises:
        ContractError: no frames.

    Source: EMVA standard 1288, release 4.0, sections 6.5 (dark signal) and 8.2 (spatial nonuniformity).
    """
    if not stacks:
        raise ContractError("dark signal needs frames; found none")
    blacks, reads, dsnus, defects = [], [], [], []
    photosites, frames = 0, stacks[0].frames
    for index, stack in enumerate(stacks):
        mean, temporal = _mean_and_variance(stack)
        around = cv2.medianBlur(mean, 5)
        off = mean - around
        spread = _MAD * float(np.median(np.abs(off - np.median(off))))
        # Averages of whole numbers may agree exactly; they are known no better than to their rounding.
        spread = max(spread, 1 / np.sqrt(12 * frames))
        bad = np.abs(off) > max(_DEFECT_SIGMAS * spread, _LEAST_DEFECT * stack.range_dn)
        defects += [(index, int(y), int(x)) for y, x in zip(*np.nonzero(bad), strict=True)]
        good = ~bad
        photosites += mean.size
        blacks.append(float(mean[good].mean(dtype=np.float64)))
        read = float(temporal[good].mean(dtype=np.float64)) if frames > 1 else 0.0
        slow = cv2.GaussianBlur(np.where(bad, around, mean), (0, 0), 8)
        spatial = float(np.square((mean - slow)[good], dtype=np.float64).mean())
        reads.append(read / stack.range_dn**2)
        # What lies within the chance of so many photosites is none.
        noise = read / frames * (1 + _CHANCE_SIGMAS * float(np.sqrt(2 / mean.size)))
        found = spatial - read / frames if frames > 1 and spatial > noise else 0.0
        dsnus.append(found / stack.range_dn**2)
    read = float(np.mean(reads))
    return DarkSignal(
        black_dn=tuple(blacks),
        read=read,
        read_se=read * float(np.sqrt(2 / (photosites * max(frames - 1, 1)))),
        dsnu=float(np.mean(dsnus)),
        hot_share=len(defects) / photosites,
        defects_yx=tuple(defects),
        exposure_s=exposure_s,
        frames=frames,
    )


def dark_current_per_s(darks: Sequence[DarkSignal], *, range_dn: float) -> float | None:
    """Slope of the black level against exposure, normalised; None where the exposures do not differ twofold."""
    known = [(d.exposure_s, d.mean_black_dn) for d in darks if d.exposure_s is not None]
    if len(known) < 2 or max(e for e, _ in known) < 2 * min(e for e, _ in known):
        return None
    slope = np.polyfit([e for e, _ in known], [level for _, level in known], 1)[0]
    return max(float(slope), 0.0) / range_dn


def _mean_and_variance(stack: PlaneStack) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Of each photosite over the frames, in DN; each frame's own wandering offset left out of the variance."""
    values = np.stack([frame.astype(np.float32) for frame in stack.values])
    # Means of the middle nine tenths: medians of whole numbers jump, and hot photosites drag plain means.
    low, high = np.percentile(values, (5, 95), axis=(1, 2), keepdims=True)
    offsets = np.clip(values, low, high).mean(axis=(1, 2), dtype=np.float64)
    mean = values.mean(axis=0)
    if stack.frames < 2:
        return mean, np.zeros_like(mean)
    level = values - (offsets - offsets.mean()).astype(np.float32)[:, None, None]
    return mean, level.var(axis=0, ddof=1)
