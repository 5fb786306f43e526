"""Textured pictures, frames of them seen from elsewhere, and mosaics."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import settings

from catchlight.core import BayerName, CfaPattern, LinearMosaic, NoiseModel

settings.register_profile("quick", max_examples=40, deadline=None)
settings.load_profile("quick")


@pytest.fixture
def texture() -> Callable[..., np.ndarray]:
    """Grey detail of all scales, 0.1…0.9, without frequencies that resampling would lose."""

    def make(height: int, width: int, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        total = np.zeros((height, width), np.float32)
        for sigma in (1.2, 3.0, 8.0, 20.0):
            layer = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), sigma)
            total += layer / layer.std()
        total -= total.min()
        return np.float32(0.1) + np.float32(0.8) * total / total.max()

    return make


@pytest.fixture
def rigid() -> Callable[..., np.ndarray]:
    """2×3 `frame_from_reference`: rotation about the middle of an h×w frame, then a shift; pixel centres at 0.5."""

    def make(height: int, width: int, *, shift_px: tuple[float, float], angle_deg: float = 0.0) -> np.ndarray:
        c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
        linear = np.array([[c, -s], [s, c]])
        middle = np.array([width / 2, height / 2])
        return np.column_stack([linear, middle - linear @ middle + np.array(shift_px)])

    return make


@pytest.fixture
def seen_under() -> Callable[..., np.ndarray]:
    """The h×w frame that shows the reference's place p at affine(p), cut from a canvas with `margin` around it."""

    def make(canvas: np.ndarray, affine: np.ndarray, margin: int) -> np.ndarray:
        h, w = canvas.shape[0] - 2 * margin, canvas.shape[1] - 2 * margin
        # Index coordinates of the canvas: place = index + 0.5 - margin.
        offset = np.array([0.5 - margin, 0.5 - margin])
        linear, shift = affine[:, :2], affine[:, 2]
        index = np.column_stack([linear, linear @ offset + shift - 0.5])
        return cv2.warpAffine(canvas, index, (w, h), flags=cv2.INTER_LANCZOS4)

    return make


@pytest.fixture
def as_mosaic() -> Callable[..., LinearMosaic]:
    """A mosaic of a grey or RGB picture with noise of deviation `sigma` in every sample."""

    def make(picture: np.ndarray, *, sigma: float = 0.0, seed: int = 0, name: BayerName = "RGGB") -> LinearMosaic:
        cfa = CfaPattern(name=name)
        h, w = picture.shape[:2]
        if picture.ndim == 3:
            index = np.tile(cfa.indices, (h // 2, w // 2)).astype(int)
            picture = np.take_along_axis(picture, index[..., None], -1)[..., 0]
        noise = np.random.default_rng([seed, 7]).standard_normal((h, w)) * sigma
        return LinearMosaic(
            values=(picture + noise).astype(np.float32),
            cfa=cfa,
            gains=(1.0, 1.0, 1.0),
            noise=NoiseModel.same(shot=0.0, read=max(sigma, 1e-4) ** 2),
        )

    return make
