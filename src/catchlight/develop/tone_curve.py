"""The film-like curve from linear light to the display, and the tables that make it fast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import ContractError, srgb_encode
from catchlight.develop.auto_exposure import MID_GREY

# Exponent of the log-logistic curve at contrast 1: the slope at mid-grey becomes about 1.2, as in camera JPEGs.
_EXPONENT = 1.3
_CURVE_STEPS, _ENCODE_STEPS, _SLOPE_STEPS = 4096, 16384, 512
# Tables over x ≥ 0 are indexed by x / (x + this), which is fine near black and covers everything above white.
INDEX_BEND = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveTables:
    """A tone curve, sampled.

    Args:
        curve: display light 0…1 against x / (x + INDEX_BEND), x being linear light after exposure.
        encode: the sRGB curve against display light 0…1.
        slope: derivative of the encoded value by x, against the encoded value 0…1.
    """

    curve: Float32[np.ndarray, "n"]
    encode: Float32[np.ndarray, "m"]
    slope: Float32[np.ndarray, "k"]


def log_logistic(x: Float64[np.ndarray, "*shape"], *, white: float, contrast: float) -> Float64[np.ndarray, "*shape"]:
    """Display light 0…1 of linear light: mid-grey stays, `white` and above become 1, toe and shoulder are smooth.

    y = s·xⁿ / (xⁿ + K), with s and K such that y(0.18) = 0.18 and y(white) = 1.

    Source: Naka & Rushton 1966, "S-potentials from colour units in the retina of fish", scaled to the display.

    >>> log_logistic(np.array([0.0, 0.18, 4.0]), white=4.0, contrast=1.0).round(6).tolist()
    [0.0, 0.18, 1.0]
    """
    if not white >= 1 or not contrast >= 0.8:
        raise ContractError(f"a tone curve has white ≥ 1 and contrast ≥ 0.8; found {white} and {contrast}")
    n = _EXPONENT * contrast
    mid, top = MID_GREY**n, white**n
    k = mid * (1 - MID_GREY) / (MID_GREY - mid / top)
    power = np.maximum(x, 0) ** n
    result: Float64[np.ndarray, "*shape"] = np.minimum((1 + k / top) * power / (power + k), 1.0)
    return result


def filmic_tables(*, white: float, contrast: float) -> CurveTables:
    """Tables of `log_logistic`."""
    return _tables(lambda x: log_logistic(x, white=white, contrast=contrast))


def plain_tables() -> CurveTables:
    """Tables that leave linear light as it is (clipped at 1): only the sRGB curve remains."""
    return _tables(lambda x: np.minimum(x, 1.0))


def _tables(curve: Callable[[np.ndarray], np.ndarray]) -> CurveTables:
    u = np.arange(_CURVE_STEPS + 1) / (_CURVE_STEPS + 1)
    light = np.linspace(0, 1, _ENCODE_STEPS + 1)
    # Slope by the encoded value: both against a fine grid in x that is denser near black.
    x = 64.0 * np.linspace(0, 1, 8192) ** 4
    encoded = srgb_encode(curve(x))
    keep = np.concatenate([[True], np.diff(encoded) > 1e-9])
    slope = np.gradient(encoded[keep], x[keep])
    return CurveTables(
        curve=curve(INDEX_BEND * u / (1 - u)).astype(np.float32),
        encode=srgb_encode(light).astype(np.float32),
        slope=np.interp(np.linspace(0, 1, _SLOPE_STEPS + 1), encoded[keep], slope).astype(np.float32),
    )
