"""A mosaic on its way through development: linear, white-balanced, with the noise that is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.cfa import CfaPattern
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearMosaic:
    """Samples of a mosaic in linear light: black is 0, and a neutral surface has the same value in all three colours.

    Args:
        values: samples after black level and white balance; noise may take them below 0.
        cfa: colour filters, from the top-left sample on.
        gains: white-balance gains applied to red, green, blue (the smallest is 1).
        exposure: factor that brought the frame to its burst's exposure: a full photosite has value gains[c] · exposure.
        noise: variance = shot · value + read of one single frame, in the units of `values`.
        share: part of that variance that is left in each 2×2 quad (1 for a single frame, 1/8 for the mean of eight);
            None where it is 1 everywhere.
    """

    values: Float32[np.ndarray, "h w"]
    cfa: CfaPattern
    gains: tuple[float, float, float]
    noise: NoiseModel
    exposure: float = 1.0
    share: Float32[np.ndarray, "h/2 w/2"] | None = None

    def __post_init__(self) -> None:
        h, w = self.values.shape
        if h % 2 or w % 2:
            raise ContractError(f"a mosaic has an even height and width; found {h}×{w}")
        if self.share is not None and self.share.shape != (h // 2, w // 2):
            raise ContractError(f"a share map of a {h}×{w} mosaic is {h // 2}×{w // 2}; found {self.share.shape}")
        if not all(g >= 1 for g in self.gains):
            raise ContractError(f"white-balance gains are ≥ 1; found {self.gains}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in samples."""
        h, w = self.values.shape
        return h, w

    def typical_level(self) -> float:
        """Mean sample over whole tiles, 0 at least; a coarse grid of them is enough."""
        v, side = self.values, self.cfa.side
        # A tile of 2 in 16 samples; of larger ones the next whole number.
        step = -(-16 // side) * side
        rows, columns = (range(min(side, length)) for length in v.shape)
        sites = [v[dy::step, dx::step].mean() for dy in rows for dx in columns]
        return max(float(np.mean(sites)), 0.0)

    def typical_variance(self) -> float:
        """Noise variance of one frame at the typical level, mean over the sites of a tile."""
        level, colours = self.typical_level(), [c for row in self.cfa.tile for c in row]
        return sum(self.noise.variance(level, channel=c) for c in colours) / len(colours)
