"""What of the lens's aperture a place in the picture sees, and how the wave that passes it is bent."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.zernike import ASTIGMATISM, COMA, DEFOCUS, SPHERICAL, zernike
from catchlight.core.errors import ContractError

Grid = Float64[np.ndarray, "n n"]
FieldPoint = tuple[float, float]


def check_field(field_xy: FieldPoint) -> None:
    """Raises ContractError unless the place lies in the picture: (x, y) over half the diagonal, radius 1 at most."""
    if not math.hypot(*field_xy) <= 1 + 1e-6:
        raise ContractError(f"a field point lies within radius 1 (the corners); found {field_xy}")


def pupil_grid(samples: int) -> tuple[Grid, Grid]:
    """X and y of the middles of samples×samples cells over -1…1, in radii of the pupil, as in the picture."""
    if samples < 8:
        raise ContractError(f"a pupil is sampled by 8 cells across at least; found {samples}")
    x, y = np.meshgrid(*(2 * [(np.arange(samples) + 0.5) / samples * 2 - 1]))
    return x, y


def pupil_mask(lens: Lens, *, field_xy: FieldPoint = (0.0, 0.0), samples: int) -> Grid:
    """Share of every cell of `pupil_grid` that passes light, 0…1: blades, and the barrel's edge off the axis.

    The rim is softened over one cell, which is the share that a straight edge through it leaves free.

    Raises:
        ContractError: a field point outside the picture, fewer than 8 samples.
    """
    check_field(field_xy)
    x, y = pupil_grid(samples)
    inside = 1 - np.hypot(x, y)
    if lens.blades:
        sector = 2 * math.pi / lens.blades
        turn = math.radians(lens.blade_turn_deg)
        for blade in range(lens.blades):
            angle = turn + (blade + 0.5) * sector
            inside = np.minimum(inside, math.cos(sector / 2) - x * math.cos(angle) - y * math.sin(angle))
    if lens.cat_eye_shift:
        edge_x, edge_y = -lens.cat_eye_shift * field_xy[0], -lens.cat_eye_shift * field_xy[1]
        inside = np.minimum(inside, lens.cat_eye_radius - np.hypot(x - edge_x, y - edge_y))
    mask: Grid = np.clip(inside * samples / 2 + 0.5, 0, 1)
    return mask


def wavefront_um(
    lens: Lens,
    *,
    field_xy: FieldPoint = (0.0, 0.0),
    coc_um: float = 0.0,
    aperture_f: float | None = None,
    samples: int,
) -> Grid:
    """Optical path of every cell of `pupil_grid` against a perfect sphere, in µm: defocus and aberrations.

    A slope dW/dx of it, x in pupil radii, moves the ray by 2·N·dW/dx in the picture.

    Args:
        lens: aberrations.
        field_xy: place in the picture.
        coc_um: signed diameter of the circle of confusion on the sensor.
        aperture_f: f-number of the cone that made it; the lens's own when None.
        samples: cells across the pupil.

    Raises:
        ContractError: a field point outside the picture, fewer than 8 samples.

    Source: Seidel's dependence on the field (coma as r, astigmatism and field curvature as r²): Welford 1986,
    "Aberrations of optical systems", chapter 8; defocus: Goodman, "Introduction to Fourier optics", 3rd ed., 6.4.4.
    """
    check_field(field_xy)
    x, y = pupil_grid(samples)
    radius = math.hypot(*field_xy)
    cos, sin = (field_xy[0] / radius, field_xy[1] / radius) if radius > 0 else (1.0, 0.0)
    outward, across = x * cos + y * sin, y * cos - x * sin
    defocus = defocus_um(coc_um, aperture_f or lens.aperture_f) + lens.field_curvature_um * radius**2
    total = defocus * zernike(DEFOCUS, x, y)
    for amount, index in (
        (lens.spherical_um, SPHERICAL),
        (lens.coma_um * radius, COMA),
        (lens.astigmatism_um * radius**2, ASTIGMATISM),
    ):
        if amount:
            total += amount * zernike(index, outward, across)
    for place, amount in enumerate(lens.zernike_um):
        if amount:
            total += amount * zernike(DEFOCUS + place, x, y)
    return total


def defocus_um(coc_um: float, aperture_f: float) -> float:
    """Coefficient of Noll's defocus (rms, µm) that spreads a point over a signed diameter of `coc_um`: c / (16·√3·N).

    >>> round(defocus_um(16 * 3**0.5, 1.0), 9)
    1.0
    """
    return coc_um / (16 * math.sqrt(3) * aperture_f)
