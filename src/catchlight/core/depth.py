"""Two kinds of depth that must never be mixed: one in metres, one without unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricDepth:
    """Distance along the optical axis in metres.

    Args:
        metres: distance of every pixel, > 0 where valid; infinity is allowed.
        valid: where `metres` may be believed.
    """

    metres: Float32[np.ndarray, "h w"]
    valid: Bool[np.ndarray, "h w"]

    def __post_init__(self) -> None:
        if self.metres.ndim != 2 or self.metres.shape != self.valid.shape:
            raise ContractError(f"depth and validity share one h×w; found {self.metres.shape}, {self.valid.shape}")
        if not (self.metres[self.valid] > 0).all():
            raise ContractError("valid metric depth is > 0 m; found zero, negative or NaN where `valid` is set")

    @property
    def dioptres(self) -> Float32[np.ndarray, "h w"]:
        """1/m of every pixel; 0 where not valid."""
        safe = np.where(self.valid, self.metres, np.float32(np.inf))
        return np.divide(np.float32(1), safe, dtype=np.float32)

    @classmethod
    def from_dioptres(cls, dioptres: Float32[np.ndarray, "h w"], valid: Bool[np.ndarray, "h w"]) -> MetricDepth:
        """Depth whose inverse is `dioptres` (≥ 0; 0 is infinity)."""
        with np.errstate(divide="ignore"):
            return cls(metres=np.divide(np.float32(1), dioptres, dtype=np.float32), valid=valid)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RelativeDepth:
    """Depth up to an unknown scale and shift; larger is nearer. It has no unit and converts to nothing.

    Args:
        inverse: finite values, larger is nearer.
    """

    inverse: Float32[np.ndarray, "h w"]

    def __post_init__(self) -> None:
        if self.inverse.ndim != 2 or not np.isfinite(self.inverse).all():
            raise ContractError(f"relative depth is a finite h×w array; found shape {self.inverse.shape}")
