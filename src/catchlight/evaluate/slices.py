"""Where in a picture an error lies: patches of the truth by texture, colour and brightness."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core import ContractError

# Small enough to lie on one thing, large enough that its mean square error is no chance: 1024 pixels.
PATCH_PX = 32
# A photo with fewer patches in a slice says nothing about it.
_LEAST_PATCHES = 4
# Where 8 bits hide every error: no figure is better than this.
MOST_DB = 100.0
_NAMES = {
    "texture": ("smooth", "some texture", "textured"),
    "colour": ("grey", "some colour", "colourful"),
    "brightness": ("dark", "middle", "bright"),
}

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatchFeatures:
    """What the patches of a clean picture are like, row by row, all of the encoded values 0…1.

    Args:
        texture: standard deviation of luma, (R + 2 G + B) / 4, within the patch.
        colour: mean of the largest channel minus the smallest.
        brightness: mean luma.
    """

    texture: Float64[np.ndarray, "n"]
    colour: Float64[np.ndarray, "n"]
    brightness: Float64[np.ndarray, "n"]


def patch_features(truth: Picture, *, border_px: int) -> PatchFeatures:
    """Features of every whole patch of `PATCH_PX` inside the border.

    Raises:
        ContractError: the border leaves no patch.
    """
    tiles = _tiles(truth.astype(np.float64), border_px)
    luma = tiles @ np.array([0.25, 0.5, 0.25])
    return PatchFeatures(
        texture=luma.std(axis=1),
        colour=(tiles.max(axis=2) - tiles.min(axis=2)).mean(axis=1),
        brightness=luma.mean(axis=1),
    )


def patch_errors(
    picture: Picture, truth: Float32[np.ndarray, "th tw 3"], *, border_px: int
) -> Float64[np.ndarray, "n"]:
    """Mean square error of every patch, in the order of `patch_features`.

    Raises:
        ContractError: pictures of different shape, or a border that leaves no patch.
    """
    if picture.shape != truth.shape:
        raise ContractError(f"errors are of two pictures of one shape; found {picture.shape} and {truth.shape}")
    difference = picture.astype(np.float64) - truth
    found: Float64[np.ndarray, "n"] = _tiles(difference * difference, border_px).mean(axis=(1, 2))
    return found


def tercile_masks(features: Mapping[str, PatchFeatures]) -> dict[str, dict[str, Bool[np.ndarray, "n"]]]:
    """For each slice the patches of every photo that belong to it; limits are terciles of all patches together.

    Args:
        features: by photo.

    Returns:
        By the name of the slice (`smooth`, `dark`, …), then by photo.
    """
    masks: dict[str, dict[str, Bool[np.ndarray, "n"]]] = {}
    for feature, names in _NAMES.items():
        values = {photo: getattr(found, feature) for photo, found in features.items()}
        low, high = np.quantile(np.concatenate(list(values.values())), [1 / 3, 2 / 3])
        masks[names[0]] = {photo: v <= low for photo, v in values.items()}
        masks[names[1]] = {photo: (v > low) & (v <= high) for photo, v in values.items()}
        masks[names[2]] = {photo: v > high for photo, v in values.items()}
    return masks


def sliced_psnr(errors: Float64[np.ndarray, "n"], mask: Bool[np.ndarray, "n"]) -> float | None:
    """PSNR in dB, peak 1, over the chosen patches together; None where a photo has too few of them."""
    if int(mask.sum()) < _LEAST_PATCHES:
        return None
    return decibels(float(errors[mask].mean()))


def decibels(mean_square: float) -> float:
    """PSNR of a mean square error, peak 1, at most `MOST_DB`.

    >>> decibels(0.01), decibels(0.0)
    (20.0, 100.0)
    """
    return MOST_DB if mean_square <= 10 ** (-MOST_DB / 10) else -10 * math.log10(mean_square)


def _tiles(values: Float64[np.ndarray, "h w 3"], border_px: int) -> Float64[np.ndarray, "n p 3"]:
    inner = values[border_px : values.shape[0] - border_px, border_px : values.shape[1] - border_px]
    rows, columns = inner.shape[0] // PATCH_PX, inner.shape[1] // PATCH_PX
    if rows < 1 or columns < 1:
        raise ContractError(f"a {values.shape[0]}×{values.shape[1]} picture has no patch inside {border_px} px")
    cut = inner[: rows * PATCH_PX, : columns * PATCH_PX]
    split = cut.reshape(rows, PATCH_PX, columns, PATCH_PX, 3).swapaxes(1, 2)
    return split.reshape(rows * columns, PATCH_PX * PATCH_PX, 3)
