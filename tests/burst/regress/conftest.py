"""Frames and alignments for the kernels, without a camera."""

from collections.abc import Callable

import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel


@pytest.fixture
def motion() -> Callable[..., Alignment]:
    """Rotation and zoom about the middle of an h×w frame, then a shift; `field` is the shift of every tile."""

    def make(
        h: int,
        w: int,
        *,
        shift_px: tuple[float, float] = (0.0, 0.0),
        angle_deg: float = 0.0,
        zoom: float = 1.0,
        field: np.ndarray | None = None,
        cell_px: int = 64,
    ) -> Alignment:
        c, s = zoom * np.cos(np.radians(angle_deg)), zoom * np.sin(np.radians(angle_deg))
        linear, middle = np.array([[c, -s], [s, c]]), np.array([w / 2, h / 2])
        rows, columns = -(-h // cell_px), -(-w // cell_px)
        shifts = np.zeros((rows, columns, 2), np.float32) if field is None else field.astype(np.float32)
        return Alignment(
            affine=np.column_stack([linear, middle - linear @ middle + np.array(shift_px)]),
            shifts=shifts,
            confidence=np.ones(shifts.shape[:2], np.float32),
            cell_px=cell_px,
        )

    return make


@pytest.fixture
def held() -> Callable[..., HeldFrame]:
    """A mosaic of a picture with noise of deviation `sigma`, held."""

    def make(
        picture: np.ndarray, cfa: CfaPattern, alignment: Alignment, *, sigma: float = 0.0, seed: int = 0, **more: object
    ) -> HeldFrame:
        noise = np.random.default_rng([seed, 3]).standard_normal(picture.shape[:2]) * sigma
        mosaic = LinearMosaic(
            values=(cfa.sample(picture.astype(np.float32)) + noise).astype(np.float32),
            cfa=cfa,
            gains=(1.0, 1.0, 1.0),
            noise=NoiseModel.same(shot=0.0, read=sigma**2),
            **more,  # type: ignore[arg-type]
        )
        return HeldFrame.of(mosaic, alignment)

    return make
