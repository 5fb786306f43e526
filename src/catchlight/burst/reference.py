"""Which frame of a burst the others are moved to: the sharpest."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32


def sharpness(grey: Float32[np.ndarray, "h w"], *, noise_variance: float) -> float:
    """Mean squared Laplacian-of-Gaussian response of a grey picture over its squared mean, less what noise adds.

    Args:
        grey: linear, any exposure; the half-size picture of a mosaic.
        noise_variance: variance of its noise.

    A sharp frame of the same scene scores higher; the score of a picture without any texture is 0.

    Source: Pertuz et al. 2013, "Analysis of focus measure operators for shape-from-focus", energy of Laplacian.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0)
    kernel = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], np.float32)
    response = cv2.filter2D(smooth, -1, kernel)[4:-4, 4:-4]
    # Response of white noise: variance times the squared sum of the two kernels together (σ = 1).
    impulse = np.zeros((17, 17), np.float32)
    impulse[8, 8] = 1
    gain = float(np.square(cv2.filter2D(cv2.GaussianBlur(impulse, (0, 0), 1.0), -1, kernel)).sum())
    mean = float(grey.mean())
    if mean <= 0 or response.size == 0:
        return 0.0
    return max(float(np.square(response).mean()) - gain * noise_variance, 0.0) / mean**2
