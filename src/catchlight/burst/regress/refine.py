"""Kernel regression of what the frames of a burst saw beyond an estimate, straight from their mosaics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.regress.frame_trust import DETAIL_PART, frame_trust
from catchlight.burst.regress.gather import gather_rows, reach_of
from catchlight.burst.regress.held_frame import HeldFrame
from catchlight.burst.regress.residual import UNKNOWN, local_range, residual_rows
from catchlight.core import ContractError, NoiseModel

Picture = Float32[np.ndarray, "height width 3"]
Plane = Float32[np.ndarray, "_ _"]
# Removes noise from a plane, given its variance for each 2×2.
Shrink = Callable[[Plane, Plane], Plane]

# Rows of the result that are made at once (fewer of wide pictures: their planes take memory, seams between bands time),
# and those beside them that noise removal looks at.
_BAND_PX, _LEAST_BAND, _BAND, _HALO = 2_000_000, 128, 512, 16
# Rows of a frame beside those that are used, which its trust looks at.
_TRUST_ROOM = 30
# Mean over all places of Σk²/Σk for the biweight kernel in two dimensions, (∫(1-t²)⁴ / ∫(1-t²)²)²: what decides how
# much noise many samples leave. One sample alone has 1.
_MANY = 0.58


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One pass of `refine`.

    Args:
        support: reach of the kernel in photosites; detail finer than this comes out.
        shared: the colours have the detail in common, as fine detail nearly has: all samples count for all colours.
        prior: weight of the estimate itself against the samples around a pixel (one at its very place has weight 1).
        detail: part of the local range by which a frame may differ without being taken for moved.
    """

    support: float
    shared: bool = False
    prior: float = 0.15
    detail: float = DETAIL_PART

    def __post_init__(self) -> None:
        if not (0.5 < self.support <= 16 and self.prior > 0 and self.detail >= 0):
            raise ContractError(
                f"a step's support lies between 0.5 and 16 px, prior is > 0, detail ≥ 0; "
                f"found {self.support}, {self.prior} and {self.detail}"
            )

    @property
    def reach(self) -> int:
        """Photosites beside the nearest one that the kernel may count."""
        return reach_of(self.support)


