"""What looks sharp around the focus plane."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import coc_px_per_dioptre
from catchlight.core.errors import ContractError
from catchlight.core.units import metres_from_dioptres


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthOfField:
    """The distances whose blur stays within a limit.

    Args:
        near_d: nearest sharp distance in dioptres.
        far_d: farthest one; 0 is infinity.
        half_d: what the focus may be off by, in dioptres, on either side.
    """

    near_d: float
    far_d: float
    half_d: float

    @property
    def near_m(self) -> float:
        """Nearest sharp distance in metres."""
        return metres_from_dioptres(self.near_d)

    @property
    def far_m(self) -> float:
        """Farthest sharp distance in metres, infinity where nothing limits it."""
        return metres_from_dioptres(self.far_d)


def depth_of_field(lens: Lens, *, focus_d: float, coc_limit_um: float) -> DepthOfField:
    """Depth of field around `focus_d` for a circle of confusion of `coc_limit_um` on the sensor.

    In dioptres it is symmetric, ±N·c·(1 - f·D)/f², and hardly depends on the distance.

    Raises:
        ContractError: focus nearer than the focal length or beyond infinity, or a limit that is not > 0.

    >>> round(depth_of_field(Lens(focal_length_mm=50.0, aperture_f=1.4), focus_d=0.0, coc_limit_um=12.0).half_d, 4)
    0.0067
    """
    if not focus_d >= 0:
        raise ContractError(f"depth of field is about a focus at 0 d or more; found {focus_d} d")
    # One circle of confusion of the limit takes the part of a pixel.
    half_d = 1 / coc_px_per_dioptre(lens, focus_d, pixel_pitch_um=coc_limit_um)
    return DepthOfField(near_d=focus_d + half_d, far_d=max(focus_d - half_d, 0.0), half_d=half_d)


def hyperfocal_m(lens: Lens, *, coc_limit_um: float) -> float:
    """The nearest focus that still holds infinity sharp: f²/(N·c) + f, from the lens.

    Raises:
        ContractError: a limit that is not > 0.
    """
    if not (math.isfinite(coc_limit_um) and coc_limit_um > 0):
        raise ContractError(f"a circle of confusion is > 0 µm; found {coc_limit_um}")
    return lens.focal_length_m**2 / (lens.aperture_f * coc_limit_um * 1e-6) + lens.focal_length_m
