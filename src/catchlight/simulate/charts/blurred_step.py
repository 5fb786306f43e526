"""The picture of a straight edge, in closed form."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64
from scipy.special import ndtr

# A Gaussian leaves 6e-16 beyond eight σ: nothing in float64.
_REACH_SIGMAS = 8.0
# Narrower boxes change no value by more than 1e-8, but differences over them would lose digits.
_NARROW_PX = 1e-4


def blurred_step(
    distance_px: Float64[np.ndarray, "*shape"],
    *,
    sigma_px: Float64[np.ndarray, "*shape"] | float,
    normal: tuple[float, float] = (1.0, 0.0),
    aperture_px: float = 0.0,
) -> Float64[np.ndarray, "*shape"]:
    """A unit step blurred by a Gaussian and averaged over a square photosite, without sampling error.

    A box of width a·|nx| and one of a·|ny| are what a square photosite of side a is for an edge with unit normal
    (nx, ny); the integrals of the Gaussian's distribution give their convolution with it exactly. The modulation
    transfer along the normal is exp(-2π²σ²f²) · sinc(a·nx·f) · sinc(a·ny·f).

    Args:
        distance_px: signed distance of each photosite's centre from the edge, > 0 on the bright side.
        sigma_px: standard deviation of the blur, ≥ 0; one number or one a photosite.
        normal: unit normal of the edge in pixels; matters only with an aperture.
        aperture_px: side of the square photosite; 0 samples points.

    Returns:
        0 on the dark side to 1 on the bright one.

    >>> blurred_step(np.array([0.25]), sigma_px=0.0, aperture_px=1.0).tolist()
    [0.75]
    """
    widths = sorted((abs(normal[0]) * aperture_px, abs(normal[1]) * aperture_px))
    narrow, wide = (w if w > _NARROW_PX else 0.0 for w in widths)
    sigma = np.broadcast_to(np.asarray(sigma_px, np.float64), distance_px.shape)
    result = (distance_px > 0).astype(np.float64)
    reach = _REACH_SIGMAS * sigma + (narrow + wide) / 2
    near = np.abs(distance_px) <= reach
    t, s = distance_px[near], sigma[near]
    if wide == 0:
        value = _step(t, s)
    elif narrow == 0:
        value = (_ramp(t + wide / 2, s) - _ramp(t - wide / 2, s)) / wide
    else:
        outer, inner = (wide + narrow) / 2, (wide - narrow) / 2
        outside = _parabola(t + outer, s) + _parabola(t - outer, s)
        inside = _parabola(t + inner, s) + _parabola(t - inner, s)
        value = (outside - inside) / (wide * narrow)
    result[near] = np.clip(value, 0.0, 1.0)
    return result


def _safe(s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    return np.where(s > 0, s, 1.0)


def _step(t: Float64[np.ndarray, "n"], s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    return np.where(s > 0, ndtr(t / _safe(s)), np.heaviside(t, 0.5))


def _density(t: Float64[np.ndarray, "n"], s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """σ times the normal density: what the integrals by t need."""
    u = t / _safe(s)
    return np.where(s > 0, s * np.exp(-0.5 * u * u) / math.sqrt(2 * math.pi), 0.0)


def _ramp(t: Float64[np.ndarray, "n"], s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Integral of the blurred step."""
    return t * _step(t, s) + _density(t, s)


def _parabola(t: Float64[np.ndarray, "n"], s: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Integral of that integral."""
    return ((t * t + s * s) * _step(t, s) + t * _density(t, s)) / 2
