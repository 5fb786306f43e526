"""The lens: where it focuses, what it draws sharp, and the point spread function everywhere in the picture."""

from catchlight.camera.lens.aperture_kernel import aperture_kernel
from catchlight.camera.lens.depth_of_field import DepthOfField, depth_of_field, hyperfocal_m
from catchlight.camera.lens.diffraction import Psf, circular_mtf, diffraction_psf, optical_transfer
from catchlight.camera.lens.disc import disc_kernel
from catchlight.camera.lens.distortion import distort, distortion_map, undistort
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.lens_map import LensMap
from catchlight.camera.lens.psf import CHANNEL_CENTRE_UM, CHANNEL_SPREAD_UM, psf_at
from catchlight.camera.lens.pupil import defocus_um, pupil_grid, pupil_mask, wavefront_um
from catchlight.camera.lens.radial_map import RadialMap
from catchlight.camera.lens.thin_lens import (
    breathing_scale,
    coc_px_per_dioptre,
    image_distance_mm,
    magnification,
    signed_coc_px,
    working_aperture_f,
)
from catchlight.camera.lens.vignetting import illumination, vignetting_map
from catchlight.camera.lens.zernike import noll_order, zernike

__all__ = [
    "CHANNEL_CENTRE_UM",
    "CHANNEL_SPREAD_UM",
    "DepthOfField",
    "Lens",
    "LensMap",
    "Psf",
    "RadialMap",
    "aperture_kernel",
    "breathing_scale",
    "circular_mtf",
    "coc_px_per_dioptre",
    "defocus_um",
    "depth_of_field",
    "diffraction_psf",
    "disc_kernel",
    "distort",
    "distortion_map",
    "hyperfocal_m",
    "illumination",
    "image_distance_mm",
    "magnification",
    "noll_order",
    "optical_transfer",
    "psf_at",
    "pupil_grid",
    "pupil_mask",
    "signed_coc_px",
    "undistort",
    "vignetting_map",
    "wavefront_um",
    "working_aperture_f",
    "zernike",
]
