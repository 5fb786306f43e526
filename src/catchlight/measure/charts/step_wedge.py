"""Finds a row of grey steps in a photo by itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.colour import srgb_encode
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.measure.charts.flat_regions import FlatRegion, flat_regions
from catchlight.measure.charts.patch_reading import PatchReading, read_patch
from catchlight.measure.charts.searched_picture import searched_picture
from catchlight.measure.colour.luminance import luminance

# Fewer even regions in a row that get darker step by step occur in photos of railings, windows and stairs.
_LEAST_STEPS = 8
# Steps of a wedge are equal in density; glare and a tone curve bend them by less than this factor.
_UNEQUAL = 3.0
# Colour ratios farther than this from those of the row's middle are not grey: 0.12 is a saturation of a tenth.
_COLOURED = 0.12
_SEARCHED_PX = 1400


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedStepWedge:
    """Where the steps lie, brightest first.

    Args:
        corners_xy: four corners of every step in px.
        readings: of the middle of each step.
    """

    corners_xy: tuple[tuple[tuple[float, float], ...], ...]
    readings: tuple[PatchReading, ...]


def find_step_wedge(frame: Frame) -> LocatedStepWedge | None:
    """The longest row of equal, even, grey regions that fall evenly in brightness; None where there is none.

    Args:
        frame: the photo. Eight steps at least must be seen; steps as dark as the frame between them are lost.

    Raises:
        ContractError: an empty picture.
    """
    h, w = frame.shape
    if min(h, w) < 16:
        raise ContractError(f"a step wedge is looked for in 16×16 px or more; found {h}×{w}")
    small = searched_picture(frame.to_linear(), longest_px=_SEARCHED_PX)
    regions = flat_regions(srgb_encode(small.relative), longest=6.0, least_fill=0.45)
    if len(regions) < _LEAST_STEPS:
        return None
    row = _longest_row(regions, small.linear)
    if row is None:
        return None
    steps = [np.array(r.corners) * small.back for r in row]
    readings = [read_patch(frame, corners, inner=0.6) for corners in steps]
    kept = [(s, r) for s, r in zip(steps, readings, strict=True) if r is not None]
    if len(kept) < _LEAST_STEPS:
        return None
    return LocatedStepWedge(
        corners_xy=tuple(tuple((float(x), float(y)) for x, y in s) for s, _ in kept),
        readings=tuple(r for _, r in kept),
    )


def _longest_row(regions: list[FlatRegion], linear: Float32[np.ndarray, "h w 3"]) -> list[FlatRegion] | None:
    xy = np.array([[r.x, r.y] for r in regions])
    side = np.array([r.side_px for r in regions])
    h, w, _ = linear.shape
    columns, rows = (np.clip(xy[:, i].astype(int), 0, n - 1) for i, n in ((0, w), (1, h)))
    colour = np.maximum(cv2.blur(linear, (3, 3))[rows, columns].astype(np.float64), 1e-6)
    log = np.log(luminance(colour))
    best: list[int] = []
    for seed in range(len(regions)):
        alike = (side < 1.3 * side[seed]) & (side > side[seed] / 1.3)
        distance = np.linalg.norm(xy - xy[seed], axis=1)
        near = np.flatnonzero(alike & (distance > 0.35 * side[seed]) & (distance < 2.2 * side[seed]))
        for other in near:
            # Every row is met from its brightest step.
            if log[other] < log[seed]:
                chain = _follow(seed, int(other), xy, side, log)
                if len(chain) > len(best) and _is_wedge(log[chain], colour[chain]):
                    best = chain
    return [regions[i] for i in best] if len(best) >= _LEAST_STEPS else None


def _follow(
    seed: int, other: int, xy: Float64[np.ndarray, "n 2"], side: Float64[np.ndarray, "n"], log: Float64[np.ndarray, "n"]
) -> list[int]:
    """The row that begins with two regions: equal steps, sizes alike, each darker than the one before."""
    chain = [seed, other]
    while True:
        last, before = chain[-1], chain[-2]
        step = xy[last] - xy[before]
        distance = np.linalg.norm(xy - (xy[last] + step), axis=1)
        index = int(distance.argmin())
        alike = 1 / 1.3 < side[index] / side[last] < 1.3
        if distance[index] > 0.2 * np.linalg.norm(step) or not alike or index in chain or log[index] >= log[last]:
            return chain
        chain.append(index)


def _is_wedge(log: Float64[np.ndarray, "n"], colour: Float64[np.ndarray, "n 3"]) -> bool:
    if len(log) < _LEAST_STEPS:
        return False
    falls = -np.diff(log)
    typical = float(np.median(falls))
    # A tenth of a stop is less than any wedge's step; a gradient in a photo falls more slowly.
    if typical < 0.07 or falls.min() < typical / _UNEQUAL or falls.max() > typical * _UNEQUAL:
        return False
    # The brighter half tells the colour: in the dark one noise does.
    ratio = np.log(colour[: len(colour) // 2 + 1, [0, 2]] / colour[: len(colour) // 2 + 1, 1:2])
    return bool(np.abs(ratio - np.median(ratio, axis=0)).max() < _COLOURED)
