"""Which photosites of a scene held still between black and white."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core.errors import InputError
from catchlight.measure.noise.plane_stack import PlaneStack
from catchlight.measure.noise.static_blocks import StaticBlocks, static_blocks
from catchlight.measure.noise.temporal_plane import REMOVED, TemporalPlane

Plane = Float32[np.ndarray, "h w"]

# A photosite takes part where the signal around it is this many deviations away from clipping at either end: what is
# cut off beyond four is less than 1e-4 of a Gaussian's variance.
_CLIP_SIGMAS = 4.0
# Where more than this share of the blocks moved, what is left moved a little too: leaves, water.
_MOST_MOVED = 0.75
_FIRST_RANGE = (0.02, 0.9)
# Where the camera moved by more than this, places with texture are left out as far as the shift would add this share
# of the noise ...
_STILL_PX, _TEXTURE_SHARE = 0.05, 0.02
# ... and beyond this shift of the mosaic no place can be told to be without.
MOST_SHIFT_PX = 1.0


def held_still(
    stacks: Sequence[PlaneStack], planes: Sequence[TemporalPlane], *, block: int, tile_px: int
) -> tuple[StaticBlocks, list[Bool[np.ndarray, "h w"]], float]:
    """The blocks that held still, for each plane the photosites that take part, and the share of blocks that moved."""
    freedom = planes[0].freedom * (block * block - REMOVED)
    # Where black is a number above 0 the file keeps the negative half of the noise; how much of it is seen below.
    low = [
        -np.inf if stack.black_dn > 0 else min(_FIRST_RANGE[0], float(np.median(plane.mean)) / 4)
        for stack, plane in zip(stacks, planes, strict=True)
    ]
    high = [_FIRST_RANGE[1] * (stack.white_dn - stack.black_dn) / stack.range_dn for stack in stacks]
    found: StaticBlocks | None = None
    inside: list[Bool[np.ndarray, "h w"]] = []
    moved = 0.0
    for _ in range(3):
        inside = [_inside(p, lo, hi) for p, lo, hi in zip(planes, low, high, strict=True)]
        share = np.stack([_block_share(i, block) for i in inside]).min(axis=0)
        calm = np.ones(share.shape, bool) if found is None else _calm(planes, found, block=block)
        # A narrow range may hold no whole block: then a tenth of a block must do.
        whole = share > (0.5 if (share > 0.5).sum() >= 4 else 0.1)
        if whole.sum() < 4:
            raise InputError(
                "there is nothing between black and white: everything is clipped at one of them, or so near that its "
                "noise is"
            )
        sound = whole & calm
        if sound.sum() < 4:
            raise moved_error(planes, tile_px)
        signals = [p.signal for p in planes]
        mean, square, variance = (
            np.stack([_block_mean(v, i, block) for v, i in zip(maps, inside, strict=True)])
            for maps in (signals, [np.square(s) for s in signals], [p.variance for p in planes])
        )
        found = static_blocks(mean, square, variance, sound, freedom=float(freedom))
        moved = float(1 - (found.kept & whole).sum() / whole.sum())
        low = [_lowest(-stack.black_dn / stack.range_dn, found.shot, found.read) for stack in stacks]
        high = [
            _highest((stack.white_dn - stack.black_dn) / stack.range_dn, found.shot, found.read) for stack in stacks
        ]
    assert found is not None
    if moved > _MOST_MOVED:
        raise InputError(
            f"the scene does not hold still: {moved:.0%} of it moved between the frames; take something that does"
        )
    still = np.kron(found.kept, np.ones((block, block), bool))
    return found, [i & still for i in inside], moved


def moved_error(planes: Sequence[TemporalPlane], tile_px: int) -> InputError:
    """What to tell of a camera that moved."""
    shift = tile_px * max(p.shift_px for p in planes)
    return InputError(
        f"the frames do not hold still: they are shifted against each other by {shift:.1f} px or more; take them from "
        "a tripod, or of something without detail"
    )


def _calm(planes: Sequence[TemporalPlane], found: StaticBlocks, *, block: int) -> Bool[np.ndarray, "rows columns"]:
    """Blocks in which the shift between the frames is too small, or the texture too faint, to add to the noise."""
    calm = np.ones((planes[0].mean.shape[0] // block, planes[0].mean.shape[1] // block), bool)
    shift = max(p.shift_px for p in planes)
    if shift < _STILL_PX:
        return calm
    for plane in planes:
        everywhere = np.ones(plane.mean.shape, bool)
        slope2 = np.square(np.gradient(plane.mean, axis=1)) + np.square(np.gradient(plane.mean, axis=0))
        noise = np.maximum(found.shot * np.maximum(_block_mean(plane.mean, everywhere, block), 0) + found.read, 1e-30)
        of_mean = noise / (plane.freedom + 1)
        # Central differences of white noise: each direction has half its variance. Its sum over a block scatters by
        # about two parts in its side.
        texture = _block_mean(slope2, everywhere, block) - of_mean * (1 + 2 * 2 / block)
        calm &= min(shift, 3.0) ** 2 * texture < _TEXTURE_SHARE * noise
    return calm


def _inside(plane: TemporalPlane, low: float, high: float) -> Bool[np.ndarray, "h w"]:
    own_high = (high + 1) / 2  # a bright point beside darker ones
    return plane.unclipped & (plane.around > low) & (plane.around < high) & (plane.mean < own_high)


def _highest(top: float, shot: float, read: float) -> float:
    """The signal that lies so many deviations below `top`: x + k·√(shot·x + read) = top."""
    k2 = _CLIP_SIGMAS**2
    half = top + k2 * shot / 2
    return half - float(np.sqrt(max(half * half - top * top + k2 * read, 0.0)))


def _lowest(bottom: float, shot: float, read: float) -> float:
    """The signal that lies so many deviations above `bottom` (≤ 0); unlimited where even no light does."""
    k2 = _CLIP_SIGMAS**2
    # Nothing at all lies above a bottom of 0, also where no read noise was found: not "<= 0".
    if bottom + _CLIP_SIGMAS * np.sqrt(read) < 0:
        return -np.inf
    half = bottom + k2 * shot / 2
    return half + float(np.sqrt(max(half * half - bottom * bottom + k2 * read, 0.0)))


def _block_share(inside: Bool[np.ndarray, "h w"], block: int) -> Float64[np.ndarray, "rows columns"]:
    """Share of every block's photosites that take part."""
    h, w = inside.shape
    return inside.reshape(h // block, block, w // block, block).mean(axis=(1, 3))


def _block_mean(plane: Plane, inside: Bool[np.ndarray, "h w"], block: int) -> Float64[np.ndarray, "rows columns"]:
    """Mean over every block's photosites that take part."""
    h, w = plane.shape
    weight = inside.reshape(h // block, block, w // block, block)
    total = (plane.reshape(weight.shape) * weight).sum(axis=(1, 3), dtype=np.float64)
    return total / np.maximum(weight.sum(axis=(1, 3)), 1)
