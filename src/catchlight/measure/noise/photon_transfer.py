"""Shot and read noise from variance against mean: the photon transfer method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64

from catchlight.core.errors import ContractError

Pair = tuple[float, float]

# The weights follow the fit: it settles in three or four rounds.
_ROUNDS = 12
# Points in which straightness is judged; each pools many bins.
_LEVELS = 16
_TINY = 1e-30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransferTable:
    """Variance in time against mean, in bins of rising signal: what `fit_photon_transfer` fits.

    Args:
        count: photosites in each bin.
        mean: their mean signal, normalised (black 0, white 1).
        variance: mean of their variances between frames.
        spread: variance of a single photosite's variance estimate about `variance`, for honest error bars.
        freedom: degrees of freedom of one photosite's variance (frames − 1).

    Raises:
        ContractError: bins of different numbers.
    """

    count: Float64[np.ndarray, "bins"]
    mean: Float64[np.ndarray, "bins"]
    variance: Float64[np.ndarray, "bins"]
    spread: Float64[np.ndarray, "bins"]
    freedom: int

    def __post_init__(self) -> None:
        if not self.count.shape == self.mean.shape == self.variance.shape == self.spread.shape:
            raise ContractError("count, mean, variance and spread of a transfer table have one entry a bin")
        if self.freedom < 1:
            raise ContractError(f"a variance in time needs two frames at least; found {self.freedom + 1}")

    @property
    def samples(self) -> float:
        """Photosites in all bins."""
        return float(self.count.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonTransfer:
    """variance = shot · signal + read, normalised (black 0, white 1), with standard errors.

    Args:
        shot: slope, ≥ 0; 1 / shot is the number of electrons at white.
        read: variance at no signal, ≥ 0, rounding included.
        shot_se: standard error of shot, from the scatter of the data.
        read_se: standard error of read.
        shot_limit: the least standard error that any unbiased estimate from as many samples can have (Cramér–Rao).
        read_limit: the same of read.
        curvature: share of the variance at the brightest level that a parabola adds to the line; 0 for a straight one.
        curvature_se: its standard error.
        samples: photosites that took part.
        darkest: mean signal below which the darkest hundredth of the samples lies.
        brightest: mean signal above which the brightest hundredth lies.
    """

    shot: float
    read: float
    shot_se: float
    read_se: float
    shot_limit: float
    read_limit: float
    curvature: float
    curvature_se: float
    samples: int
    darkest: float
    brightest: float

    @property
    def full_well_e(self) -> float:
        """Electrons at white level; infinite without shot noise."""
        return 1.0 / self.shot if self.shot > 0 else float("inf")

    @property
    def read_e(self) -> float:
        """Deviation of the read noise in electrons; infinite without shot noise."""
        return float(np.sqrt(self.read)) * self.full_well_e


def fit_photon_transfer(tables: Sequence[TransferTable]) -> PhotonTransfer:
    """The line through all tables, each bin weighted by what its variance can tell.

    The variance of a variance v with n samples is 2 v² / n, v being that of the fit and not of the data: dark bins
    decide on read, all of them on shot.

    Args:
        tables: of one gain; of any number of scenes, colours and levels.

    Raises:
        ContractError: no samples.

    Source: Janesick 2007, "Photon Transfer"; Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and
    fitting for single-image raw-data", section 3 (weights); White 1980, "A heteroskedasticity-consistent covariance
    matrix estimator" (standard errors).
    """
    used = [t.count > 0 for t in tables]
    if not any(u.any() for u in used):
        raise ContractError("a photon transfer fit needs samples; found none")
    x, y, spread, n = (
        np.concatenate([getattr(t, name)[u] for t, u in zip(tables, used, strict=True)])
        for name in ("mean", "variance", "spread", "count")
    )
    freedom = np.concatenate([np.full(int(u.sum()), float(t.freedom)) for t, u in zip(tables, used, strict=True)])
    x = np.maximum(x, 0.0)
    shot, read = weighted_line(x, y, n * freedom)
    v = np.maximum(shot * x + read, _TINY)
    weight = n * freedom / (2 * v * v)
    design = np.stack([x, np.ones_like(x)])
    information = (design * weight) @ design.T
    bound = _inverse(information)
    scatter = (design * (weight**2 * spread / n)) @ design.T
    covariance = bound @ scatter @ bound
    curvature, curvature_se = _curvature(x, y, spread / n, weight, n)
    low, high = _percentiles(x, n, 0.01, 0.99)
    return PhotonTransfer(
        shot=shot,
        read=read,
        shot_se=_deviation(covariance, 0),
        read_se=_deviation(covariance, 1),
        shot_limit=_deviation(bound, 0),
        read_limit=_deviation(bound, 1),
        curvature=curvature,
        curvature_se=curvature_se,
        samples=int(n.sum()),
        darkest=low,
        brightest=high,
    )


def weighted_line(x: Float64[np.ndarray, "n"], y: Float64[np.ndarray, "n"], count: Float64[np.ndarray, "n"]) -> Pair:
    """(shot, read) ≥ 0 of y = shot · x + read where y is a variance from `count` degrees of freedom.

    >>> x = np.array([0.1, 0.5, 0.9])
    >>> [round(v, 9) for v in weighted_line(x, 2e-4 * x + 1e-6, np.ones(3))]
    [0.0002, 1e-06]
    """
    v = np.maximum(y, max(float(np.average(y, weights=count)) * 1e-3, _TINY))
    shot, read = 0.0, 0.0
    for _ in range(_ROUNDS):
        w = count / np.square(v)
        s1, sx, sy = float(w.sum()), float((w * x).sum()), float((w * y).sum())
        sxx, sxy = float((w * x * x).sum()), float((w * x * y).sum())
        det = sxx * s1 - sx * sx
        shot, read = (
            ((sxy * s1 - sx * sy) / det, (sxx * sy - sx * sxy) / det) if det > 1e-12 * sxx * s1 else (0.0, sy / s1)
        )
        if shot < 0:
            shot, read = 0.0, max(sy / s1, 0.0)
        elif read < 0:
            # Least squares through the origin.
            shot, read = max(sxy / sxx, 0.0), 0.0
        v = np.maximum(shot * x + read, max(float(v.max()) * 1e-9, _TINY))
    return shot, read


def _curvature(
    x: Float64[np.ndarray, "n"],
    y: Float64[np.ndarray, "n"],
    y_variance: Float64[np.ndarray, "n"],
    weight: Float64[np.ndarray, "n"],
    count: Float64[np.ndarray, "n"],
) -> Pair:
    """What a term c·x² adds at the brightest level, as a share of the variance there, and its standard error."""
    order = np.argsort(x)
    at = np.cumsum(count[order])
    edges = np.unique(np.searchsorted(at, np.linspace(0, at[-1], _LEVELS + 1)[1:-1]))
    groups = [g for g in np.split(order, edges) if g.size]
    if len(groups) < 4:
        return 0.0, 0.0
    design = np.stack([x * x, x, np.ones_like(x)])
    inverse = _inverse((design * weight) @ design.T)
    c, shot, read = (float(p) for p in inverse @ ((design * weight) @ y))
    covariance = inverse @ ((design * (weight**2 * y_variance)) @ design.T) @ inverse
    top = float(np.average(x[groups[-1]], weights=count[groups[-1]]))
    level = max(c * top * top + shot * top + read, _TINY)
    return c * top * top / level, _deviation(covariance, 0) * top * top / level


def _inverse(information: Float64[np.ndarray, "k k"]) -> Float64[np.ndarray, "k k"]:
    """Inverse after scaling to a unit diagonal: slope and intercept differ by many orders of magnitude."""
    scale = 1 / np.sqrt(np.maximum(np.diag(information), _TINY))
    unit = information * np.outer(scale, scale)
    inverse: Float64[np.ndarray, "k k"] = np.linalg.pinv(unit, rcond=1e-12) * np.outer(scale, scale)
    return inverse


def _deviation(covariance: Float64[np.ndarray, "k k"], index: int) -> float:
    return float(np.sqrt(max(float(covariance[index, index]), 0.0)))


def _percentiles(x: Float64[np.ndarray, "n"], count: Float64[np.ndarray, "n"], low: float, high: float) -> Pair:
    order = np.argsort(x)
    share = np.cumsum(count[order]) / count.sum()
    first, last = (min(int(np.searchsorted(share, s)), x.size - 1) for s in (low, high))
    return float(x[order[first]]), float(x[order[last]])
