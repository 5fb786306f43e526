"""A small photo, and an engine that needs no weights."""

import numpy as np
import pytest

from catchlight.camera import interpolate_cfa, interpolate_mosaic
from catchlight.core import CfaPattern, LinearMosaic
from catchlight.develop import denoise_mosaic
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.engines import MeasuredEngine
from catchlight.simulate import night_city


class StandIn:
    """Catchlight's chain in the place of a network; `offset` is added to what it makes."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset, self.calls = np.float32(offset), 0

    def interpolate(self, values: np.ndarray, cfa: CfaPattern, *, deviation: float = 0.0) -> np.ndarray:
        self.calls += 1
        return interpolate_cfa(values, cfa, noise_variance=deviation**2) + self.offset

    def develop(self, mosaic: LinearMosaic) -> np.ndarray:
        self.calls += 1
        return interpolate_mosaic(denoise_mosaic(mosaic)) + self.offset


@pytest.fixture
def engines() -> tuple[MeasuredEngine, ...]:
    """`best` as good as the chain, its int8 and `fast` a little off."""
    return (
        MeasuredEngine("engine best fp32", StandIn()),
        MeasuredEngine("engine best int8", StandIn(0.003)),
        MeasuredEngine("engine fast int8", StandIn(0.01)),
    )


@pytest.fixture(scope="session")
def town() -> Photo:
    return Photo(name="town/3", frame=night_city(height_px=200, width_px=200, seed=3))
