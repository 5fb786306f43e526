"""Zernike polynomials of the unit disc in Noll's order, each with a mean square of 1."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float, Float64

from catchlight.core.errors import ContractError

DEFOCUS, ASTIGMATISM, COMA, SPHERICAL = 4, 6, 8, 11


def noll_order(index: int) -> tuple[int, int]:
    """Radial order n and signed azimuthal order m (> 0 cosine, < 0 sine) of a Noll index, which starts at 1.

    Raises:
        ContractError: an index below 1.

    Source: Noll 1976, "Zernike polynomials and atmospheric turbulence", table I.

    >>> [noll_order(j) for j in (1, 2, 3, 4, 5, 6, 7, 8, 11)]
    [(0, 0), (1, 1), (1, -1), (2, 0), (2, -2), (2, 2), (3, -1), (3, 1), (4, 0)]
    """
    if index < 1:
        raise ContractError(f"Noll indices start at 1; found {index}")
    n = (math.isqrt(8 * index - 7) - 1) // 2
    place = index - n * (n + 1) // 2 - 1
    m = 2 * ((place + 1) // 2) if n % 2 == 0 else 2 * (place // 2) + 1
    return n, m if index % 2 == 0 else -m


def zernike(
    index: int, x: Float[np.ndarray, "*points"], y: Float[np.ndarray, "*points"]
) -> Float64[np.ndarray, "*points"]:
    """The polynomial of a Noll index at points of the pupil; the unit circle is its rim, and nothing is cut off there.

    Its mean over the disc is 0 (1 for index 1) and its mean square 1, so coefficients are rms values.

    Raises:
        ContractError: an index below 1.

    Source: Noll 1976, equations 1–3.
    """
    n, m = noll_order(index)
    square = np.asarray(x, np.float64) ** 2 + np.asarray(y, np.float64) ** 2
    order = abs(m)
    # ρ^m·cos(mθ) and ρ^m·sin(mθ) are the parts of (x + iy)^m, so no angle is needed at the centre.
    turning = (np.asarray(x, np.float64) + 1j * np.asarray(y, np.float64)) ** order
    # ρ^n + … + ρ^m is ρ^m times a polynomial in ρ².
    powers = [
        (-1) ** k * math.factorial(n - k)
        / (math.factorial(k) * math.factorial((n + order) // 2 - k) * math.factorial((n - order) // 2 - k))
        for k in range((n - order) // 2 + 1)
    ]  # fmt: skip
    radial = np.polyval(powers, square)
    scale = math.sqrt((n + 1) * (1 if m == 0 else 2))
    result: Float64[np.ndarray, "*points"] = scale * radial * (turning.imag if m < 0 else turning.real)
    return result
