"""Small pictures of made-up scenes, as a camera would leave them in a folder."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from jaxtyping import Float32

from catchlight.core import Frame, Metadata
from catchlight.io import write_frame

Maker = Callable[..., Path]
_NOON_NS = 1_763_000_000_000_000_000


def _scene(seed: int, *, blur_px: float = 0.6, motion_px: int = 0) -> Float32[np.ndarray, "240 320"]:
    """Discs and bars with sharp edges on a soft ground, encoded, 0.1…0.8."""
    rng = np.random.default_rng((seed, 11))
    picture = 0.35 + 0.1 * cv2.GaussianBlur(rng.standard_normal((240, 320)).astype(np.float32), (0, 0), 20) * 20
    for _ in range(60):
        x, y, size = (int(v) for v in rng.integers((0, 0, 6), (320, 240, 30)))
        value = float(rng.uniform(0.1, 0.8))
        if rng.random() < 0.5:
            cv2.circle(picture, (x, y), size // 2, value, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(picture, (x, y), (x + size, y + size // 2), value, -1)
    picture = cv2.GaussianBlur(picture.clip(0.1, 0.8), (0, 0), blur_px)
    if motion_px:
        picture = cv2.blur(picture, (motion_px, 1))
    return picture.astype(np.float32)


@pytest.fixture
def scene() -> Callable[..., Float32[np.ndarray, "240 320"]]:
    """The function that draws a scene, such as the first one with a blur of 2 px or moved by 9 px."""
    return _scene


@pytest.fixture
def taken(tmp_path: Path) -> Maker:
    """The function that writes one picture to the folder `album` below `tmp_path`."""

    def make(
        name: str,
        *,
        seed: int = 1,
        at_s: float = 0.0,
        blur_px: float = 0.6,
        motion_px: int = 0,
        gain: float = 1.0,
        noise: float = 0.01,
        iso: float = 100.0,
    ) -> Path:
        rng = np.random.default_rng((seed, round(at_s * 100)))
        grey = _scene(seed, blur_px=blur_px, motion_px=motion_px) * np.float32(gain)
        grey = (grey + noise * rng.standard_normal(grey.shape)).clip(0, 1).astype(np.float32)
        metadata = Metadata(
            make="Acme", exposure_s=0.01, iso=iso, timestamp_ns=_NOON_NS + round(at_s * 1e9), orientation=1
        )
        frame = Frame(pixels=np.repeat(grey[..., None], 3, axis=2), transfer="srgb", metadata=metadata)
        path = tmp_path / "album" / name
        path.parent.mkdir(exist_ok=True)
        write_frame(path, frame)
        return path

    return make


@pytest.fixture
def album(taken: Maker) -> Path:
    """A burst of four (the third sharp, the fourth badly blurred), and a single picture."""
    for number, blur in enumerate((1.1, 1.3, 0.6, 4.0)):
        taken(f"a{number}.jpg", seed=1, at_s=0.2 * number, blur_px=blur)
    return taken("b.jpg", seed=2, at_s=300.0).parent
