"""Noise in time of a still scene: flats, darks, or any picture taken twice from a tripod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from catchlight.core.errors import ContractError, InputError
from catchlight.measure.noise.held_still import MOST_SHIFT_PX, held_still, moved_error
from catchlight.measure.noise.photon_transfer import TransferTable
from catchlight.measure.noise.plane_stack import PlaneStack
from catchlight.measure.noise.rounding import WIDE_DN2, rounding_ripple
from catchlight.measure.noise.row_noise import row_means, row_noise, without_drift
from catchlight.measure.noise.static_blocks import StaticBlocks
from catchlight.measure.noise.temporal_plane import TemporalPlane, temporal_plane

Plane = Float32[np.ndarray, "h w"]

_BLOCK = 16
_SMALL_BLOCK = 8
# A photosite that changed by one step in one of n frames has a variance of 1/n; below is what float32 leaves of zero.
_NO_NOISE_DN2 = 1e-4
# Bins of the transfer table, evenly spaced in the root of the signal, where noise is about even.
_BINS = 256
# Row noise is subtracted where it shows at this many standard errors.
_ROW_SIGMAS = 4.0
# Against single photosites that flicker or are struck by a particle; so far out no noise has a share that counts.
_OUTLIER_SIGMAS = 9.0
# Window in which the fraction of a flat field's level is found: to a hundredth of a step in noise of half a step.
_LEVEL_PX = 9
# The error of each round is a third of that before where noise is 0.4 steps wide; enough samples for their mean.
_RIPPLE_ROUNDS, _RIPPLE_SAMPLES = 10, 20_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StaticNoise:
    """What the frames of one still scene tell about noise.

    Args:
        tables: variance against mean of each colour plane, with its colour 0…2.
        row: variance of the offset that a row's photosites share, normalised; not contained in the tables.
        row_se: its standard error.
        brightness: factor of each frame against the mean of all.
        used: share of the blocks that held still and are not clipped.
        moved: share of the blocks that are not clipped and did not hold still.
        shift_px: largest shift of a frame against the mean, in photosites of the mosaic, as far as texture tells.
        correlation: of the residuals of neighbours in a row (same colour) where it held still; 0 for photosites.
        level: mean signal of all frames, normalised.
    """

    tables: tuple[tuple[int, TransferTable], ...]
    row: float
    row_se: float
    brightness: tuple[float, ...]
    used: float
    moved: float
    shift_px: float
    correlation: float
    level: float


def static_noise(stacks: Sequence[PlaneStack], *, tile_px: int = 2) -> StaticNoise:
    """Temporal noise against signal, from the differences between frames.

    Whatever the frames share cancels: texture, shading, fixed pattern. Brightness that differs from frame to frame is
    corrected, as a factor of each frame and as a slope within each block; so are shifts of a fraction of a photosite,
    to first order. Blocks that moved further are left out. Photosites are sorted by the mean of their neighbours, not
    by their own samples: sorting by what is to be measured would bias it (regression to the mean, and censored noise
    beside the clipping points).

    Args:
        stacks: the colour planes of two or more frames of one scene, taken at one gain and exposure.
        tile_px: distance of two photosites of a plane in the mosaic, for `shift_px`.

    Raises:
        ContractError: fewer than two frames, or frames too small.
        InputError: the frames do not hold still, are copies, or are clipped everywhere at black or white.

    Source: Janesick 2007, "Photon Transfer", chapter 5 (differences of two flats); EMVA standard 1288, release 4.0,
    section 6.6 (temporal variance from two images).
    """
    if not stacks or stacks[0].frames < 2:
        raise ContractError("noise in time needs two frames of a scene at least")
    if min(stacks[0].shape) < _SMALL_BLOCK:
        raise ContractError(f"the planes are at least {_SMALL_BLOCK} px on each side; found {stacks[0].shape}")
    block = _BLOCK if min(stacks[0].shape) >= 2 * _BLOCK else _SMALL_BLOCK
    planes = [temporal_plane(stack, block=block) for stack in stacks]
    freedom = planes[0].freedom
    if tile_px * max(p.shift_px for p in planes) > MOST_SHIFT_PX:
        raise moved_error(planes, tile_px)
    blocks, kept, moved = held_still(stacks, planes, block=block, tile_px=tile_px)
    if not any(
        (p.variance[k] * s.range_dn**2 > _NO_NOISE_DN2).any() for s, p, k in zip(stacks, planes, kept, strict=True)
    ):
        raise InputError("there is no noise between the frames; expected frames as the camera wrote them, not copies")
    means = [row_means(s, p, k) for s, p, k in zip(stacks, planes, kept, strict=True)]
    row, row_se = row_noise(means, planes, kept)
    if row > _ROW_SIGMAS * row_se:
        planes = [temporal_plane(s, block=block, rows=without_drift(m)) for s, m in zip(stacks, means, strict=True)]
        blocks, kept, moved = held_still(stacks, planes, block=block, tile_px=tile_px)
    tables = []
    for stack, plane, inside in zip(stacks, planes, kept, strict=True):
        expected = blocks.shot * np.maximum(np.maximum(plane.around, plane.mean), 0) + blocks.read
        plane = replace(plane, variance=plane.variance - _ripple(stack, plane, blocks, inside))
        sane = inside & (plane.variance <= _OUTLIER_SIGMAS**2 * expected)
        # A hot photosite stands out so far that its own mean may sort it: beside the noise of darker ones it would
        # drown what they tell.
        hot = plane.mean - plane.around > _OUTLIER_SIGMAS * np.sqrt(np.maximum(expected, 0) / (freedom + 1))
        tables.append((stack.colour, _table(plane, np.where(hot, plane.mean, plane.around), sane, freedom)))
    return StaticNoise(
        tables=tuple(tables),
        row=max(row, 0.0),
        row_se=row_se,
        brightness=tuple(float(b) for b in np.mean([p.brightness for p in planes], axis=0)),
        used=float(blocks.kept.mean()),
        moved=moved,
        shift_px=tile_px * max(p.shift_px for p in planes),
        correlation=_correlation(planes, blocks.kept),
        level=float(np.mean([p.mean.mean() for p in planes])),
    )


def _correlation(planes: Sequence[TemporalPlane], kept: Bool[np.ndarray, "rows columns"]) -> float:
    alike, square = (sum(float(getattr(p, name)[kept].sum()) for p in planes) for name in ("alike", "square"))
    return alike / square if square > 0 else 0.0


def _ripple(stack: PlaneStack, plane: TemporalPlane, blocks: StaticBlocks, inside: Bool[np.ndarray, "h w"]) -> Plane:
    """What rounding adds to each variance beyond its mean of 1/12 of a squared step; 0 where the noise is wide."""
    to_dn2 = np.float32(stack.range_dn**2)
    own = (np.float32(blocks.shot) * np.maximum(plane.signal, 0) + np.float32(blocks.read)) * to_dn2
    own = np.maximum(own - np.float32(1 / 12), np.float32(1e-3))
    result = np.zeros_like(plane.mean)
    narrow = (own < WIDE_DN2) & inside
    if not narrow.any():
        return result
    level = cv2.blur(plane.mean, (_LEVEL_PX, _LEVEL_PX), borderType=cv2.BORDER_REFLECT_101)
    level_dn = level[narrow] * np.float32(stack.range_dn) + np.float32(stack.black_dn)
    own = own[narrow]
    # The blocks' noise contains the ripple: brought to what, rounded, has the variance that was found.
    few = slice(None, None, max(1, own.size // _RIPPLE_SAMPLES))
    found = float(plane.variance[narrow].mean(dtype=np.float64)) * float(to_dn2) - 1 / 12
    mean, scale = float(own.mean(dtype=np.float64)), 1.0
    for _ in range(_RIPPLE_ROUNDS):
        ripple = float(rounding_ripple(level_dn[few], own[few] * np.float32(scale)).mean(dtype=np.float64))
        scale = max((found - ripple) / mean, 0.05)
    result[narrow] = rounding_ripple(level_dn, own * np.float32(scale)) / to_dn2
    return result


def _table(plane: TemporalPlane, key: Plane, inside: Bool[np.ndarray, "h w"], freedom: int) -> TransferTable:
    index = np.minimum(np.sqrt(np.maximum(key[inside], 0)) * np.float32(_BINS), _BINS - 1).astype(np.intp)
    variance = plane.variance[inside].astype(np.float64)
    count = np.bincount(index, minlength=_BINS).astype(np.float64)
    mean, own, squared = (
        np.bincount(index, weights=weights, minlength=_BINS) / np.maximum(count, 1)
        for weights in (plane.signal[inside].astype(np.float64), variance, np.square(variance))
    )
    spread = np.maximum(squared - own**2, 2 * own**2 / freedom * (count < 16))
    return TransferTable(count=count, mean=mean, variance=own, spread=spread, freedom=freedom)
