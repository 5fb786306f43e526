"""What the sharpness measures compute at every pixel; the sources stand in the table of `sharpness`.

Every function takes a plane and returns one of the same size; outside, the plane is mirrored about its border pixels.
"""

from __future__ import annotations

from math import sqrt

import cv2
import numpy as np
from jaxtyping import Float32

Plane = Float32[np.ndarray, "h w"]

_SUBBARAO = np.array([[1, 4, 1], [4, -20, 4], [1, 4, 1]], np.float32)
_SECOND = np.array([1, -2, 1], np.float32)
_ONE = np.ones(1, np.float32)
# A basis function of the 4×4 DCT's middle, in signs alone.
_MID_FREQUENCY = np.kron([[1, -1], [-1, 1]], np.ones((2, 2))).astype(np.float32)


def intensity(plane: Plane) -> Plane:
    """The plane itself."""
    return plane


def tenengrad_response(plane: Plane) -> Plane:
    """Squared length of the Sobel gradient (weights 1 2 1, not divided by 8)."""
    across, down = _sobel(plane)
    return across * across + down * down


def sobel_magnitude(plane: Plane) -> Plane:
    """Length of the Sobel gradient."""
    length: Plane = cv2.magnitude(*_sobel(plane))
    return length


def brenner_response(plane: Plane) -> Plane:
    """Squared differences of pixels two apart, summed over both axes."""
    two_apart = np.array([-1, 0, 1], np.float32)
    return np.square(_filter(plane, two_apart, _ONE)) + np.square(_filter(plane, _ONE, two_apart))


def gradient_response(plane: Plane) -> Plane:
    """Squared differences of neighbours to the right and below, summed."""
    forward = np.array([0, -1, 1], np.float32)
    return np.square(_filter(plane, forward, _ONE)) + np.square(_filter(plane, _ONE, forward))


def laplacian_energy_response(plane: Plane) -> Plane:
    """Square of the Laplacian by nine pixels (centre 20, sides 4, corners 1)."""
    filtered: Plane = cv2.filter2D(plane, -1, _SUBBARAO)
    return filtered * filtered


def laplacian_4(plane: Plane) -> Plane:
    """Laplacian by the four neighbours."""
    return _filter(plane, _SECOND, _ONE) + _filter(plane, _ONE, _SECOND)


def modified_laplacian_response(plane: Plane) -> Plane:
    """Second differences along both axes, their sizes added: unlike the Laplacian's they cannot cancel."""
    return np.abs(_filter(plane, _SECOND, _ONE)) + np.abs(_filter(plane, _ONE, _SECOND))


def vollath_response(plane: Plane) -> Plane:
    """Correlation with the neighbour minus that with the one after it; white noise cancels in the mean.

    Taken about the plane's mean, which changes nothing but the rounding.
    """
    centred = plane - plane.mean()
    ahead = np.array([0, 0, 0, 1, -1], np.float32)
    return centred * (_filter(centred, ahead, _ONE) + _filter(centred, _ONE, ahead))


def wavelet_response(plane: Plane) -> Plane:
    """Sizes of the three detail coefficients of one level of an orthonormal wavelet, added; not decimated."""
    low, high = _daubechies_6()
    return np.abs(_filter(plane, high, low)) + np.abs(_filter(plane, low, high)) + np.abs(_filter(plane, high, high))


def mid_frequency_response(plane: Plane) -> Plane:
    """Squared response to a 4×4 checkerboard of 2×2 fields, which passes over the noise of single pixels."""
    filtered: Plane = cv2.filter2D(plane, -1, _MID_FREQUENCY, anchor=(1, 1))
    return filtered * filtered


def _sobel(plane: Plane) -> tuple[Plane, Plane]:
    return cv2.Sobel(plane, -1, 1, 0, ksize=3), cv2.Sobel(plane, -1, 0, 1, ksize=3)


def _filter(plane: Plane, across: Float32[np.ndarray, "n"], down: Float32[np.ndarray, "m"]) -> Plane:
    result: Plane = cv2.sepFilter2D(plane, -1, across, down)
    return result


def _daubechies_6() -> tuple[Float32[np.ndarray, "6"], Float32[np.ndarray, "6"]]:
    """The orthonormal low pass with three vanishing moments, and its high pass.

    Source: Daubechies 1988, "Orthonormal bases of compactly supported wavelets", section 4, N = 3, in closed form.
    """
    ten, root = sqrt(10), sqrt(5 + 2 * sqrt(10))
    low = np.array(
        [
            1 + ten + root,
            5 + ten + 3 * root,
            10 - 2 * ten + 2 * root,
            10 - 2 * ten - 2 * root,
            5 + ten - 3 * root,
            1 + ten - root,
        ]
    ) / (16 * sqrt(2))
    high = low[::-1] * np.array([1, -1, 1, -1, 1, -1])
    return low.astype(np.float32), high.astype(np.float32)
