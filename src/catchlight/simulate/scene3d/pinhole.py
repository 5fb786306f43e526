"""A camera without blur or distortion: where a point in space is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinhole:
    """Focal length and size in pixels; the axis passes the middle of the picture.

    Camera coordinates are x right, y down, z forward, in metres; pixel centres lie at 0.5.

    Args:
        focal_px: focal length over the distance of neighbouring pixels.
        size_px: height and width.
        margin_px: pixels added on every side, for blur that needs what lies just outside.

    Raises:
        ContractError: a size or focal length that is not > 0, or a margin < 0.

    >>> (Pinhole(focal_px=100.0, size_px=(40, 60)).matrix @ [1.0, 0.0, 10.0]).tolist()
    [400.0, 200.0, 10.0]
    """

    focal_px: float
    size_px: tuple[int, int]
    margin_px: int = 0

    def __post_init__(self) -> None:
        if not (self.focal_px > 0 and min(self.size_px) >= 1 and self.margin_px >= 0):
            raise ContractError(
                "a camera has a focal length > 0, at least one pixel and a margin ≥ 0; "
                f"found {self.focal_px} px, {self.size_px} and {self.margin_px}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what is rendered, margin included."""
        return self.size_px[0] + 2 * self.margin_px, self.size_px[1] + 2 * self.margin_px

    @property
    def matrix(self) -> Float64[np.ndarray, "3 3"]:
        """Camera coordinates → homogeneous (x, y) of the rendered picture."""
        h, w = self.shape
        return np.array([[self.focal_px, 0, w / 2], [0, self.focal_px, h / 2], [0, 0, 1.0]])
