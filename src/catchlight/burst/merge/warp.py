"""Another frame as it would look in the reference's geometry."""

from __future__ import annotations

from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from jaxtyping import Float32
from numba import njit

from catchlight.burst.alignment import Alignment
from catchlight.burst.merge.warp_tile import OUTSIDE, PATCH, TILE, lanczos_weights, shift_at, warp_rows
from catchlight.camera.cfa_interpolation import noise_floor
from catchlight.core import ContractError, LinearMosaic
from catchlight.core.bands import for_bands

# Rows that are resampled at once.
_TILE = 64
_PHASES, _TAPS = 128, 6


def warp_mosaic(
    frame: LinearMosaic,
    alignment: Alignment,
    *,
    noise_variance: float = 0.0,
    out: Float32[np.ndarray, "h w 3"] | None = None,
) -> Float32[np.ndarray, "h w 3"]:
    """All three colours of `frame` at every place of the reference; `OUTSIDE` in all of them where unseen.

    The frame is interpolated to three colours first (so the shift need not be a multiple of the pattern), tile by tile,
    then resampled with a six-tap Lanczos kernel (see `warp_tile`).

    Args:
        frame: the other frame.
        alignment: `frame_from_reference`.
        noise_variance: typical variance of the frame's noise, for the colour interpolation.
        out: written into and returned, when given.
    """
    if alignment.cell_px % (2 * PATCH):
        raise ContractError(f"tiles of an alignment are multiples of {2 * PATCH} px; found {alignment.cell_px}")
    if out is None:
        out = np.empty((*frame.shape, 3), np.float32)
    result = out
    w = frame.shape[1]
    floor, kernel = noise_floor(noise_variance), lanczos_weights()
    motion = np.ascontiguousarray(alignment.affine), np.ascontiguousarray(alignment.shifts), alignment.cell_px

    def warp(top: int, bottom: int) -> None:
        # A slice of something larger, as the merge has it: `warp_rows` need not be compiled twice.
        planes = np.empty((3, bottom - top + 2, w), np.float32)[:, : bottom - top]
        phase = np.empty(((bottom - top) // 2, w // 2), np.uint16)
        warp_rows(frame.values, *motion, *frame.cfa.red_yx, floor, kernel, top, bottom, 0, w, planes, phase)
        cv2.merge(list(planes), dst=result[top:bottom])

    for_bands(warp, frame.shape[0], step=TILE, at_most=TILE)
    return result


def lanczos_table() -> Float32[np.ndarray, "phases 6"]:
    """Weights of the samples at -2…3 around a place, for shifts 0, 1/128, … 1; each row sums to 1."""
    shift = np.arange(_PHASES + 1)[:, None] / _PHASES
    x = np.arange(-2, 4)[None, :] - shift
    table = np.sinc(x) * np.sinc(x / 3) * (np.abs(x) < 3)
    normalised: Float32[np.ndarray, "phases 6"] = (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalised


def warp_rgb(frame: Float32[np.ndarray, "h w 3"], alignment: Alignment) -> Float32[np.ndarray, "h w 3"]:
    """An RGB frame in the reference's geometry, six-tap Lanczos; `OUTSIDE` in all channels where unseen."""
    out = np.empty_like(frame)
    work = partial(_warp_rgb_rows, frame, out, alignment.affine, alignment.shifts, alignment.cell_px, lanczos_table())
    for_bands(work, frame.shape[0], at_most=_TILE)
    return out


@njit(cache=True, nogil=True, fastmath={"contract", "nsz", "arcp", "reassoc"})
@no_type_check
def _warp_rgb_rows(frame, out, affine, shifts, cell, table, top, bottom):
    height, width = frame.shape[0], frame.shape[1]
    for y in range(top, bottom):
        for x in range(width):
            dx, dy = shift_at(shifts, cell, x + 0.5, y + 0.5)
            u = np.float32(affine[0, 0] * (x + 0.5) + affine[0, 1] * (y + 0.5) + affine[0, 2] - 0.5) + dx
            v = np.float32(affine[1, 0] * (x + 0.5) + affine[1, 1] * (y + 0.5) + affine[1, 2] - 0.5) + dy
            iu, iv = int(np.floor(u)), int(np.floor(v))
            if iu < -1 or iv < -1 or iu > width - 1 or iv > height - 1:
                for c in range(3):
                    out[y, x, c] = OUTSIDE
                continue
            wx = table[int((u - iu) * np.float32(_PHASES) + np.float32(0.5))]
            wy = table[int((v - iv) * np.float32(_PHASES) + np.float32(0.5))]
            red, green, blue = np.float32(0.0), np.float32(0.0), np.float32(0.0)
            for j in range(_TAPS):
                r = min(max(iv - 2 + j, 0), height - 1)
                for i in range(_TAPS):
                    k = min(max(iu - 2 + i, 0), width - 1)
                    w = wy[j] * wx[i]
                    red += w * frame[r, k, 0]
                    green += w * frame[r, k, 1]
                    blue += w * frame[r, k, 2]
            out[y, x, 0] = red
            out[y, x, 1] = green
            out[y, x, 2] = blue
