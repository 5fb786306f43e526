"""Pictures that pass for photos, and sets of them on disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest


def make_photo(seed: int, side_px: int = 144) -> np.ndarray:
    """Sharp coloured things of all sizes with a lens's blur and a sensor's noise."""
    rng = np.random.default_rng([77, seed])
    scene = np.empty((side_px, side_px, 3), np.float32)
    scene[:] = rng.uniform(0.2, 0.8, 3)
    for _ in range(60):
        x, y, size = (int(v) for v in rng.integers((0, 0, 4), (side_px, side_px, side_px // 3)))
        colour = tuple(float(v) for v in rng.uniform(0.05, 0.95, 3))
        cv2.ellipse(scene, (x, y), (size, size // 2 + 1), float(rng.uniform(0, 180)), 0, 360, colour, -1)
    scene = cv2.GaussianBlur(scene, (0, 0), 0.7) + rng.normal(0, 0.02, scene.shape)
    return (scene.clip(0, 1) * 255).round().astype(np.uint8)


def write_png(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1])
    return path


@pytest.fixture
def photo() -> Callable[..., np.ndarray]:
    return make_photo


@pytest.fixture
def write() -> Callable[[Path, np.ndarray], Path]:
    return write_png


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Six photos for training and three for validation."""
    folder = tmp_path / "album"
    for number in range(6):
        write_png(folder / "train" / f"{number}.png", make_photo(number))
    for number in range(6, 9):
        write_png(folder / "val" / f"{number}.png", make_photo(number))
    return folder
