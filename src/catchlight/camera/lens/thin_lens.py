"""Where a thin lens focuses, how large it draws, and how large the blur of everything else is."""

from __future__ import annotations

from typing import overload

import numpy as np
from jaxtyping import Float

from catchlight.camera.lens.lens import Lens
from catchlight.core.errors import ContractError

Values = Float[np.ndarray, "..."]


def check_focus(lens: Lens, focus_d: float | Values, *, what: str = "the focus distance") -> None:
    """Raises ContractError unless every distance has an image: finite, and farther than the focal length.

    Below 0 d lies what a lens reaches beyond infinity; it has an image plane too.
    """
    nearest = float(np.max(focus_d)) if np.size(focus_d) else 0.0
    if not (np.isfinite(focus_d).all() and nearest * lens.focal_length_m < 1):
        raise ContractError(
            f"{what} is farther than the focal length ({1 / lens.focal_length_m:.4g} d), finite; found {nearest:.4g} d"
        )


def check_objects(lens: Lens, object_d: float | Values) -> None:
    """Raises ContractError unless every object lies between the focal length and infinity (0 d)."""
    check_focus(lens, object_d, what="an object")
    if np.size(object_d) and not float(np.min(object_d)) >= 0:
        raise ContractError(f"an object is at 0 d (infinity) or more; found {float(np.min(object_d)):.4g} d")


def image_distance_mm(lens: Lens, focus_d: float) -> float:
    """Distance from the lens to the sensor that is in focus at `focus_d` (1/m from the lens): f / (1 - f·D).

    Raises:
        ContractError: nearer than the focal length.

    Source: Gauss's lens equation, 1/f = 1/u + 1/v.

    >>> from catchlight.camera.lens.lens import Lens
    >>> image_distance_mm(Lens(focal_length_mm=50.0, aperture_f=1.4), 10.0)
    100.0
    """
    check_focus(lens, focus_d)
    return lens.focal_length_mm / (1 - lens.focal_length_m * focus_d)


def magnification(lens: Lens, focus_d: float) -> float:
    """Size of the image over the size of an object in the focus plane; 0 at infinity, 1 at twice the focal length.

    Breathing is left out: it says how the whole picture scales, see `breathing_scale`.
    """
    check_focus(lens, focus_d)
    return lens.focal_length_m * focus_d / (1 - lens.focal_length_m * focus_d)


def working_aperture_f(lens: Lens, focus_d: float) -> float:
    """The f-number of the cone that reaches the sensor, N·(1 + m): what exposure and diffraction go by."""
    return lens.aperture_f * (1 + magnification(lens, focus_d))


def breathing_scale(lens: Lens, focus_d: float) -> float:
    """Size of the picture focused at `focus_d` over its size focused at infinity: 1 + breathing·m.

    A thin lens draws every direction at a distance from the centre in proportion to its image distance, objects out of
    focus included (their chief rays pass the middle of the lens).

    Raises:
        ContractError: nearer than the focal length, or a picture of no size.
    """
    scale = 1 + lens.breathing * magnification(lens, focus_d)
    if not scale > 0:
        raise ContractError(f"a picture keeps a size > 0; found a scale of {scale:.3g} at {focus_d:.4g} d")
    return scale


@overload
def coc_px_per_dioptre(lens: Lens, focus_d: float, *, pixel_pitch_um: float) -> float: ...
@overload
def coc_px_per_dioptre(lens: Lens, focus_d: Values, *, pixel_pitch_um: float) -> Values: ...
def coc_px_per_dioptre(lens: Lens, focus_d: float | Values, *, pixel_pitch_um: float) -> float | Values:
    """Diameter of the circle of confusion per dioptre between object and focus: f² / (N·(1 - f·D)), in pixels.

    Raises:
        ContractError: focus nearer than the focal length, or a pitch that is not > 0.
    """
    check_focus(lens, focus_d)
    if not (np.isfinite(pixel_pitch_um) and pixel_pitch_um > 0):
        raise ContractError(f"a pixel pitch is > 0 µm; found {pixel_pitch_um}")
    return lens.focal_length_m**2 / lens.aperture_f / (1 - lens.focal_length_m * focus_d) * 1e6 / pixel_pitch_um


@overload
def signed_coc_px(lens: Lens, *, object_d: float, focus_d: float, pixel_pitch_um: float) -> float: ...
@overload
def signed_coc_px(lens: Lens, *, object_d: Values, focus_d: float | Values, pixel_pitch_um: float) -> Values: ...
@overload
def signed_coc_px(lens: Lens, *, object_d: float, focus_d: Values, pixel_pitch_um: float) -> Values: ...
def signed_coc_px(
    lens: Lens, *, object_d: float | Values, focus_d: float | Values, pixel_pitch_um: float
) -> float | Values:
    """Diameter of the circle of confusion in pixels, > 0 for what is nearer than the focus plane.

    Linear in the object's dioptres. Arrays are combined as numpy does and keep their float type.

    Args:
        lens: focal length and aperture.
        object_d: where the object is, 1/m from the lens; 0 is infinity.
        focus_d: where the lens is focused; may lie a little below 0, beyond infinity.
        pixel_pitch_um: side of a photosite.

    Raises:
        ContractError: nearer than the focal length, an object beyond infinity, NaN, or a pitch that is not > 0.

    Source: Hecht, "Optics", thin lens; c = A·f·(D_object - D_focus) / (1 - f·D_focus) with A = f/N.

    >>> phone = Lens(focal_length_mm=4.74, aperture_f=1.8)
    >>> round(signed_coc_px(phone, object_d=10.0, focus_d=0.0, pixel_pitch_um=1.4), 2)
    89.16
    """
    check_objects(lens, object_d)
    return (object_d - focus_d) * coc_px_per_dioptre(lens, focus_d, pixel_pitch_um=pixel_pitch_um)
