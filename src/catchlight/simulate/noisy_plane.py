"""Photon and read noise on one plane of light, without a converter: neither rounded nor clipped."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32


def noisy_plane(
    light: Float32[np.ndarray, "h w"], *, shot: float, read: float, rng: np.random.Generator
) -> Float32[np.ndarray, "h w"]:
    """The light as photosites count it: photons arrive by Poisson's law, read noise is Gaussian.

    Args:
        light: mean signal, normalised (black 0, white 1); negative values count as none.
        shot: slope of the variance against the signal, the reciprocal of the photons at white; 0 is no photon noise.
        read: variance at no signal.
        rng: random stream.

    Returns:
        Signal on the same scale; read noise takes it below 0.

    Source: Foi et al. 2008, "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data".
    """
    signal = np.maximum(light, 0).astype(np.float64)
    if shot > 0:
        signal = rng.poisson(signal / shot) * shot
    noisy: Float32[np.ndarray, "h w"] = (signal + math.sqrt(read) * rng.standard_normal(light.shape)).astype(np.float32)
    return noisy
