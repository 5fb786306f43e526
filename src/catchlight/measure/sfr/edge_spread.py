"""The edge spread function as a smooth curve through the pixels, and its spectrum in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex128, Float64
from scipy.linalg import cho_solve_banded, cholesky_banded

from catchlight.core.errors import ContractError

# Spacing of the spline's knots. Its own spectrum is divided by nothing: it is exact (see `modulus`), and a cubic
# spline of this spacing follows a Gaussian of σ 0.35 px to 1e-4.
KNOT_PX = 0.25
# Beyond the sampling frequency of 1 cy/px nothing of a lens is left; the analytic edges of the tests reach 1.
FREQUENCY_STEP_CY_PX = 0.005
FREQUENCIES_CY_PX = np.arange(301) * FREQUENCY_STEP_CY_PX
# What is believed of a line spread function before it is seen, in units of its own width: height about 1, third
# differences about 1, both falling with the fourth power of the distance beyond twice the width. Only noise makes this
# matter: the weights are noise variance over these variances. Chosen among powers 3, 4, 6 and onsets 1.5, 2, 2.5 on
# analytic edges, σ 0.35 to 3 px with noise: rms error of MTF50 2.3, 2.0, 1.7 %; the sixth power is ill-conditioned.
_ONSET, _FALL = 2.0, 4.0
_MOST_WEIGHT = 1e6
_ERROR_EVERY = 5
_DIFFERENCE, _THIRD_DIFFERENCE = (-1.0, 1.0), (-1.0, 3.0, -3.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeSpread:
    """A cubic spline through the samples of an edge, ordered by their distance from it.

    Args:
        coefficients: of the cubic B-splines at `KNOT_PX` spacing; samples' units.
        first_px: position across the edge of the first B-spline's centre.
        factor: banded Cholesky factor of the normal equations (upper form).
        noise: standard deviation of one sample about the curve.
    """

    coefficients: Float64[np.ndarray, "n"]
    first_px: float
    factor: Float64[np.ndarray, "4 n"]
    noise: float

    @property
    def contrast(self) -> float:
        """Level far on the positive side minus level far on the negative side."""
        return float(self.coefficients[-1] - self.coefficients[0])

    def at(self, across_px: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "m"]:
        """The edge spread function at positions across the edge."""
        first, weights = _basis((across_px - self.first_px) / KNOT_PX - 1)
        n = len(self.coefficients)
        result: Float64[np.ndarray, "m"] = sum(
            (weights[:, k] * self.coefficients[np.clip(first + k, 0, n - 1)] for k in range(4)),
            np.zeros(len(across_px)),
        )
        return result

    def error_at(self, across_px: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "m"]:
        """Standard error of the curve at positions across the edge."""
        first, weights = _basis((across_px - self.first_px) / KNOT_PX - 1)
        rows = np.zeros((len(across_px), len(self.coefficients)))
        for k in range(4):
            place = np.clip(first + k, 0, len(self.coefficients) - 1)
            rows[np.arange(len(rows)), place] += weights[:, k]
        solved = cho_solve_banded((self.factor, False), rows.T)
        return np.sqrt(np.maximum(np.einsum("mn,nm->m", rows, solved), 0)) * self.noise

    def modulus(self) -> tuple[Float64[np.ndarray, "f"], Float64[np.ndarray, "f"]]:
        """Modulation transfer at `FREQUENCIES_CY_PX` (1 at frequency 0), and its standard error from the noise.

        A cubic spline's derivative, the line spread function, is a sum of quadratic B-splines whose heights are the
        differences of neighbouring coefficients; so its transform is that of those differences times sinc³: no bins,
        no discrete derivative and no correction for either.
        """
        frequency_cy_px = FREQUENCIES_CY_PX
        steps = np.diff(self.coefficients)
        total = float(steps.sum())
        # This long a discrete transform has just these frequencies; what is longer is wrapped round, which is the same.
        period = round(1 / (FREQUENCY_STEP_CY_PX * KNOT_PX))
        wrapped = np.bincount(np.arange(len(steps)) % period, steps, period)
        shape = np.sinc(frequency_cy_px * KNOT_PX) ** 3
        modulus = np.abs(np.fft.rfft(wrapped)[: len(frequency_cy_px)] * shape / total)
        # The error changes slowly: every few frequencies, and the last.
        some = np.unique(np.append(np.arange(0, len(frequency_cy_px), _ERROR_EVERY), len(frequency_cy_px) - 1))
        kernel = self._kernel(frequency_cy_px[some])
        transform = kernel @ steps / total
        # How the modulus follows the coefficients: through the transform, and through the contrast it is divided by.
        phase = np.conj(transform) / np.maximum(np.abs(transform), 1e-12)
        by_step = (np.real(phase[:, None] * kernel) - np.abs(transform)[:, None]) / total
        by_coefficient = np.zeros((len(some), len(self.coefficients)))
        by_coefficient[:, 1:] += by_step
        by_coefficient[:, :-1] -= by_step
        solved = cho_solve_banded((self.factor, False), by_coefficient.T)
        variance = np.einsum("fn,nf->f", by_coefficient, solved) * self.noise**2
        error = np.interp(frequency_cy_px, frequency_cy_px[some], np.sqrt(np.maximum(variance, 0)))
        return modulus, error

    def _kernel(self, frequency_cy_px: Float64[np.ndarray, "f"]) -> Complex128[np.ndarray, "f m"]:
        place = self.first_px + (np.arange(len(self.coefficients) - 1) + 0.5) * KNOT_PX
        wave = np.exp(-2j * np.pi * frequency_cy_px[:, None] * place)
        kernel: Complex128[np.ndarray, "f m"] = wave * np.sinc(frequency_cy_px * KNOT_PX)[:, None] ** 3
        return kernel


def fit_edge_spread(
    across_px: Float64[np.ndarray, "n"],
    value: Float64[np.ndarray, "n"],
    *,
    contrast: float,
    sigma_px: float,
    noise: float,
) -> EdgeSpread:
    """The edge spread function by a penalised spline on all samples at once.

    Args:
        across_px: signed distance of every sample from the edge.
        value: linear light.
        contrast: height of the step, for the scale of the penalty.
        sigma_px: width of the line spread function (a Gaussian's σ), for the same.
        noise: standard deviation of one sample; without noise there is no smoothing.

    Raises:
        ContractError: fewer than 64 samples.

    Source: P-splines as in Eilers and Marx 1996, "Flexible smoothing with B-splines and penalties", here with weights
    that are the noise variance over the expected variance of the curve (Wahba 1990, the Bayesian view of smoothing
    splines). ISO 12233:2017 Annex D bins the same samples to quarter pixels, differentiates and windows them.
    """
    if len(value) < 64:
        raise ContractError(f"an edge spread needs at least 64 samples; found {len(value)}")
    reach = float(np.abs(across_px).max()) + 1e-9
    knots = int(np.ceil(2 * reach / KNOT_PX))
    count = knots + 3
    start = -knots * KNOT_PX / 2
    first, weights = _basis((across_px - start) / KNOT_PX)
    banded, right = np.zeros((4, count)), np.zeros(count)
    for i in range(4):
        right += np.bincount(first + i, weights[:, i] * value, count)
        for j in range(i, 4):
            band = np.bincount(first + j, weights[:, i] * weights[:, j], count)
            banded[3 - (j - i)] += band
    first_px = start - KNOT_PX
    place = first_px + np.arange(count) * KNOT_PX
    width = float(np.hypot(sigma_px, 0.3))
    variance = max(noise, 1e-4 * abs(contrast)) ** 2
    for order, binomials in ((1, _DIFFERENCE), (3, _THIRD_DIFFERENCE)):
        middle = (place[order:] + place[:-order]) / 2
        fall = np.maximum(1.0, np.abs(middle) / width / _ONSET) ** _FALL
        expected = abs(contrast) * (KNOT_PX / width) ** order / fall
        weight = np.minimum(variance / np.square(expected), _MOST_WEIGHT)
        for offset in range(order + 1):
            for k in range(order + 1 - offset):
                pair = binomials[k] * binomials[k + offset] * weight
                banded[3 - offset, k + offset : k + offset + len(weight)] += pair
    banded[3] += 1e-9
    factor = cholesky_banded(banded)
    coefficients = cho_solve_banded((factor, False), right)
    fitted = sum((weights[:, k] * coefficients[first + k] for k in range(4)), np.zeros(len(value)))
    left = float(np.sqrt(np.square(value - fitted).mean()))
    return EdgeSpread(coefficients=coefficients, first_px=first_px, factor=factor, noise=max(noise, left))


def _basis(u: Float64[np.ndarray, "n"]) -> tuple[np.ndarray, Float64[np.ndarray, "n 4"]]:
    """Index of the first of the four cubic B-splines at each position, in knots, and their weights."""
    cell = np.floor(u).astype(np.int64)
    f = u - cell
    g = 1 - f
    weights = np.stack([g**3, 3 * f**3 - 6 * f**2 + 4, 3 * g**3 - 6 * g**2 + 4, f**3], axis=-1) / 6
    return cell, weights
