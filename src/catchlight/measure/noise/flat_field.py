"""What an evenly lit frame tells: shading, sensitivity from photosite to photosite, dead photosites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError, InputError
from catchlight.measure.noise.plane_stack import PlaneStack

# Cells along the longer and the shorter side: as many as the Raspberry Pi's tables have, and fine enough for any lens.
_LONG, _SHORT = 16, 12
_LEAST_LEVEL, _MOST_LEVEL = 0.05, 0.95
# Detail above this deviation, slow shading apart, is a picture of something.
_MOST_DETAIL = 0.05
# σ of what counts as slow, in photosites of a plane.
_SLOW_PX = 6
# A photosite is a defect this far from its neighbours, in deviations of all photosites and as a share of the light.
_DEFECT_SIGMAS, _LEAST_DEFECT = 8.0, 0.1
_CHANCE_SIGMAS = 4.0
_MAD = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatField:
    """An evenly lit field.

    Args:
        gains: factor for red, green and blue that flattens it, at the centres of equal cells; 1 where it is brightest.
        prnu: standard deviation of the photosites' sensitivities, relative; None from a single frame.
        level: mean signal, normalised.
        falloff: brightness of the darkest corner cell of green against the brightest cell.
        defects_yx: plane, row and column in the plane of each photosite that answers wrongly.
    """

    gains: Float64[np.ndarray, "rows columns 3"]
    prnu: float | None
    level: float
    falloff: float
    defects_yx: tuple[tuple[int, int, int], ...]


def flat_field(stacks: Sequence[PlaneStack]) -> FlatField:
    """Measures flat frames of one level.

    Each cell takes the median of its small blocks, so that dust and defects do not count.

    Raises:
        ContractError: no frames.
        InputError: clipped, too dark, too small, or a picture of something with detail.

    Source: EMVA standard 1288, release 4.0, section 8.2 (PRNU).
    """
    if not stacks:
        raise ContractError("a flat field needs frames; found none")
    h, w = stacks[0].shape
    rows, columns = (_SHORT, _LONG) if w >= h else (_LONG, _SHORT)
    if min(h // rows, w // columns) < 4 or min(h, w) < 8 * _SLOW_PX:
        raise InputError(f"a flat field needs planes of at least {4 * _LONG}×{4 * _SHORT} photosites; found {w}×{h}")
    frames = stacks[0].frames
    cells: dict[int, list[Float64[np.ndarray, "rows columns"]]] = {0: [], 1: [], 2: []}
    defects, prnus, levels = [], [], []
    for index, stack in enumerate(stacks):
        scale = np.float32(1 / stack.range_dn)
        values = np.stack([(v.astype(np.float32) - np.float32(stack.black_dn)) * scale for v in stack.values])
        mean = values.mean(axis=0)
        level = float(np.median(mean))
        if not _LEAST_LEVEL <= level <= _MOST_LEVEL:
            raise InputError(
                f"a flat field lies between {_LEAST_LEVEL:.0%} and {_MOST_LEVEL:.0%} of white; found {level:.1%}; "
                "change the exposure"
            )
        levels.append(level)
        around = cv2.medianBlur(mean, 5)
        relative = mean / np.maximum(around, 1e-6) - 1
        spread = _MAD * float(np.median(np.abs(relative)))
        bad = np.abs(relative) > max(_DEFECT_SIGMAS * spread, _LEAST_DEFECT)
        defects += [(index, int(y), int(x)) for y, x in zip(*np.nonzero(bad), strict=True)]
        slow = cv2.GaussianBlur(np.where(bad, around, mean), (0, 0), _SLOW_PX)
        # Twice (Tukey's twicing): a single blur lies below the crown of the shading.
        slow = 2 * slow - cv2.GaussianBlur(slow, (0, 0), _SLOW_PX)
        # Beside the border the blur mirrors the slope of the shading.
        counts = ~bad
        edge = 3 * _SLOW_PX
        counts[:edge] = counts[-edge:] = counts[:, :edge] = counts[:, -edge:] = False
        detail = float(np.square((mean / np.maximum(slow, 1e-6) - 1)[counts], dtype=np.float64).mean())
        if frames > 1:
            factor = values.mean(axis=(1, 2), keepdims=True) / mean.mean()
            relative_noise = values / (factor * np.maximum(slow, 1e-6))
            temporal = float(relative_noise.var(axis=0, ddof=1)[counts].mean(dtype=np.float64)) / frames
            # What lies within the chance of so many photosites is none.
            chance = _CHANCE_SIGMAS * temporal * float(np.sqrt(2 / mean.size))
            detail = detail - temporal if detail > temporal + chance else 0.0
            prnus.append(detail)
        if detail > _MOST_DETAIL**2:
            raise InputError(
                f"expected an evenly lit field, found detail of {np.sqrt(detail):.0%}; defocus, and photograph "
                "something plain"
            )
        cells[stack.colour].append(_cells(mean, rows, columns))
    known = {colour: np.mean(found, axis=0) for colour, found in cells.items() if found}
    green = known[1] if 1 in known else next(iter(known.values()))
    gains = np.stack([known[c].max() / known[c] if c in known else green.max() / green for c in range(3)], axis=-1)
    corners = [green[0, 0], green[0, -1], green[-1, 0], green[-1, -1]]
    return FlatField(
        gains=gains,
        prnu=float(np.sqrt(np.mean(prnus))) if prnus else None,
        level=float(np.mean(levels)),
        falloff=float(min(corners) / green.max()),
        defects_yx=tuple(defects),
    )


def _cells(plane: Float32[np.ndarray, "h w"], rows: int, columns: int) -> Float64[np.ndarray, "rows columns"]:
    """Level of equal cells: the median over 4×4 small blocks of their means."""
    small = cv2.resize(plane, (columns * 4, rows * 4), interpolation=cv2.INTER_AREA)
    result: Float64[np.ndarray, "rows columns"] = np.median(
        small.reshape(rows, 4, columns, 4).transpose(0, 2, 1, 3).reshape(rows, columns, 16), axis=2
    ).astype(np.float64)
    return result
