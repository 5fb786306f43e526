"""What of a sensor's noise is the same in every frame: its serial number, so to say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.camera.sensor.pattern_noise import PatternNoise
from catchlight.core.errors import ContractError

# Rows that share one random stream: fixed, so that a band of rows has the same pattern as the whole frame.
FIXED_ROWS = 64
_SENSITIVITY, _OFFSET, _COLUMN, _HOT, _HOT_TIMES = range(5)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedPattern:
    """The fixed pattern of some rows of one camera, normalised, at gain 1.

    Args:
        sensitivity: factor on the light, mean 1.
        offset: added to the signal, mean 0.
        dark: dark current as a multiple of the mean one.
    """

    sensitivity: Float32[np.ndarray, "h w"]
    offset: Float32[np.ndarray, "h w"]
    dark: Float32[np.ndarray, "h w"]


def fixed_pattern(pattern: PatternNoise, *, top: int, bottom: int, width: int) -> FixedPattern:
    """The pattern of rows top…bottom of a frame of `width` columns.

    The same `serial` and `width` always give the same pattern; a frame of another width is another camera.

    Args:
        pattern: amplitudes and serial number.
        top: first row, a multiple of 64.
        bottom: row behind the last one.
        width: columns of the frame.

    Raises:
        ContractError: a top that is no multiple of 64, or no rows.
    """
    if top % FIXED_ROWS or not 0 <= top < bottom:
        raise ContractError(f"rows of a fixed pattern begin at a multiple of {FIXED_ROWS}; found {top}…{bottom}")
    shape = (bottom - top, width)
    sensitivity, offset, dark = np.ones(shape, np.float32), np.zeros(shape, np.float32), np.ones(shape, np.float32)
    for first in range(top, bottom, FIXED_ROWS):
        last = min(first + FIXED_ROWS, bottom)
        rows, size, block = slice(first - top, last - top), (last - first, width), first // FIXED_ROWS
        if pattern.prnu > 0:
            random = _stream(pattern, _SENSITIVITY, block).standard_normal(size, np.float32)
            sensitivity[rows] += np.float32(pattern.prnu) * random
        if pattern.dsnu > 0:
            offset[rows] = np.float32(pattern.dsnu) * _stream(pattern, _OFFSET, block).standard_normal(size, np.float32)
        if pattern.hot_share > 0:
            hot = _stream(pattern, _HOT, block).random(size, np.float32) < pattern.hot_share
            times = _stream(pattern, _HOT_TIMES, block).standard_exponential(size, np.float32)
            times *= np.float32(pattern.hot_times)
            dark[rows] = np.where(hot, times, dark[rows])
    if pattern.column_fixed > 0:
        columns = _stream(pattern, _COLUMN, 0).standard_normal(width, np.float32)
        offset += np.float32(pattern.column_fixed) * columns
    # A sensitivity is never negative: at the largest prnu allowed, 4 in 10,000 would be.
    return FixedPattern(sensitivity=np.maximum(sensitivity, 0), offset=offset, dark=dark)


def _stream(pattern: PatternNoise, kind: int, block: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(pattern.serial, spawn_key=(kind, block)))
