"""A sensor's binned mode: Quad-Bayer and nona mosaics become Bayer mosaics."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np
from jaxtyping import Float32

from catchlight.core.cfa import BayerName, CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel

_SIDE = {"QUAD": 2, "NONA": 3}


def bin_quad(
    mosaic: Float32[np.ndarray, "h w"], cfa: CfaPattern, *, how: Literal["mean", "sum"] = "mean"
) -> tuple[Float32[np.ndarray, "rows columns"], CfaPattern]:
    """The Bayer mosaic of a sensor's binned mode: every block of one colour becomes one photosite.

    Args:
        mosaic: a QUAD_ or NONA_ mosaic whose sides are multiples of its tile's.
        cfa: its pattern; the mosaic begins with a whole block.
        how: the mean of the block (white stays where it is), or the sum (white is as many times as high).

    Raises:
        ContractError: another pattern, or sides that cut a tile.
    """
    side, bayer = _binning(cfa)
    h, w = mosaic.shape
    if h % (2 * side) or w % (2 * side) or not h or not w:
        raise ContractError(f"a {cfa.name} mosaic has sides that are multiples of {2 * side}; found {h}×{w}")
    total = mosaic.reshape(h // side, side, w // side, side).sum(axis=(1, 3), dtype=np.float32)
    return (total / np.float32(side * side) if how == "mean" else total), bayer


def binned_noise(noise: NoiseModel, cfa: CfaPattern, *, how: Literal["mean", "sum"] = "mean") -> NoiseModel:
    """The noise of a binned photosite, on the scale of `bin_quad`'s result.

    The mean of n photosites has 1/n of both variances. Their sum has n times the variance at n times the signal: shot
    stays, read grows n times.
    """
    count = _binning(cfa)[0] ** 2
    mean = noise.averaged(float(count))
    return mean if how == "mean" else mean.scaled(float(count))


def _binning(cfa: CfaPattern) -> tuple[int, CfaPattern]:
    if cfa.name[:4] not in _SIDE:
        raise ContractError(f"binning needs a QUAD_ or NONA_ pattern; found {cfa.name}")
    if cfa.origin != (0, 0):
        raise ContractError(f"binning needs a mosaic that begins with a whole block of one colour; found {cfa.origin}")
    return _SIDE[cfa.name[:4]], CfaPattern(name=cast(BayerName, cfa.name[-4:]))
