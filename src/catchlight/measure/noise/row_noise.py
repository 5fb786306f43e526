"""Noise that all photosites of a row share."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Bool, Float64

from catchlight.measure.noise.plane_stack import PlaneStack
from catchlight.measure.noise.temporal_plane import TemporalPlane


def row_means(stack: PlaneStack, plane: TemporalPlane, inside: Bool[np.ndarray, "h w"]) -> Float64[np.ndarray, "n h"]:
    """Mean residual of each row in each frame over the photosites that take part; NaN where they are few."""
    h, w = plane.mean.shape
    count = inside.sum(axis=1)
    few = count < max(8, w // 8)
    means = np.empty((stack.frames, h))
    for k, frame in enumerate(stack.values):
        residual = (frame[:h, :w].astype(np.float32) - np.float32(stack.black_dn)) * np.float32(1 / stack.range_dn)
        residual -= np.float32(plane.brightness[k]) * plane.mean
        means[k] = (residual * inside).sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    means[:, few] = np.nan
    return means


def row_noise(
    means: Sequence[Float64[np.ndarray, "n h"]],
    planes: Sequence[TemporalPlane],
    kept: Sequence[Bool[np.ndarray, "h w"]],
) -> tuple[float, float]:
    """Variance that whole rows share, from second differences of the row means, and its standard error."""
    found, errors = [], []
    for offsets, plane, inside in zip(means, planes, kept, strict=True):
        n = offsets.shape[0]
        second = np.diff(offsets, n=2, axis=1)
        usable = np.isfinite(second[0])
        if usable.sum() < 8:
            continue
        total = float(np.square(second[:, usable]).mean()) / 6 * n / (n - 1)
        count = inside.sum(axis=1)
        rows = np.isfinite(offsets[0])
        of_row = (plane.variance * inside).sum(axis=1, dtype=np.float64)[rows] / count[rows]
        found.append(total - float((of_row / count[rows]).mean()))
        # Neighbouring second differences overlap: 35/18 times the variance of as many independent samples.
        errors.append(total * float(np.sqrt(2 * 35 / 18 / (float(usable.sum()) * (n - 1)))))
    if not found:
        return 0.0, float("inf")
    return float(np.mean(found)), float(np.mean(errors))


def without_drift(means: Float64[np.ndarray, "n h"]) -> Float64[np.ndarray, "n h"]:
    """Row offsets less their slow part, which the blocks' own trend takes away; 0 where a row's is not known."""
    known = np.nan_to_num(means)
    smooth = cv2.blur(known, (33, 1), borderType=cv2.BORDER_REFLECT_101).reshape(known.shape)
    result: Float64[np.ndarray, "n h"] = np.where(np.isfinite(means), known - smooth, 0.0)
    return result