def refine(
    estimate: Picture,
    frames: Sequence[HeldFrame],
    step: Step,
    *,
    scale: float,
    share: float,
    shrink: Shrink | None,
    guide: Picture | None = None,
) -> None:
    """Adds to an estimate, in place, what the frames know beyond it.

    Each frame's samples are predicted from the estimate; what is left over (aliasing: detail finer than the estimate,
    which shake has moved to other places of the lattice; and noise) is spread over the pixels around, cleaned of noise
    and added. Where a frame differs by more than that it is left out, so the estimate stays where no frame can be
    trusted. An estimate of zeros becomes the kernel regression of the samples themselves.

    Args:
        estimate: linear light, white-balanced, `scale` pixels for each photosite of the reference; changed.
        frames: the reference first, which is trusted everywhere, then the others.
        step: the kernel.
        scale: see `estimate`.
        share: variance of the estimate's (or guide's) noise as a part of a sample's.
        shrink: noise removal; None for none.
        guide: what the frames are compared with where the estimate itself is not fit for that; of its size.

    Source: kernel regression from the mosaics, Wronski et al. 2019, "Handheld multi-frame super-resolution", section 5;
    that it works on what an estimate leaves over, and so may be repeated, is iterative back-projection (Irani & Peleg
    1991, "Improving resolution by image registration").
    """
    height, width, _ = estimate.shape
    # The samples around a pixel reach this far in the estimate, and four pixels further is looked at for each.
    reach = int(np.ceil((step.reach + 1 + _TRUST_ROOM) * scale)) + 4
    above = np.empty((0, width, 3), np.float32)
    band = min(max(_BAND_PX // width, _LEAST_BAND), _BAND)
    for top in range(0, height, band):
        bottom = min(top + band, height)
        a, b = max(top - _HALO, 0), min(bottom + _HALO, height)
        first, last = max(a - reach, 0), min(b + reach, height)
        # The rows above have changed already; as they were, they are in `above`.
        old = np.concatenate([above[above.shape[0] - (top - first) :], estimate[top:last]])
        seen = _Rows(_through_photosites(old, scale), first=first, scale=scale)
        compared = seen if guide is None else _Rows(guide[first:last], first=first, scale=scale)
        sums = np.zeros((1 if step.shared else 3, b - a, width), np.float32)
        weights = np.zeros_like(sums)
        for index, frame in enumerate(frames):
            rows = _rows_of(frame, (a, b), width, scale=scale, room=step.reach + 1)
            if rows is not None:
                detail = step.detail if index else None
                residual, weight = _judged(frame, rows, seen, compared, share=share, detail=detail, reach=step.reach)
                gather_rows(
                    frame, residual, weight, first_row=rows[0], scale=scale, support=step.support,
                    shared=step.shared, top=a, sums=sums, weights=weights,
                )  # fmt: skip
        news = _news(sums, weights, old[a - first : b - first], frames[0].noise, step.prior, shrink)
        kept = max(0, bottom - first - reach - _HALO)
        above = old[kept : bottom - first].copy()
        for c in range(3):
            estimate[top:bottom, :, c] += news[0 if step.shared else c, top - a : bottom - a]


def _through_photosites(estimate: Picture, scale: float) -> Picture:
    """The estimate as photosites see it: averaged over the area of one, a square `scale` pixels wide.

    A picture with more pixels than photosites stands for a sensor with as many, smaller photosites; each of its pixels
    is the mean over its own square.
    """
    if scale == 1:
        return estimate
    beside = (scale - 1) / 2 / scale
    across = np.array([beside, 1 - 2 * beside, beside], np.float32)
    return cv2.sepFilter2D(estimate, -1, across, across, borderType=cv2.BORDER_REPLICATE)


class _Rows:
    """Some rows of an estimate and their local contrast."""

    def __init__(self, picture: Picture, *, first: int, scale: float) -> None:
        self.picture, self.first, self.scale = picture, first, scale
        self.contrast = local_range(picture)

    def residual(self, frame: HeldFrame, rows: tuple[int, int]) -> tuple[Plane, Plane, Plane]:
        return residual_rows(frame, self.picture, self.contrast, first_row=self.first, scale=self.scale, rows=rows)


def _judged(
    frame: HeldFrame,
    rows: tuple[int, int],
    seen: _Rows,
    compared: _Rows,
    *,
    share: float,
    detail: float | None,
    reach: int,
) -> tuple[Plane, Plane]:
    """Residual and weight of some rows of a frame; with `detail` None it is trusted everywhere.

    Nothing within `reach` of a sample that says nothing has a weight, so that no kernel ever counts one.
    """
    residual, variance, spread = seen.residual(frame, rows)
    unknown = residual >= UNKNOWN
    if detail is None:
        weight = np.ones_like(residual)
    else:
        difference = residual
        if compared is not seen:
            difference, variance, spread = compared.residual(frame, rows)
        weight = frame_trust(difference, variance, spread, share=share, detail=detail)
    if unknown.any():
        residual[unknown] = 0
        weight[cv2.dilate(unknown.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0] = 0
    return residual, weight


def _news(
    sums: Float32[np.ndarray, "k rows width"],
    weights: Float32[np.ndarray, "k rows width"],
    old: Float32[np.ndarray, "rows width 3"],
    noise: NoiseModel,
    prior: float,
    shrink: Shrink | None,
) -> Float32[np.ndarray, "k rows width"]:
    """Weighted means, cleaned; overwrites `sums`."""
    colours, rows, width = sums.shape
    for k in range(colours):
        count, whole = weights[k], weights[k] + np.float32(prior)
        plane = sums[k]
        plane /= whole
        if shrink is not None:
            channel = 1 if colours == 1 else k
            variance = noise.variance_map(np.ascontiguousarray(old[..., channel]), channel=channel)
            few = 1 / np.maximum(count, np.float32(1))
            variance *= count * (np.float32(_MANY) + np.float32(1 - _MANY) * few)
            variance /= np.square(whole)
            small = cv2.resize(variance, (width // 2, rows // 2), interpolation=cv2.INTER_AREA)
            plane = shrink(plane, small + np.float32(1e-12))
        sums[k] = plane
    return sums


def _rows_of(frame: HeldFrame, band: tuple[int, int], width: int, *, scale: float, room: int) -> tuple[int, int] | None:
    """Rows of the frame, an even number, in which a band of the result lies, and those that its trust looks at."""
    alignment = frame.alignment
    x, y = np.meshgrid(np.linspace(0, width / scale, 65), np.linspace(band[0] / scale, band[1] / scale, 9))
    cell, (rows, columns) = alignment.cell_px, alignment.shifts.shape[:2]
    at = np.clip((y // cell).astype(int), 0, rows - 1), np.clip((x // cell).astype(int), 0, columns - 1)
    v = alignment.affine[1, 0] * x + alignment.affine[1, 1] * y + alignment.affine[1, 2] + alignment.shifts[*at, 1]
    room += _TRUST_ROOM
    top = max(int(np.floor(v.min())) - room, 0) // 2 * 2
    bottom = min(int(np.ceil(v.max())) + room, frame.shape[0]) // 2 * 2
    return (top, bottom) if bottom - top >= 16 else None
