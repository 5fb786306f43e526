from dataclasses import replace

import numpy as np
import pytest

from catchlight.burst import Alignment, MosaicMerge
from catchlight.burst.merge.residual_variance import residual_variance
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel

HEIGHT, WIDTH, FRAMES, BORDER = 96, 128, 8, 24
# Unequal noise in the three colours, as white balance makes it.
NOISE = NoiseModel(shot=(6e-4, 3e-4, 5e-4), read=(8e-5, 2e-5, 6e-5))
RGGB = CfaPattern(name="RGGB")
SHIFTS = np.random.default_rng(5).uniform(-6, 6, (FRAMES - 1, 2))


def _frame(scene: np.ndarray, rng: np.random.Generator) -> LinearMosaic:
    index = np.tile(RGGB.indices, (HEIGHT // 2, WIDTH // 2)).astype(int)
    variance = np.array(NOISE.shot)[index] * scene + np.array(NOISE.read)[index]
    values = scene + rng.standard_normal(scene.shape) * np.sqrt(variance)
    return LinearMosaic(values=values.astype(np.float32), cfa=RGGB, gains=(1.8, 1.0, 1.5), noise=NOISE)


def _moved(dx: float, dy: float) -> Alignment:
    affine = np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]])
    return replace(Alignment.identity((HEIGHT, WIDTH)), affine=affine)


def _ratios(scenes: list[np.ndarray], shifts: np.ndarray, seeds: int = 10) -> list[float]:
    """Empirical over stated variance for red, green, blue; every seed is a burst with other noise."""
    values, stated = [], []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 3])
        merge = MosaicMerge(_frame(scenes[0], rng))
        for scene, (dx, dy) in zip(scenes[1:], shifts, strict=True):
            merge.add(_frame(scene, rng), _moved(float(dx), float(dy)))
        merged = merge.finish()
        values.append(merged.values)
        stated.append(residual_variance(merged, moved=bool(np.any(shifts))))
    inner = (slice(BORDER, -BORDER),) * 2
    found, said = np.var(values, axis=0, ddof=1)[inner], np.mean(stated, axis=0)[inner]
    index = np.tile(RGGB.indices, (HEIGHT // 2, WIDTH // 2))[inner]
    return [float(found[index == c].mean() / said[index == c].mean()) for c in range(3)]


# 960 samples of red × 10 bursts, neighbours correlated over a few samples: the mean variance scatters by 3 %.
@pytest.mark.parametrize("level", [0.02, 0.5])
@pytest.mark.parametrize("shaken", [False, True])
def test_flat_ground_has_the_variance_that_is_stated(level: float, shaken: bool) -> None:
    flat = np.full((HEIGHT, WIDTH), level)
    ratios = _ratios([flat] * FRAMES, SHIFTS if shaken else np.zeros((FRAMES - 1, 2)))
    np.testing.assert_allclose(ratios, 1.0, atol=0.12)


def test_smooth_texture_is_close() -> None:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)

    def scene(dx: float, dy: float) -> np.ndarray:
        u, v = x - dx, y - dy
        return 0.3 + 0.15 * np.sin(u * 0.5 + v * 0.3) + 0.1 * np.sin(v * 0.9 - u * 0.2)

    scenes = [scene(0, 0), *(scene(float(dx), float(dy)) for dx, dy in SHIFTS)]
    np.testing.assert_allclose(_ratios(scenes, SHIFTS), 1.0, atol=0.15)


def test_where_something_moved_the_single_frame_speaks() -> None:
    scenes = []
    for k in range(FRAMES):
        scene = np.full((HEIGHT, WIDTH), 0.2)
        scene[40:56, 4 * k : 4 * k + 60] = 0.9 if k == 0 else 0.05 * k
        scenes.append(scene)
    rng = np.random.default_rng(7)
    merge = MosaicMerge(_frame(scenes[0], rng))
    for scene in scenes[1:]:
        merge.add(_frame(scene, rng), _moved(0.0, 0.0))
    merged = merge.finish()
    single = residual_variance(replace(merged, share=None), moved=False)
    part = residual_variance(merged, moved=False) / single
    assert part[44:52, 20:50].min() > 0.99
    assert part[76:].mean() == pytest.approx(1 / FRAMES, rel=0.03)


def test_a_single_frame_has_the_noise_of_its_model() -> None:
    frame = _frame(np.full((HEIGHT, WIDTH), 0.3), np.random.default_rng(0))
    found = residual_variance(frame, moved=False)
    assert found.dtype == np.float32
    for colour, plane in RGGB.planes:
        assert float(found[plane].mean()) == pytest.approx(NOISE.variance(0.3, channel=colour), rel=0.01)
