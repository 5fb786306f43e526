"""Frames of one still scene, one colour plane at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt16

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaneStack:
    """The photosites at one place of the colour filter's tile, in every frame.

    Args:
        values: digital numbers; views into the mosaics are welcome.
        colour: 0 red, 1 green, 2 blue; green for a sensor without filters.
        black_dn: digital number of no light at these photosites.
        white_dn: digital number at which they are full; what lies there is clipped.
        range_dn: white minus black as the noise model counts it, the same for all planes.

    Raises:
        ContractError: no frames, frames of different sizes, or levels that leave no range.
    """

    values: tuple[UInt16[np.ndarray, "h w"], ...]
    colour: int
    black_dn: float
    white_dn: float
    range_dn: float

    def __post_init__(self) -> None:
        if len({v.shape for v in self.values}) != 1:
            raise ContractError("a stack holds frames of one size; found none, or several sizes")
        if not (0 <= self.black_dn < self.white_dn and self.range_dn > 0 and self.colour in (0, 1, 2)):
            raise ContractError(
                f"black lies below white and the colour is 0, 1 or 2; found {self.black_dn}, {self.white_dn}, "
                f"{self.colour}"
            )

    @property
    def frames(self) -> int:
        """How many."""
        return len(self.values)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the plane."""
        h, w = self.values[0].shape
        return h, w
