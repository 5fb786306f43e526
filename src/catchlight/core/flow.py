"""Where each pixel of one frame is found in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flow:
    """Displacement target_from_source: the source pixel at (x, y) is seen in the target at (x + dx, y + dy).

    Args:
        vectors: (dx, dy) in pixels for every source pixel.
        confidence: 0 (none) to 1 for every source pixel.
    """

    vectors: Float32[np.ndarray, "h w 2"]
    confidence: Float32[np.ndarray, "h w"]

    def __post_init__(self) -> None:
        if self.vectors.ndim != 3 or self.vectors.shape[2] != 2 or self.vectors.shape[:2] != self.confidence.shape:
            raise ContractError(
                f"flow is h×w×2 with confidence h×w; found {self.vectors.shape} and {self.confidence.shape}"
            )
        if not np.isfinite(self.vectors).all():
            raise ContractError("flow vectors are finite; say 'unknown' with confidence 0")
        if not ((self.confidence >= 0) & (self.confidence <= 1)).all():
            raise ContractError("flow confidence lies in 0…1")

    @property
    def length_px(self) -> Float32[np.ndarray, "h w"]:
        """Length of every vector in pixels."""
        return np.hypot(self.vectors[..., 0], self.vectors[..., 1])
