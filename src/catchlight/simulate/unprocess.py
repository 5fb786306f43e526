"""From a finished photo back to the light that the camera's colour filters would have let through."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.camera_colour import CameraColour
from catchlight.core.colour import ColourSpace, srgb_decode
from catchlight.core.frame import Frame

_ROWS = 256


def camera_light(photo: Frame, *, colour: CameraColour, blur_px: float = 0.0) -> Float32[np.ndarray, "h w 3"]:
    """Camera RGB before white balance, normalised: the brightest channel of the photo's white is 1.

    Args:
        photo: sRGB primaries, linear or encoded, values 0…1 (clipped).
        colour: matrices and neutral of the camera.
        blur_px: σ of a Gaussian blur in linear light.

    Returns:
        0…1, h×w×3. Colours that the camera could not have seen (negative) become 0.

    Source: Brooks et al. 2019, "Unprocessing Images for Learned Raw Denoising", section 3 (no inverse tone map).
    """
    neutral = np.array(colour.neutral or (1.0, 1.0, 1.0))
    balanced_from_rgb = np.linalg.inv(colour.rgb_from_camera(ColourSpace.SRGB))
    sensor_from_rgb = (np.diag(neutral / neutral.max()) @ balanced_from_rgb).T.astype(np.float32)
    height, width = photo.shape
    light = np.empty((height, width, 3), np.float32)
    for top in range(0, height, _ROWS):
        rows = np.clip(photo.pixels[top : top + _ROWS], 0, 1)
        if photo.transfer == "srgb":
            rows = srgb_decode(rows)
        np.clip(rows @ sensor_from_rgb, 0, 1, out=light[top : top + _ROWS])
    if blur_px > 0:
        cv2.GaussianBlur(light, (0, 0), blur_px, dst=light, borderType=cv2.BORDER_REFLECT)
    return light
