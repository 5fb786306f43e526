"""One tone fit for every program: what colour and brightness a picture has is taste, what is in it is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64
from scipy.optimize import nnls

from catchlight.core import InputError, srgb_encode

# Means over so many pixels have next to no noise left, so the fit cannot trade contrast for noise, and a picture that
# is a fraction of a pixel off is fitted as well as one that is not.
_BLOCK_PX = 8
# Straight pieces of each channel's curve, even steps of the encoded value: enough for any smooth tone curve, too few
# and too monotone to draw a picture.
_PIECES = 8
# Blocks whose residual is over so many times the median one do not count in the next round: ghosts must not bend the
# fit. 3 medians are 2 standard deviations of a normal residual; after so many rounds the choice hardly changes.
_OUTLIER, _ROUNDS = 3.0, 4
# Slope of the sRGB curve at this value weighs the darkest blocks of the matrix fit; lower ones weigh the same.
_DARK = 0.003

Picture = Float32[np.ndarray, "h w 3"]
Blocks = Float64[np.ndarray, "n 3"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToneFit:
    """A colour matrix with an offset in linear light, then a monotone curve for each encoded channel: 39 numbers.

    Args:
        matrix: 3×4, applied to (red, green, blue, 1).
        curves: 3×9, values of each channel's curve at 0, 1/8, …, 1 of the encoded value; none falls.
    """

    matrix: Float64[np.ndarray, "3 4"]
    curves: Float64[np.ndarray, "3 9"]

    def applied(self, picture: Picture) -> Picture:
        """The linear picture as encoded sRGB, 0…1, in the truth's tone."""
        linear = picture @ self.matrix[:, :3].T.astype(np.float32) + self.matrix[:, 3].astype(np.float32)
        encoded = srgb_encode(np.clip(linear, 0, 1).astype(np.float32))
        knots = np.linspace(0, 1, _PIECES + 1)
        for channel, curve in enumerate(self.curves):
            encoded[..., channel] = np.interp(encoded[..., channel], knots, curve)
        fitted: Picture = np.clip(encoded, 0, 1)
        return fitted


def fit_tone(picture: Picture, truth: Picture, *, seen: Bool[np.ndarray, "h w"]) -> ToneFit:
    """The tone that brings means over 8×8 px of a picture closest to those of the truth.

    First the matrix by least squares in linear light, each block weighted by the slope of the sRGB curve at the truth,
    so that its error counts as seen; then each channel's curve by non-negative least squares on its steps. Both are
    made again four times, each time without the blocks that fitted badly.

    Args:
        picture: linear, any scale and colour.
        truth: linear sRGB, 0…1, in the picture's geometry.
        seen: where the truth is known.

    Raises:
        InputError: fewer than 64 whole blocks, or a picture that has no tone at all.
    """
    found, wanted = _blocks(picture, seen), np.clip(_blocks(np.clip(truth, 0, 1), seen), 0, 1)
    if len(found) < 64:
        raise InputError(f"expected at least 64 blocks of {_BLOCK_PX} px to fit a tone; found {len(found)}")
    if not np.isfinite(found).all() or np.ptp(found) <= 0:
        raise InputError("expected a picture with finite, different values; found none")
    aim = srgb_encode(wanted.astype(np.float32)).astype(np.float64)
    fit = _fit(found, wanted, aim)
    for _ in range(_ROUNDS):
        residual = np.abs(fit.applied(found.astype(np.float32)[None])[0] - aim).max(axis=1)
        good = residual <= max(_OUTLIER * float(np.median(residual)), 1e-6)
        fit = _fit(found[good], wanted[good], aim[good])
    return fit


def _fit(found: Blocks, wanted: Blocks, aim: Blocks) -> ToneFit:
    level = np.maximum(wanted.mean(axis=1, keepdims=True), _DARK)
    weight = level ** (1 / 2.4 - 1)
    affine = np.column_stack([found, np.ones(len(found))])
    solved, *_ = np.linalg.lstsq(affine * weight, wanted * weight, rcond=None)
    matrix = np.ascontiguousarray(solved.T)
    encoded = srgb_encode(np.clip(affine @ solved, 0, 1).astype(np.float32)).astype(np.float64)
    curves = np.stack([_curve(encoded[:, c], aim[:, c]) for c in range(3)])
    return ToneFit(matrix=matrix, curves=curves)


def _curve(x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "9"]:
    """Values at the knots of the monotone straight pieces that fit best."""
    place = np.clip(x, 0, 1) * _PIECES
    # Column k says how much of piece k lies below x; the last column is the value at 0.
    steps = np.clip(place[:, None] - np.arange(_PIECES), 0, 1)
    # Where there is no picture the identity decides, with the weight of one block.
    system = np.vstack([np.column_stack([steps, np.ones(len(x))]), np.eye(_PIECES, _PIECES + 1)])
    target = np.concatenate([y, np.full(_PIECES, 1 / _PIECES)])
    solved, _ = nnls(system.T @ system, system.T @ target)
    return solved[-1] + np.concatenate([[0.0], np.cumsum(solved[:-1])])


def _blocks(picture: Picture, seen: Bool[np.ndarray, "h w"]) -> Blocks:
    h, w = (side // _BLOCK_PX * _BLOCK_PX for side in seen.shape)
    tiles = (h // _BLOCK_PX, _BLOCK_PX, w // _BLOCK_PX, _BLOCK_PX)
    means = picture[:h, :w].astype(np.float64).reshape(*tiles, 3).mean(axis=(1, 3))
    whole = seen[:h, :w].reshape(tiles).all(axis=(1, 3))
    blocks: Blocks = means[whole]
    return blocks
