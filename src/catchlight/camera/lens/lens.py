"""One lens in numbers that a file can hold: thin lens, corrections, aberrations and the shape of its aperture."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """A thin lens with the departures from it that a picture shows.

    A place in the picture is given by its *field* coordinates: (x, y) from the centre of the picture divided by half
    the diagonal, x to the right and y down, so that every corner lies at radius 1. All polynomials run in the square of
    that radius r. Wavefront errors are the rms over the pupil, in micrometres of optical path, so that they do not
    depend on the wavelength; signs follow Noll's polynomials with x and y of the pupil as in the picture.

    Args:
        focal_length_mm: focal length, > 0.
        aperture_f: f-number at focus on infinity, > 0.
        breathing: how much of the thin lens's change of image size with focus is left: 1 is a thin lens that moves as
            a whole, 0 a lens whose picture keeps its size; negative shrinks.
        cos_power: natural fall-off cos(angle)^cos_power; 4 is the textbook's, 0 leaves it out (or in `vignetting`).
        vignetting: v1, v2, … of the illumination 1 + v1·r² + v2·r⁴ + …; it must stay in 0…∞ within r ≤ 1.
        distortion: k1, k2, k3 of Brown–Conrady: a point at r without distortion is recorded at r·(1 + k1·r² + …).
        decentring: p1, p2 of Brown–Conrady's tangential part, in the same coordinates.
        lateral_red: c0, c1, c2: red's picture is larger than green's by the factor 1 + c0 + c1·r² + c2·r⁴.
        lateral_blue: the same of blue.
        axial_red_d: dioptres by which red is focused nearer than green; negative is farther.
        axial_blue_d: the same of blue.
        spherical_um: spherical aberration (Noll 11), the same over the whole field.
        coma_um: coma at r = 1, pointing away from the centre for > 0; it grows as r.
        astigmatism_um: astigmatism at r = 1, along the radius; it grows as r².
        field_curvature_um: defocus (Noll 4) at r = 1; it grows as r².
        zernike_um: further terms, the same over the whole field, from Noll 4 on.
        cat_eye_shift: how far the barrel's edge, seen from r = 1, is shifted across the pupil, in pupil radii; 0 is no
            mechanical vignetting.
        cat_eye_radius: radius of that edge in pupil radii, ≥ 1.
        blades: straight blades of the aperture; 0 is a circle.
        blade_turn_deg: turn of the first corner from the x axis towards y.

    Raises:
        ContractError: a number out of range or not finite; distortion that folds the picture within r ≤ 1.
    """

    focal_length_mm: float
    aperture_f: float
    breathing: float = 1.0
    cos_power: float = 0.0
    vignetting: tuple[float, ...] = ()
    distortion: tuple[float, float, float] = (0.0, 0.0, 0.0)
    decentring: tuple[float, float] = (0.0, 0.0)
    lateral_red: tuple[float, float, float] = (0.0, 0.0, 0.0)
    lateral_blue: tuple[float, float, float] = (0.0, 0.0, 0.0)
    axial_red_d: float = 0.0
    axial_blue_d: float = 0.0
    spherical_um: float = 0.0
    coma_um: float = 0.0
    astigmatism_um: float = 0.0
    field_curvature_um: float = 0.0
    zernike_um: tuple[float, ...] = ()
    cat_eye_shift: float = 0.0
    cat_eye_radius: float = 1.0
    blades: int = 0
    blade_turn_deg: float = 0.0

    def __post_init__(self) -> None:
        for entry in fields(self):
            value = getattr(self, entry.name)
            if not all(math.isfinite(v) for v in (value if isinstance(value, tuple) else (value,))):
                raise ContractError(f"the lens's {entry.name} is finite; found {value}")
        if not (self.focal_length_mm > 0 and self.aperture_f > 0):
            raise ContractError(
                f"a lens has a focal length and an f-number > 0; found {self.focal_length_mm} mm, f/{self.aperture_f}"
            )
        for name, length in (("distortion", 3), ("decentring", 2), ("lateral_red", 3), ("lateral_blue", 3)):
            if len(getattr(self, name)) != length:
                raise ContractError(f"the lens's {name} has {length} numbers; found {getattr(self, name)}")
        if self.blades != 0 and self.blades < 3:
            raise ContractError(f"an aperture has 3 blades at least, or 0 for a circle; found {self.blades}")
        if not (0 <= self.cat_eye_shift <= 1 and self.cat_eye_radius >= 1):
            raise ContractError(
                "the barrel's edge is shifted by 0…1 and has a radius of 1 at least, in pupil radii; "
                f"found {self.cat_eye_shift} and {self.cat_eye_radius}"
            )
        if not 0 <= self.cos_power <= 8:
            raise ContractError(f"the power of the cosine is 0…8 (4 is natural); found {self.cos_power}")
        self._check_polynomials()

    def _check_polynomials(self) -> None:
        k1, k2, k3 = self.distortion
        # 256 steps find every fold of a cubic in r² that is wider than 0.4 % of the half diagonal.
        for step in range(257):
            square = (step / 256) ** 2
            if not 1 + sum(v * square ** (i + 1) for i, v in enumerate(self.vignetting)) >= 0:
                raise ContractError(f"vignetting stays ≥ 0 up to the corner; found {self.vignetting}")
            if not 1 + 3 * k1 * square + 5 * k2 * square**2 + 7 * k3 * square**3 > 0:
                raise ContractError(f"distortion grows with the radius up to the corner; found {self.distortion}")

    @property
    def focal_length_m(self) -> float:
        """Focal length in metres."""
        return self.focal_length_mm / 1000
