"""What the reference frame of a simulated burst really showed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.camera_colour import CameraColour
from catchlight.core.colour import ColourSpace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BurstTruth:
    """The reference frame without noise; 1 is the sensor's white, exposure included.

    Args:
        mosaic: light at every photosite, clipped to 0…1; None where the picture is sampled more densely.
        camera_rgb: camera RGB before white balance, ≥ 0; over 1 where the sensor clips. All equal for a sensor without
            filters.
        colour: matrices and neutral of the camera.
    """

    mosaic: Float32[np.ndarray, "h w"] | None
    camera_rgb: Float32[np.ndarray, "h w 3"]
    colour: CameraColour

    @property
    def balanced_rgb(self) -> Float32[np.ndarray, "h w 3"]:
        """Camera RGB after white balance with gains ≥ 1: the sensor's white is 1 in the strongest channel."""
        return self.camera_rgb * np.array(self.colour.white_balance(), np.float32)

    @property
    def linear_srgb(self) -> Float32[np.ndarray, "h w 3"]:
        """Linear sRGB on the same scale; may leave 0…1 a little where the colour does."""
        return self.balanced_rgb @ self.colour.rgb_from_camera(ColourSpace.SRGB).T.astype(np.float32)
