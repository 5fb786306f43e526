"""How unlike undamaged photos a picture looks, judged without a reference."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core.errors import ContractError
from catchlight.measure.no_reference.natural_statistics import FEATURES, natural_statistics
from catchlight.measure.similarity.luma import luma

_MODEL_FILE = Path(__file__).parent / "niqe_pristine.toml"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PristineModel:
    """Mean and covariance of the natural statistics of undamaged photos.

    Args:
        mean: of the 36 features.
        covariance: of the same; symmetric.
        patches: how many patches it was fitted to.

    Raises:
        ContractError: another shape, not symmetric, or NaN or infinity.
    """

    mean: Float64[np.ndarray, "36"]
    covariance: Float64[np.ndarray, "36 36"]
    patches: int

    def __post_init__(self) -> None:
        if self.mean.shape != (FEATURES,) or self.covariance.shape != (FEATURES, FEATURES):
            raise ContractError(f"a pristine model has {FEATURES} features; found {self.mean.shape}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()):
            raise ContractError("a pristine model holds finite numbers; found NaN or infinity")
        if not np.allclose(self.covariance, self.covariance.T):
            raise ContractError("a covariance is symmetric; this one is not")


def niqe(picture: Float32[np.ndarray, "h w *c"], *, model: PristineModel | None = None) -> float:
    """NIQE-type score: 0 would be the average undamaged photo, and larger is less like one.

    It rises with noise, blur and compression; compression too light to see, or a little smoothing of a grainy photo,
    may lower it slightly. **Its scale is our own**: the model was fitted to other photos than the authors', so values
    compare with each other and not with published NIQE values. Compare pictures of one scene and size: content alone
    moves it by as much as a slight damage, and few patches add to it.

    Args:
        picture: encoded (sRGB) luma or RGB, nominally 0…1; at least 192×192.
        model: the undamaged photos to compare with; None for the one that ships (`scripts/fit_niqe.py`).

    Raises:
        ContractError: too small, NaN or infinity, or fewer than two patches with any contrast.

    Source: Mittal, Soundararajan and Bovik 2013, "Making a 'completely blind' image quality analyzer", eq. 12.
    """
    pristine = model or shipped_model()
    features, _ = natural_statistics(luma(picture))
    if len(features) < 2:
        raise ContractError("NIQE needs two 96×96 patches with contrast; this picture is flat; give another one")
    apart = features.mean(axis=0) - pristine.mean
    pooled = (pristine.covariance + np.cov(features, rowvar=False)) / 2
    return float(np.sqrt(max(apart @ np.linalg.pinv(pooled, hermitian=True) @ apart, 0.0)))


def fit_pristine(pictures: Sequence[Float32[np.ndarray, "h w *c"]], *, sharpest: float = 0.75) -> PristineModel:
    """The model of undamaged photos.

    Args:
        pictures: encoded, nominally 0…1; each at least 192×192.
        sharpest: of each picture, only patches with at least this share of the largest local contrast count, as
            blurred background would make blur look natural (Mittal et al. 2013, section II-B: 0.75).

    Raises:
        ContractError: fewer patches than features, or as `natural_statistics`.
    """
    chosen = []
    for picture in pictures:
        features, contrast = natural_statistics(luma(picture))
        if len(features):
            chosen.append(features[contrast > sharpest * contrast.max()])
    every = np.concatenate(chosen) if chosen else np.empty((0, FEATURES))
    if len(every) <= FEATURES:
        raise ContractError(f"a model needs more than {FEATURES} sharp patches; found {len(every)}; give more photos")
    return PristineModel(mean=every.mean(axis=0), covariance=np.cov(every, rowvar=False), patches=len(every))


@cache
def shipped_model() -> PristineModel:
    """The model that ships, fitted by `scripts/fit_niqe.py`; its file says on which photos."""
    with _MODEL_FILE.open("rb") as file:
        held = tomllib.load(file)
    lower = np.zeros((FEATURES, FEATURES))
    lower[np.tril_indices(FEATURES)] = held["covariance_lower"]
    return PristineModel(
        mean=np.array(held["mean"]),
        covariance=lower + np.tril(lower, -1).T,
        patches=held["patches"],
    )
