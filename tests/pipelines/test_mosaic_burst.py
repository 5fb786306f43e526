from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.core import RawFrame
from catchlight.pipelines import DevelopSettings, mosaic_burst
from catchlight.pipelines.mosaic_burst import MosaicBurst
from catchlight.pipelines.stopwatch import Stopwatch
from catchlight.simulate import IMX477, TRIPOD, BurstPlan, night_city, simulate_burst

SIZE = (96, 128)
LINEAR = DevelopSettings(render="linear")


@pytest.fixture(scope="module")
def frames() -> list[RawFrame]:
    plan = BurstPlan(frames=6, gain=4.0, exposure=0.8, shake=TRIPOD, size_px=SIZE, seed=2)
    return list(simulate_burst(night_city(height_px=160, width_px=200, seed=3), sensor=IMX477, plan=plan))


def _merged(frames: list[RawFrame], settings: DevelopSettings, *, moved_px: float = 0.0) -> MosaicBurst:
    burst = MosaicBurst(frames[0], settings)
    alignment = replace(Alignment.identity(SIZE), affine=np.array([[1.0, 0.0, moved_px], [0.0, 1.0, 0.0]]))
    for frame in frames[1:]:
        burst.add(burst.linearise(frame), alignment, 1.0)
    return burst


def _stages(burst: MosaicBurst) -> list[str]:
    seen: list[str] = []
    watch = Stopwatch(lambda stage, done, of: seen.append(stage))
    burst.finish_merge()
    burst.render(watch)
    return seen


# A frame moved by whole 2×2 tiles shows every site the colour that it has anyway.
@pytest.mark.parametrize("scale", [1.0, 2.0])
@pytest.mark.parametrize(("moved_px", "refined"), [(0.0, False), (2.0, False), (0.5, True)])
def test_only_a_burst_that_moved_is_refined(
    moved_px: float, refined: bool, scale: float, frames: list[RawFrame]
) -> None:
    stages = _stages(_merged(frames[:3], replace(LINEAR, scale=scale), moved_px=moved_px))
    assert ("refine" in stages) == refined
    assert "RAW engine" in stages


@pytest.mark.parametrize("dials", [{"engine": "classical"}, {"denoise": 0.0}])
def test_the_classical_way_is_asked_for_or_keeps_the_noise(dials: dict[str, Any], frames: list[RawFrame]) -> None:
    stages = _stages(_merged(frames[:2], replace(LINEAR, **dials)))
    assert "demosaic" in stages
    assert "RAW engine" not in stages


@pytest.mark.parametrize(("held_bytes", "others"), [(10**9, 5), (3 * 2 * 96 * 128, 2), (1, 1)])
def test_large_frames_are_held_in_smaller_number(
    held_bytes: int, others: int, frames: list[RawFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def refine(rgb: np.ndarray, held: list[object], *rest: object, **more: object) -> None:
        counts.append(len(held))

    monkeypatch.setattr(mosaic_burst, "_HELD_BYTES", held_bytes)
    monkeypatch.setattr(mosaic_burst, "refine", refine)
    assert "refine" in _stages(_merged(frames, LINEAR, moved_px=0.5))
    assert set(counts) == {1 + others}


def test_a_burst_of_which_only_the_mosaic_is_asked_holds_nothing(frames: list[RawFrame]) -> None:
    burst = _merged(frames[:3], DevelopSettings(render="mosaic"), moved_px=0.5)
    assert "refine" not in _stages(burst)
    assert burst.merged is not None
    assert burst.merged.share is not None
    assert float(burst.merged.share.mean()) < 0.6
