"""Frames of different exposure in one mosaic: known scenes, with the noise that each exposure has."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.burst.alignment import Alignment
from catchlight.burst.exposure.exposure_merge import ExposureMerge
from catchlight.core import CfaPattern, ContractError, LinearMosaic, NoiseModel

Make = Callable[..., np.ndarray]
# Of one photosite at its own full scale: about a phone sensor at gain 4.
SHOT, READ = 4e-4, 4e-6
GAINS = (2.0, 1.0, 1.5)
H, W = 160, 192


def _shot(light: np.ndarray, factor: float, *, seed: int, gains: tuple[float, float, float] = GAINS) -> LinearMosaic:
    """What a frame with `factor` times the reference's exposure records of balanced light, brought back to it."""
    cfa = CfaPattern(name="RGGB")
    gain = np.array(gains)[np.tile(cfa.indices, (light.shape[0] // 2, light.shape[1] // 2))]
    rng = np.random.default_rng([seed, 11])
    signal = light / gain * factor
    recorded = np.clip(signal + rng.standard_normal(light.shape) * np.sqrt(SHOT * signal + READ), None, 1)
    scale = 1 / factor
    noise = NoiseModel(
        shot=tuple(SHOT * g * scale for g in gains),  # type: ignore[arg-type]
        read=tuple(READ * (g * scale) ** 2 for g in gains),  # type: ignore[arg-type]
    )
    values = (recorded * gain * scale).astype(np.float32)
    return LinearMosaic(values=values, cfa=cfa, gains=gains, noise=noise, exposure=scale)


def _merge(frames: Sequence[LinearMosaic], alignment: Alignment | None = None) -> tuple[LinearMosaic, list[np.ndarray]]:
    merge = ExposureMerge(frames[0])
    alignment = alignment or Alignment.identity(frames[0].shape)
    weights = [merge.add(frame, alignment) for frame in frames[1:]]
    return merge.finish(), weights


def _best_variance(frames: Sequence[LinearMosaic], level: float, channel: int) -> float:
    told = [f for f in frames if level < 0.8 * f.exposure * f.gains[channel]]
    return 1 / sum(1 / f.noise.variance(level, channel=channel) for f in told)


@pytest.mark.parametrize("level", [2e-4, 5e-3, 0.06, 0.5, 3.0])
def test_a_flat_place_has_the_variance_of_inverse_variance_weights(level: float) -> None:
    light = np.full((H, W), level)
    frames = [_shot(light, factor, seed=k) for k, factor in enumerate((1.0, 1 / 8, 8.0))]
    found, _ = _merge(frames)
    assert found.exposure == 8.0
    assert found.share is not None
    green = [plane for colour, plane in found.cfa.planes if colour == 1]
    error = np.concatenate([(found.values[p] - level).ravel() for p in green])
    theory = _best_variance(frames, level, 1)
    # 15 000 samples: their variance is known to 1.2 %, and the trust takes some frames out by chance.
    assert float(np.square(error).mean()) == pytest.approx(theory, rel=0.12)
    assert abs(float(error.mean())) < 4 * np.sqrt(theory / error.size)
    # The share says the same, whatever the level: per colour of the noise model at the value.
    by_colour = [_best_variance(frames, level, c) / found.noise.variance(level, channel=c) for c in (0, 1, 1, 2)]
    assert float(np.median(found.share)) == pytest.approx(float(np.mean(by_colour)), rel=0.1)


def test_highlights_come_from_the_short_frame_without_a_seam() -> None:
    ramp = np.broadcast_to(np.geomspace(0.05, 7.0, W), (H, W))
    frames = [_shot(ramp, factor, seed=k) for k, factor in enumerate((1.0, 1 / 8))]
    found, _ = _merge(frames)
    ratio = found.values / ramp
    columns = cv2.blur(ratio, (8, 1))[:, 4:-4].mean(axis=0)
    # Mean of 160 rows and 8 columns of the short frame's noise: 0.4 % at 1; six deviations.
    assert np.abs(columns - 1).max() < 0.025
    assert found.values.max() > 5


def test_a_long_reference_and_a_short_one_tell_the_same(texture: Make) -> None:
    light = np.exp(6 * texture(H, W) - 4).astype(np.float64)  # 0.03 … 4
    shots = {factor: _shot(light, factor, seed=int(8 * factor)) for factor in (1 / 4, 1.0, 4.0)}
    results = []
    for first in (1 / 4, 1.0, 4.0):
        others = [f for f in shots if f != first]
        base = shots[first]
        # Brought to the first one's exposure.
        frames = [_scaled(shots[f], first) for f in [first, *others]]
        found, _ = _merge(frames)
        assert found.exposure == pytest.approx(max(f.exposure for f in frames))
        assert base.shape == found.shape
        results.append(found.values / first)
    for result in results:
        relative = np.abs(result - light) / light
        # One photon's share at the middle of the scene (0.35) is 3.4 %, and the long frame is clipped there.
        assert float(np.median(relative)) < 0.03
    np.testing.assert_allclose(np.log(results[0]).mean(), np.log(results[2]).mean(), atol=0.01)


def _scaled(mosaic: LinearMosaic, factor: float) -> LinearMosaic:
    return replace(
        mosaic,
        values=mosaic.values * np.float32(factor),
        noise=mosaic.noise.scaled(factor),
        exposure=mosaic.exposure * factor,
    )


@pytest.mark.parametrize("brightness", [0.02, 0.4, 5.0])
def test_what_moved_leaves_no_ghost(brightness: float, texture: Make) -> None:
    """A square in another place in every frame, dark, middling or clipped in the reference."""
    ground = 0.15 + 0.2 * texture(H, W)
    frames, truth = [], None
    for k, factor in enumerate((1.0, 1 / 8, 8.0, 1 / 8)):
        light = ground.astype(np.float64)
        light[50:80, 30 + 30 * k : 60 + 30 * k] = brightness
        truth = light if truth is None else truth
        frames.append(_shot(light, factor, seed=k))
    found, _ = _merge(frames)
    assert truth is not None
    seen = np.minimum(truth, 0.9)
    error = np.abs(np.minimum(found.values, 0.9) - seen)
    sigma = np.sqrt(frames[0].noise.variance(0.35, channel=0))
    # Nothing of the other frames' squares beyond the noise of one frame; the square itself is as the reference has it.
    assert error[46:84, 64:].mean() < sigma
    assert cv2.blur(error, (8, 8))[46:84, 64:].max() < 2 * sigma


def test_where_the_reference_is_clipped_a_darker_short_frame_is_refused() -> None:
    """A bright wall in the reference, in front of which a dark thing stands in the only short frame."""
    wall = np.full((H, W), 3.0)
    hidden = wall.copy()
    hidden[60:100, 70:120] = 0.1
    found, weights = _merge([_shot(wall, 1.0, seed=0), _shot(hidden, 1 / 8, seed=1)])
    assert weights[0][34:46, 40:55].max() < 0.01
    # The wall goes on behind it, in the brightness and colour of its surroundings.
    inside = found.values[64:96, 74:116]
    assert float(inside.min()) > 2.0
    for _, plane in found.cfa.planes:
        assert float(inside[plane].mean()) == pytest.approx(3.0, rel=0.1)


def test_a_band_that_the_short_frame_does_not_see_keeps_the_colour_of_its_surroundings() -> None:
    """A green sky, brighter in the middle, whose green alone is clipped: the short frame misses the left 24 columns."""
    colours = np.tile(np.array([[0.8, 1.3], [1.3, 1.0]]), (H // 2, W // 2))
    sky = colours * np.linspace(1.0, 2.0, W)
    aside = replace(Alignment.identity((H, W)), affine=np.array([[1.0, 0, -24], [0, 1, 0]]))
    merge = ExposureMerge(_shot(sky, 1.0, seed=0))
    merge.add(_shot(np.roll(sky, -24, axis=1), 1 / 8, seed=1), aside)
    found = merge.finish()
    unseen = np.s_[:, 2:18]
    for _, plane in found.cfa.planes:
        ratio = (found.values[unseen] / sky[unseen])[plane]
        assert float(ratio.mean()) == pytest.approx(1, rel=0.1)


def test_where_nothing_tells_more_the_reference_turns_white_not_magenta() -> None:
    light = np.full((H, W), 4.0)
    found, _ = _merge([_shot(light, 1.0, seed=0), _shot(light, 2.0, seed=1)])
    assert found.exposure == 1.0
    np.testing.assert_allclose(found.values, max(GAINS), rtol=1e-3)


def test_where_all_are_clipped_the_shortest_says_how_bright_at_least() -> None:
    light = np.full((H, W), 40.0)
    light[:, : W // 2] = 2.0
    found, _ = _merge([_shot(light, 1.0, seed=0), _shot(light, 1 / 8, seed=1)])
    for colour, plane in found.cfa.planes:
        clipped = found.values[:, W // 2 + 16 :][plane]
        assert float(clipped.mean()) == pytest.approx(8 * GAINS[colour], rel=1e-3)
    assert float(found.values[:, : W // 2 - 16].mean()) == pytest.approx(2.0, rel=0.02)


def test_frames_in_other_places_merge_within_their_noise(texture: Make, rigid: Make, seen_under: Make) -> None:
    margin = 24
    canvas = texture(H + 2 * margin, W + 2 * margin)
    # From a tenth of the white to five times of it over some 20 columns: no step that resampling would ring at.
    canvas *= np.exp(np.log(0.1) + np.log(50) / (1 + np.exp((W / 2 - np.arange(canvas.shape[1])) / 4))).astype(
        np.float32
    )
    light = canvas[margin:-margin, margin:-margin]
    affine = rigid(H, W, shift_px=(7.4, -4.7), angle_deg=0.7)
    other = seen_under(canvas, affine, margin)
    alignment = replace(Alignment.identity((H, W)), affine=affine)
    merge = ExposureMerge(_shot(light, 1.0, seed=0))
    for k, factor in enumerate((1 / 8, 8.0)):
        merge.add(_shot(other, factor, seed=k + 1), alignment)
    found = merge.finish()
    inner = (slice(12, -12), slice(12, -12))
    dark = np.broadcast_to(np.arange(W) < W // 2 - margin - 24, (H, W))[inner]
    error = (found.values - light)[inner][dark]
    alone = (_shot(light, 1.0, seed=0).values - light)[inner][dark]
    # The long frame has a third of the noise there.
    assert np.square(error).mean() < 0.2 * np.square(alone).mean()
    bright = light[inner] > 1.2
    assert np.abs((found.values / light)[inner][bright] - 1).mean() < 0.06


@pytest.mark.parametrize("level", [5e-3, 0.4, 3.0])
def test_the_share_counts_the_noise_that_resampling_takes(level: float, rigid: Make) -> None:
    light = np.full((H, W), level)
    alignment = replace(Alignment.identity((H, W)), affine=rigid(H, W, shift_px=(3.4, -1.7), angle_deg=0.8))
    merge = ExposureMerge(_shot(light, 1.0, seed=0))
    for k, factor in enumerate((1 / 8, 8.0)):
        merge.add(_shot(light, factor, seed=k + 1), alignment)
    found = merge.finish()
    assert found.share is not None
    inner = (slice(20, -20), slice(20, -20))
    quads = np.square(found.values - level)[inner]
    variance = np.mean([found.noise.variance(level, channel=c) for c in (0, 1, 1, 2)])
    share = float(found.share[10:-10, 10:-10].mean())
    assert float(quads.mean()) == pytest.approx(share * variance, rel=0.15)


def test_inputs_stay_as_they_are_and_one_frame_is_itself(texture: Make) -> None:
    light = 0.1 + 0.5 * texture(H, W)
    frames = [_shot(light, factor, seed=k) for k, factor in enumerate((1.0, 1 / 8, 8.0))]
    before = [f.values.copy() for f in frames]
    found, _ = _merge(frames)
    for frame, values in zip(frames, before, strict=True):
        np.testing.assert_array_equal(frame.values, values)
    assert not np.shares_memory(found.values, frames[0].values)
    alone = ExposureMerge(frames[0]).finish()
    np.testing.assert_allclose(alone.values, frames[0].values, rtol=2e-6, atol=1e-7)
    assert alone.share is not None
    np.testing.assert_allclose(alone.share, 1, rtol=1e-4)


def test_frames_of_another_shape_are_refused() -> None:
    merge = ExposureMerge(_shot(np.full((H, W), 0.1), 1.0, seed=0))
    with pytest.raises(ContractError, match="share size and pattern"):
        merge.add(_shot(np.full((H, W + 2), 0.1), 1.0, seed=0), Alignment.identity((H, W + 2)))
