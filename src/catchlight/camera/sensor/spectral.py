"""From spectral sensitivities to a white balance and a colour matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.camera_colour import Rows, Triple
from catchlight.core.errors import ContractError

Spectrum = Float64[np.ndarray, "wavelengths"]
Curves = Float64[np.ndarray, "wavelengths 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralColour:
    """What a camera's sensitivities say about its colours under one light.

    Args:
        camera_from_xyz: XYZ → camera RGB; the light's white (Y = 1) becomes `neutral` exactly.
        neutral: camera RGB of a white surface, green 1.
        residual_rms: root mean square over the surfaces and channels of what the matrix leaves of camera RGB, where
            white has green 1; 0 for a camera that sees as people do.
    """

    camera_from_xyz: Rows
    neutral: Triple
    residual_rms: float


def neutral_of(sensitivity: Curves, light: Spectrum) -> Triple:
    """Camera RGB of a white surface under a light, green 1; its reciprocals are the white balance's gains.

    Args:
        sensitivity: relative quantum or energy response of red, green and blue, in the unit that `light` has.
        light: relative spectral power, at the same evenly spaced wavelengths.

    Raises:
        ContractError: negative or infinite values, or a channel that does not see the light.
    """
    _check("a light", light)
    _check("sensitivities", sensitivity)
    red, green, blue = (float(v) for v in light @ sensitivity)
    if not min(red, green, blue) > 0:
        raise ContractError(f"every channel sees some of the light; found {(red, green, blue)}")
    return red / green, 1.0, blue / green


def colour_of(
    sensitivity: Curves,
    light: Spectrum,
    *,
    surfaces: Float64[np.ndarray, "wavelengths patches"],
    observer: Curves,
) -> SpectralColour:
    """The colour matrix that explains best what a camera records of known surfaces.

    Least squares over the surfaces in linear camera RGB, with the white held exact by a Lagrange multiplier; every
    surface counts the same.

    Args:
        sensitivity: of red, green and blue, at evenly spaced wavelengths that all arguments share.
        light: relative spectral power.
        surfaces: reflectance of each surface, at least four.
        observer: colour matching functions x̄, ȳ, z̄.

    Raises:
        ContractError: negative or infinite values, different wavelengths, or surfaces that do not span three colours.

    Source: Finlayson and Drew 1997, "White-point preserving color correction" (the constrained least squares).
    """
    neutral = neutral_of(sensitivity, light)
    _check("surfaces", surfaces)
    _check("an observer", observer, least=-1e-3)
    if not len(light) == len(surfaces) == len(observer) == len(sensitivity):
        raise ContractError("light, sensitivities, surfaces and observer are given at the same wavelengths")
    reflected = (surfaces * light[:, None]).T
    white, full = light @ observer, light @ sensitivity
    xyz, seen = reflected @ observer / white[1], reflected @ sensitivity / full[1]
    white, full = white / white[1], full / full[1]
    gram = xyz.T @ xyz
    if xyz.shape[0] < 4 or np.linalg.cond(gram) > 1e10:
        raise ContractError(f"a colour matrix needs four or more surfaces of different colours; found {xyz.shape[0]}")
    inverse = np.linalg.inv(gram)
    free = (inverse @ xyz.T @ seen).T
    matrix = free + np.outer(full - free @ white, inverse @ white) / (white @ inverse @ white)
    residual = float(np.sqrt(np.mean(np.square(seen - xyz @ matrix.T))))
    rows = tuple((float(a), float(b), float(c)) for a, b, c in matrix)
    return SpectralColour(camera_from_xyz=(rows[0], rows[1], rows[2]), neutral=neutral, residual_rms=residual)


def standard_light_a(wavelength_nm: Spectrum) -> Spectrum:
    """Relative power of CIE standard illuminant A, 100 at 560 nm.

    Source: CIE 015:2018, section 4.1.1, equation 4.1: a black body of 2848 K with the second radiation constant
    1.435e-2 m·K of 1931, which is 2856 K today.
    """
    exponent = 1.435e7 / 2848
    power: Spectrum = 100 * (560 / wavelength_nm) ** 5 * np.expm1(exponent / 560) / np.expm1(exponent / wavelength_nm)
    return power


def black_body(wavelength_nm: Spectrum, *, cct_k: float) -> Spectrum:
    """Relative power of a black body, 1 at 560 nm.

    Source: Planck's law with the second radiation constant 1.438776877e-2 m·K (CODATA 2018).
    """
    if not 0 < cct_k < np.inf:
        raise ContractError(f"a temperature is a finite number of kelvin > 0; found {cct_k}")
    exponent = 1.438776877e7 / cct_k
    power: Spectrum = (560 / wavelength_nm) ** 5 * np.expm1(exponent / 560) / np.expm1(exponent / wavelength_nm)
    return power


def _check(name: str, values: np.ndarray, *, least: float = 0.0) -> None:
    if not np.isfinite(values).all() or values.min(initial=0.0) < least:
        raise ContractError(f"{name}: finite values ≥ 0 are expected; found {values.min(initial=0.0)}")
