import cv2
import numpy as np
import pytest

from catchlight.core import LinearMosaic
from catchlight.evaluate.raw_engine.flat_noise import (
    COLOUR_LEFT,
    GRAIN_LEFT,
    NOISE_LEFT,
    OFF,
    WORST_OCTAVE,
    FlatCase,
    flat_cases,
    flat_rows,
    flat_scores,
)

CASE = FlatCase(gain=4.0, level=0.1)


@pytest.fixture(scope="module")
def mosaic() -> LinearMosaic:
    return CASE.mosaic(0)


def _repeated(mosaic: LinearMosaic) -> np.ndarray:
    """Each quad's own colours at all its four pixels: what it holds, and nothing else."""
    planes = [mosaic.values[plane] for _, plane in mosaic.cfa.planes]
    rgb = np.stack([planes[0], (planes[1] + planes[2]) / 2, planes[3]], axis=-1)
    return np.repeat(np.repeat(rgb, 2, axis=0), 2, axis=1)


def test_known_answers(mosaic: LinearMosaic) -> None:
    assert mosaic.cfa.name == "RGGB"
    found = flat_scores(_repeated(mosaic), mosaic, level=CASE.level)
    for metric, value in {NOISE_LEFT: 1, WORST_OCTAVE: 1, COLOUR_LEFT: 1, GRAIN_LEFT: 0, OFF: 0}.items():
        assert found[metric] == pytest.approx(value, abs=1e-5), metric
    even = np.full((*mosaic.shape, 3), CASE.level * 1.05, np.float32)
    found = flat_scores(even, mosaic, level=CASE.level)
    assert found[NOISE_LEFT] < 1e-4 and found[WORST_OCTAVE] < 1e-4
    assert found[OFF] == pytest.approx(0.05, abs=0.005)


def test_noise_made_into_structure_is_told_though_there_is_less_of_it(mosaic: LinearMosaic) -> None:
    blobs = cv2.GaussianBlur(_repeated(mosaic), (0, 0), 6) - np.float32(CASE.level)
    found = flat_scores(np.float32(CASE.level) + 3 * blobs, mosaic, level=CASE.level)
    assert found[NOISE_LEFT] < 1
    assert found[WORST_OCTAVE] > 1.5
    maze = (np.indices(mosaic.shape).sum(0) % 2).astype(np.float32) * mosaic.values.std()
    found = flat_scores(np.float32(CASE.level) + np.repeat(maze[..., None], 3, -1), mosaic, level=CASE.level)
    assert found[GRAIN_LEFT] == pytest.approx(0.5, rel=0.1)


def test_a_mean_of_frames_tells_its_share() -> None:
    mean = FlatCase(gain=4.0, level=0.1, frames=8).mosaic(0)
    single = CASE.mosaic(0)
    assert mean.share is not None and float(mean.share.max()) == 0.125
    assert mean.noise == single.noise
    # 65536 samples each: the ratio of two deviations is sure to 0.4 %.
    assert mean.values.std() / single.values.std() == pytest.approx(8**-0.5, rel=0.02)


def test_rows_have_an_interval_over_seeds() -> None:
    names = [case.name for case in flat_cases((1.0, 16.0), quick=False)]
    assert len(set(names)) == len(names) == 8
    figures = [dict.fromkeys((NOISE_LEFT, WORST_OCTAVE, GRAIN_LEFT, COLOUR_LEFT, OFF), v) for v in (0.1, 0.2)]
    rows = flat_rows({"grey": {"m": figures}})
    assert {row.metric for row in rows} == set(figures[0])
    assert all(row.value == pytest.approx(0.15) and row.ci95 and not row.higher_is_better for row in rows)
