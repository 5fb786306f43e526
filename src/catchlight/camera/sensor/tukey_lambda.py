"""Read noise with heavier tails than a Gaussian."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError


def tukey_lambda_variance(shape: float) -> float:
    """Variance of the standard Tukey lambda distribution; finite for shape > -1/2, π²/3 (logistic) at 0.

    Source: Joiner and Rosenblatt 1971, "Some properties of the range in samples from Tukey's symmetric lambda
    distributions", equation 3.

    >>> round(tukey_lambda_variance(1.0), 6), round(tukey_lambda_variance(0.0), 6)
    (0.333333, 3.289868)
    """
    if not -0.5 < shape < 10:
        raise ContractError(f"a Tukey lambda shape with a finite variance lies in -0.5…10; found {shape}")
    # Near 0 the closed form is 0/0: two terms of its series instead, the second being E[(a - b)²(a + b)] with a = ln u
    # and b = ln(1 - u), which is 4·(3 - ζ(2) - ζ(3)) - 12.
    if abs(shape) < 1e-4:
        return math.pi**2 / 3 - 11.387964 * shape
    beta = math.gamma(shape + 1) ** 2 / math.gamma(2 * shape + 2)
    return 2 / shape**2 * (1 / (1 + 2 * shape) - beta)


def tukey_lambda_noise(
    rng: np.random.Generator, *, shape: float, rows: int, columns: int
) -> Float64[np.ndarray, "rows columns"]:
    """Independent samples of mean 0 and variance 1.

    Args:
        rng: random stream.
        shape: λ; 0.14 is close to a Gaussian, 0 is logistic, below is heavier-tailed, 2 is uniform.
        rows: rows of the result.
        columns: columns of the result.

    Source: Wei et al. 2020, "A Physics-based Noise Formation Model for Extreme Low-light Raw Denoising", section 3.1
    (this distribution for read noise), by the quantile function (u^λ - (1 - u)^λ) / λ.
    """
    # `random` gives 0 but never 1; the open interval keeps the quantiles finite.
    u = rng.random((rows, columns))
    np.maximum(u, 2.0**-54, out=u)
    standard = np.log(u / (1 - u)) if shape == 0 else (u**shape - (1 - u) ** shape) / shape
    noise: Float64[np.ndarray, "rows columns"] = standard / math.sqrt(tukey_lambda_variance(shape))
    return noise
