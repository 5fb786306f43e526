"""The point spread function of a lens anywhere in the picture, at any distance, for each colour."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from jaxtyping import Float64

from catchlight.camera.lens.aperture_kernel import aperture_kernel
from catchlight.camera.lens.diffraction import Psf, diffraction_psf, samples_for
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.pupil import FieldPoint, check_field, pupil_grid, pupil_mask, wavefront_um
from catchlight.camera.lens.thin_lens import signed_coc_px, working_aperture_f
from catchlight.core.errors import ContractError

View = Literal["both", "left", "right"]

# Centre and standard deviation in µm of what the red, green and blue filters of cameras see in a light of equal energy:
# means over the 52 measured cameras of rawtoaces-data (github.com/AcademySoftwareFoundation/rawtoaces-data, e9b8503).
CHANNEL_CENTRE_UM = (0.595, 0.530, 0.471)
CHANNEL_SPREAD_UM = (0.049, 0.043, 0.038)

# Three-point Gauss–Hermite quadrature of a normal spectrum: exact for polynomials in the wavelength up to degree 5.
_QUADRATURE = ((-math.sqrt(3), 1 / 6), (0.0, 2 / 3), (math.sqrt(3), 1 / 6))
# Half-width of the window in λN beyond the rays. Outside a radius of q·λN a perfect circular pupil leaves 2/(π²q) of
# the light (Born & Wolf, "Principles of optics", 8.5.2, asymptotically): 2 % at 10.
_RINGS = 10.0
# The two views' far light lies on opposite sides: cut off at 10, their centroids would be 3 % too close, at 20 1.5 %.
_RINGS_OF_A_VIEW = 20.0
# Blur that needs more cells across the pupil is drawn by rays: its diffraction is under a three-hundredth of its width.
_LARGEST_SAMPLES = 768


def psf_at(
    lens: Lens,
    *,
    object_d: float,
    focus_d: float,
    pixel_pitch_um: float,
    channel: int = 1,
    field_xy: FieldPoint = (0.0, 0.0),
    view: View = "both",
    steepness: float = 1.0,
    diffraction: bool = True,
    window_px: int | None = None,
) -> Psf:
    """The point spread function of one colour at one place, defocus, aberrations, diffraction and photosites included.

    Args:
        lens: what draws it.
        object_d: distance of the point in dioptres.
        focus_d: distance in focus (for green).
        pixel_pitch_um: side of a photosite.
        channel: 0 red, 1 green, 2 blue.
        field_xy: place in the picture, (x, y) from its centre over half the diagonal.
        view: the whole aperture, or the left or right view of a dual pixel.
        steepness: the dual pixel's ramp across the aperture, see `DualPixel.steepness_at`.
        diffraction: False draws rays through the aperture alone: no waves, no aberrations but axial colour and field
            curvature.
        window_px: side of the kernel, odd; None holds what rays reach and all but some 2 % of what waves spread.

    Raises:
        ContractError: an impossible distance, a place outside the picture, a channel that is none of the three, an even
            window.

    >>> lens = Lens(focal_length_mm=4.74, aperture_f=1.8)
    >>> psf = psf_at(lens, object_d=1.0, focus_d=1.0, pixel_pitch_um=1.4)
    >>> psf.kernel.shape, bool(psf.lost < 0.02)
    ((15, 15), True)
    """
    if channel not in (0, 1, 2):
        raise ContractError(f"a channel is 0 red, 1 green or 2 blue; found {channel}")
    check_field(field_xy)
    axial = (lens.axial_red_d, 0.0, lens.axial_blue_d)[channel]
    coc_um = signed_coc_px(lens, object_d=object_d, focus_d=focus_d + axial, pixel_pitch_um=1.0)
    aperture_f = working_aperture_f(lens, focus_d)
    # The cone's f-number scales blur and waves alike; vignetting of the cone is left to the mask.
    reach_um = abs(coc_um) / 2 + _ray_reach_um(lens, field_xy, aperture_f)
    centre_um, spread_um = CHANNEL_CENTRE_UM[channel], CHANNEL_SPREAD_UM[channel]
    rings = _RINGS if view == "both" else _RINGS_OF_A_VIEW
    waves_um = rings * centre_um * aperture_f if diffraction else 0.0
    window = window_px or 2 * math.ceil(max(reach_um + waves_um, 0.0) / pixel_pitch_um - 0.5) + 1
    if window < 1 or window % 2 == 0:
        raise ContractError(f"a kernel's window is odd; found {window} px")
    # What is sampled has to hold all the rays, in the window or not.
    sampled_px = max(window, math.ceil(2 * reach_um / pixel_pitch_um))
    samples = samples_for(
        sampled_px,
        wavelength_um=centre_um - math.sqrt(3) * spread_um,
        aperture_f=aperture_f,
        pixel_pitch_um=pixel_pitch_um,
    )
    if not diffraction or samples > _LARGEST_SAMPLES:
        return _by_rays(lens, coc_um, field_xy, aperture_f, view, steepness, pixel_pitch_um, window)
    light = pupil_mask(lens, field_xy=field_xy, samples=samples) * _sensitivity(view, steepness, samples)
    path_um = wavefront_um(lens, field_xy=field_xy, coc_um=coc_um, aperture_f=aperture_f, samples=samples)
    kernel = np.zeros((window, window))
    for place, weight in _QUADRATURE:
        psf = diffraction_psf(
            np.sqrt(light),
            path_um,
            wavelength_um=centre_um + place * spread_um,
            aperture_f=aperture_f,
            pixel_pitch_um=pixel_pitch_um,
            window_px=window,
        )
        kernel += weight * (1 - psf.lost) * psf.kernel
    total = float(kernel.sum())
    return Psf(kernel=(kernel / total).astype(np.float32), lost=max(1 - total, 0.0))


def _by_rays(
    lens: Lens,
    coc_um: float,
    field_xy: FieldPoint,
    aperture_f: float,
    view: View,
    steepness: float,
    pixel_pitch_um: float,
    window: int,
) -> Psf:
    curved_um = lens.field_curvature_um * math.hypot(*field_xy) ** 2 * 16 * math.sqrt(3) * aperture_f
    samples = 256
    light = pupil_mask(lens, field_xy=field_xy, samples=samples) * _sensitivity(view, steepness, samples)
    kernel = aperture_kernel(light, (coc_um + curved_um) / pixel_pitch_um)
    margin = (window - len(kernel)) // 2
    if margin >= 0:
        return Psf(kernel=np.pad(kernel, margin), lost=0.0)
    part = kernel[-margin:margin, -margin:margin]
    kept = float(part.sum(dtype=np.float64))
    if not kept > 0:
        raise ContractError(f"a window holds some light; found none within {window} px")
    return Psf(kernel=part / np.float32(kept), lost=1 - kept)


def _sensitivity(view: View, steepness: float, samples: int) -> Float64[np.ndarray, "n n"]:
    """How much of the light of each cell of the pupil a view's photodiode takes; the two views add up to 1."""
    x, _ = pupil_grid(samples)
    if view == "both":
        return np.ones_like(x)
    if not steepness > 0:
        raise ContractError(f"a dual pixel's ramp is steeper than 0; found {steepness}")
    ramp = np.sign(x) if math.isinf(steepness) else np.clip(steepness * x, -1, 1)
    result: Float64[np.ndarray, "n n"] = (1 + ramp if view == "left" else 1 - ramp) / 2
    return result


def _ray_reach_um(lens: Lens, field_xy: FieldPoint, aperture_f: float) -> float:
    """How far aberrations move the farthest ray; defocus of the object is not in it."""
    samples = 64
    path = wavefront_um(lens, field_xy=field_xy, samples=samples, aperture_f=aperture_f)
    if not path.any():
        return 0.0
    step = 2 / samples
    down, across = np.gradient(path, step)
    x, y = pupil_grid(samples)
    farthest = np.hypot(down, across)[np.hypot(x, y) <= 1].max()
    return float(2 * aperture_f * farthest)
