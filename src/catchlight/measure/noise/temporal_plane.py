"""Variance in time of one colour plane, photosite by photosite, freed of everything that is not noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.measure.noise.plane_stack import PlaneStack

Plane = Float32[np.ndarray, "h w"]

# What is fitted to every block of every residual and removed: offset, two slopes, two shifts.
REMOVED = 5
# Frames darker than this get no factor: an offset that wanders is none.
_LEAST_LIGHT = 0.002
# Shifts of less than three deviations are none.
_SHIFT_CHANCE = 9.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TemporalPlane:
    """One plane of a still scene, cut to whole blocks; signals and variances normalised.

    Args:
        mean: over the frames.
        signal: what each variance belongs to: variance = shot · signal + read.
        around: mean of the eight neighbours of each photosite, its own left out.
        variance: between the frames, unbiased.
        brightness: factor of each frame against the mean of all.
        freedom: degrees of freedom of one variance, frames − 1.
        unclipped: photosites that no frame has at white or at nothing.
        shift_px: largest shift of a frame against the mean, in photosites of the plane; 0 within the chance of noise.
        alike: sum over each block of the products of residuals of neighbours in a row ...
        square: ... and of the residuals' squares.
    """

    mean: Plane
    signal: Plane
    around: Plane
    variance: Plane
    brightness: Float64[np.ndarray, "n"]
    freedom: int
    unclipped: Bool[np.ndarray, "h w"]
    shift_px: float
    alike: Float64[np.ndarray, "rows columns"]
    square: Float64[np.ndarray, "rows columns"]


def temporal_plane(stack: PlaneStack, *, block: int, rows: Float64[np.ndarray, "n h"] | None = None) -> TemporalPlane:
    """Mean and variance of one plane; `rows` are offsets of each frame's rows to take away."""
    n, (h, w) = stack.frames, (side // block * block for side in stack.shape)
    scale = np.float32(1 / stack.range_dn)
    values = np.empty((n, h, w), np.float32)
    unclipped = np.ones((h, w), bool)
    for k, frame in enumerate(stack.values):
        part = frame[:h, :w]
        unclipped &= part < stack.white_dn
        if stack.black_dn > 0:
            unclipped &= part > 0
        values[k] = (part.astype(np.float32) - np.float32(stack.black_dn)) * scale
    if rows is not None:
        values -= rows[:, :h, None].astype(np.float32)
    brightness = _brightness(values, unclipped)
    mean = values.mean(axis=0)
    for k in range(n):
        values[k] -= np.float32(brightness[k]) * mean
    around = cv2.boxFilter(mean, -1, (3, 3), normalize=False, borderType=cv2.BORDER_REFLECT_101)
    around = (around - mean) * np.float32(1 / 8)
    # What is clipped, a stuck photosite say, says nothing of its block, nor does the step beside it.
    values *= unclipped
    smooth = np.where(unclipped, mean, around)
    variance, signal, shift_px = _without_trend(values, mean, smooth, unclipped, block=block)
    alike, square = np.zeros((h, w), np.float32), np.zeros((h, w), np.float32)
    for frame in values:
        alike[:, 1:] += frame[:, 1:] * frame[:, :-1]
        square += np.square(frame)
    if rows is not None:
        # One mean of a row's photosites is taken away with every row: less of its own noise, some of the others'.
        signal = signal * np.float32(1 - 1 / w) + (signal.mean(axis=1, keepdims=True) - signal) * np.float32(1 / w)
        signal *= np.float32(w / (w - 1))
        variance *= np.float32(w / (w - 1))
    return TemporalPlane(
        mean=mean,
        signal=signal,
        around=around,
        variance=variance,
        brightness=brightness,
        freedom=n - 1,
        unclipped=unclipped,
        shift_px=shift_px,
        alike=_block_sum(alike, block),
        square=_block_sum(square, block),
    )


def _block_sum(plane: Plane, block: int) -> Float64[np.ndarray, "rows columns"]:
    h, w = plane.shape
    total: Float64[np.ndarray, "rows columns"] = plane.reshape(h // block, block, w // block, block).sum(
        axis=(1, 3), dtype=np.float64
    )
    return total


def _brightness(values: Float32[np.ndarray, "n h w"], unclipped: Bool[np.ndarray, "h w"]) -> Float64[np.ndarray, "n"]:
    """Each frame's factor against the mean of all; 1 where there is too little light to tell."""
    n = values.shape[0]
    if not unclipped.any():
        return np.ones(n)
    sums = np.array([float(frame.mean(dtype=np.float64, where=unclipped)) for frame in values])
    total = float(sums.mean())
    if total <= _LEAST_LIGHT:
        return np.ones(n)
    return sums / total


def _without_trend(
    values: Float32[np.ndarray, "n h w"], mean: Plane, smooth: Plane, unclipped: Bool[np.ndarray, "h w"], *, block: int
) -> tuple[Plane, Plane, float]:
    """Variance in time after every block's residuals lose what local brightness and small shifts explain.

    Writes the residuals back into `values`, which the caller made. Also the signal that belongs to each variance, and
    the largest common shift in px of the plane.
    """
    n, h, w = values.shape
    across = w // block
    area = block * block
    along_x, along_y = np.gradient(smooth, axis=1), np.gradient(smooth, axis=0)
    ramp = (np.arange(block, dtype=np.float32) - np.float32((block - 1) / 2)) / np.float32(block)
    flat = [np.ones((block, block), np.float32), np.tile(ramp, (block, 1)), np.tile(ramp[:, None], (1, block))]
    variance, signals = np.empty((h, w), np.float32), np.empty((h, w), np.float32)
    grams, moments = [], []
    for top in range(0, h, block):
        rows = slice(top, top + block)

        def cut(band: Float32[np.ndarray, "block w"]) -> Float32[np.ndarray, "across area"]:
            return band.reshape(block, across, block).transpose(1, 0, 2).reshape(across, area)

        basis = np.empty((across, area, REMOVED), np.float32)
        for i, part in enumerate(flat):
            basis[..., i] = part.reshape(area)
        for i, slope in enumerate((along_x, along_y)):
            piece = cut(slope[rows])
            size = np.sqrt(np.square(piece).mean(axis=1, keepdims=True))
            basis[..., 3 + i] = piece / np.maximum(size, 1e-12)

        def uncut(blocks: Float32[np.ndarray, "across area"]) -> Float32[np.ndarray, "block w"]:
            return blocks.reshape(across, block, block).transpose(1, 0, 2).reshape(block, w)

        data = np.stack([cut(values[k, rows]) for k in range(n)], axis=2)
        basis = _orthonormal(basis * cut(unclipped[rows].astype(np.float32))[..., None])
        turned = basis.transpose(0, 2, 1)
        found = turned @ data
        # What a common shift explains, gathered over the whole plane.
        slopes = np.stack([cut(along_x[rows]), cut(along_y[rows])], axis=2)
        level = slopes.mean(axis=1, keepdims=True)
        slopes = (slopes - level).astype(np.float64)
        grams.append(slopes.transpose(0, 2, 1) @ slopes)
        moments.append(data.transpose(0, 2, 1).astype(np.float64) @ slopes)
        data -= basis @ found
        back = data.reshape(across, block, block, n).transpose(3, 1, 0, 2).reshape(n, block, w)
        values[:, rows] = back
        # The fit mixes a little of a block's bright noise into its dark photosites. What variance = shot · x + read
        # becomes of it is linear again: signal and constant, each seen through the same projection.
        light = cut(mean[rows])[..., None]
        leverage = np.square(basis).sum(axis=2)
        mixed = ((basis @ (turned @ (basis * light))) * basis).sum(axis=2)
        left = 1 - leverage
        signal = (light[..., 0] * (1 - 2 * leverage) + mixed) / left
        signals[rows] = uncut(signal)
        variance[rows] = np.square(back).sum(axis=0) / (uncut(left) * np.float32(n - 1))
    shift_px = _common_shift(np.concatenate(grams), np.concatenate(moments), float(variance.mean(dtype=np.float64)))
    return variance, signals, shift_px


def _common_shift(grams: Float64[np.ndarray, "b 2 2"], moments: Float64[np.ndarray, "b n 2"], variance: float) -> float:
    """Largest shift of a frame that most of the texture agrees on; 0 where it is within the chance of the noise.

    The median over the blocks, each counting by its texture: a thing that moves through the scene is no shift of it.
    """
    weight = np.trace(grams, axis1=1, axis2=2)
    total = float(weight.sum())
    if not total > 0:
        return 0.0
    ridge = np.eye(2) * (1e-3 * weight[:, None, None] + 1e-12 * total)
    shifts = moments @ np.linalg.inv(grams + ridge)
    order = np.argsort(shifts, axis=0)
    share = np.cumsum(weight[order], axis=0) / total
    middle = (share < 0.5).sum(axis=0, keepdims=True).clip(max=len(weight) - 1)
    common = np.take_along_axis(np.take_along_axis(shifts, order, axis=0), middle, axis=0)[0]
    square = float(np.square(common).sum(axis=1).max())
    # A median of normal errors scatters by π/2 times the variance of their mean.
    chance = np.pi / 2 * variance * float(np.trace(np.linalg.pinv(grams.sum(axis=0), rcond=1e-6)))
    return float(np.sqrt(square - chance)) if square > _SHIFT_CHANCE * chance else 0.0


def _orthonormal(basis: Float32[np.ndarray, "b area k"]) -> Float32[np.ndarray, "b area k"]:
    """The same functions of each block made orthonormal; those that are none (no slope at all) become 0."""
    square = (basis.transpose(0, 2, 1) @ basis).astype(np.float64)
    square += np.eye(square.shape[1]) * (1e-6 * basis.shape[1])
    inverse = np.linalg.inv(np.linalg.cholesky(square))
    return basis @ inverse.transpose(0, 2, 1).astype(np.float32)
