"""How sharp a camera's pictures are, and where: what a chart told."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchlight.camera.lens.gaussian_blur import gaussian_mtf50
from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharpness:
    """Frequencies of half contrast at measured places of the picture, of lens, filters and photosites together.

    Places are field coordinates as those of `Lens`: (x, y) from the picture's centre divided by half its diagonal, x to
    the right and y down.

    Args:
        field_x: x of every measured edge.
        field_y: y of it.
        angle_deg: direction of the edge's normal, along which it was measured; 0 is along x.
        mtf50_cy_px: frequency of half contrast in cycles per photosite.

    Raises:
        ContractError: lists of different length, none, or a value out of range.
    """

    field_x: tuple[float, ...]
    field_y: tuple[float, ...]
    angle_deg: tuple[float, ...]
    mtf50_cy_px: tuple[float, ...]

    def __post_init__(self) -> None:
        columns = (self.field_x, self.field_y, self.angle_deg, self.mtf50_cy_px)
        if len({len(column) for column in columns}) != 1 or not self.field_x:
            raise ContractError(f"sharpness lists have one length ≥ 1; found {[len(column) for column in columns]}")
        if not all(math.isfinite(v) for column in columns for v in column):
            raise ContractError("numbers of a sharpness list are finite")
        if not all(-1 <= v <= 1 for v in (*self.field_x, *self.field_y)):
            raise ContractError("places of a sharpness list lie in -1…1 half diagonals")
        # Twice the sampling frequency is beyond what any edge can tell.
        if not all(0 < v <= 2 for v in self.mtf50_cy_px):
            raise ContractError("frequencies of half contrast lie in 0…2 cycles per photosite")

    @property
    def sigma_px(self) -> tuple[float, ...]:
        """Standard deviation of the Gaussian blur with the same frequency of half contrast, for every edge.

        >>> one = Sharpness(field_x=(0.0,), field_y=(0.0,), angle_deg=(0.0,), mtf50_cy_px=(0.25,))
        >>> [round(sigma, 4) for sigma in one.sigma_px]
        [0.7496]
        """
        return tuple(gaussian_mtf50(frequency) for frequency in self.mtf50_cy_px)
