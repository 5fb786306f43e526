"""A smooth picture and a map of two soft lamps, grey or of three channels."""

from collections.abc import Callable

import numpy as np
import pytest

from catchlight.core import Frame, Metadata
from catchlight.core.gain_map import GainMap


@pytest.fixture
def lamps() -> Callable[..., GainMap]:
    def make(rows: int = 48, columns: int = 64, *, coloured: bool = False, **facts: object) -> GainMap:
        y, x = np.mgrid[:rows, :columns] / max(rows, columns)
        light = [2.0 * np.exp(-((x - 0.3) ** 2 + (y - at) ** 2) / 0.02) for at in (0.2, 0.35, 0.5)]
        gain = np.stack(light, axis=2) if coloured else light[0] + 0.7 * light[2]
        most = tuple(float(v) for v in np.broadcast_to(gain.max(axis=(0, 1)), 3))
        given = {"gain_map_min": (0.0,) * 3, "gain_map_max": most, "alternate_headroom_ev": max(most), **facts}
        return GainMap(log2_gain=gain.astype(np.float32), **given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def photo(lamps: Callable[..., GainMap]) -> Callable[..., Frame]:
    def make(gain_map: GainMap | None = None, *, height: int = 96, width: int = 128, orientation: int = 1) -> Frame:
        y, x = np.mgrid[:height, :width].astype(np.float32)
        pixels = np.stack((x / width, y / height, (x + y) / (width + height)), axis=2) * np.float32(0.8)
        pixels = pixels + np.float32(0.1)
        return Frame(pixels=pixels, transfer="srgb", metadata=Metadata(orientation=orientation), gain_map=gain_map)

    return make
