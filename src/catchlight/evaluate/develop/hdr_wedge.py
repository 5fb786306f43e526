"""Dynamic range of a merged bracket over that of its middle frame, against what photons and read noise allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64

from catchlight.core import GREEN, Frame, LinearMosaic
from catchlight.evaluate.develop.hdr_bracket import Bracket, linear_frames, merge_bracket
from catchlight.measure.dynamic_range import dynamic_range

# Patches of half a stop from the scene's white down: 21 EV reach below the noise of the longest frame.
_STEPS, _STEP_EV, _COLUMNS = 42, 0.5, 7
# What a clipped neighbour spoils stays outside the middle that is measured.
_PATCH_PX, _INSET_PX = 48, 12
_MARGIN_PX, _SHAKE_PX = 40, 40
# Noise is measured on means of 8×8 samples: resampling smooths the finest noise, which is no gain in range.
_BLOCK_PX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeGain:
    """What a bracket adds to the dynamic range of its middle frame, in EV.

    Args:
        single_ev: measured range of the middle frame.
        merged_ev: measured range of the merged bracket.
        theory_ev: what the merged one has over the middle one by the noise models alone.
    """

    single_ev: float
    merged_ev: float
    theory_ev: float

    @property
    def gain_ev(self) -> float:
        """Measured."""
        return self.merged_ev - self.single_ev


def wedge_scene() -> tuple[Frame, Float64[np.ndarray, "n"]]:
    """A wedge of neutral patches amid grey texture, linear, its brightest patch 1; and the patches' levels."""
    rows = _STEPS // _COLUMNS
    around = _MARGIN_PX + _SHAKE_PX
    h, w = rows * _PATCH_PX + 2 * around, _COLUMNS * _PATCH_PX + 2 * around
    rng = np.random.default_rng(5)
    texture = np.zeros((h, w), np.float32)
    for sigma in (1.5, 4.0, 12.0):
        layer = cv2.GaussianBlur(rng.standard_normal((h, w)).astype(np.float32), (0, 0), sigma)
        texture += layer / layer.std()
    # Around 4 % of the scene's white, a third of the middle frame's: seen by all frames in part.
    light = np.clip(0.04 * np.exp(0.8 * texture), 0, 1).astype(np.float32)
    levels = 2.0 ** (-_STEP_EV * np.arange(_STEPS))
    for step, level in enumerate(levels):
        top, left = _corner(step)
        rows_of, columns_of = (slice(at + around, at + around + _PATCH_PX) for at in (top, left))
        light[rows_of, columns_of] = level
    return Frame(pixels=np.repeat(light[..., None], 3, axis=2), transfer="linear"), levels


def range_gain(bracket: Bracket, *, seeds: int) -> RangeGain:
    """Dynamic range of one kind of bracket, from `seeds` brackets of the same wedge."""
    scene, _ = wedge_scene()
    h, w = scene.shape
    single, merged = [], []
    linear: list[LinearMosaic] = []
    levels = np.empty(0)
    for seed in range(seeds):
        burst = bracket.burst(scene, seed_name=f"wedge {seed}", side_px=(h - 2 * _SHAKE_PX, w - 2 * _SHAKE_PX))
        linear = linear_frames(list(burst), bracket.factors)
        truth = linear[0].cfa.sample(burst.truth().balanced_rgb)
        levels = np.array([truth[_inside(step)].mean() for step in range(_STEPS)], np.float64)
        single.append(_patches(linear[0], truth))
        merged.append(_patches(merge_bracket(linear)[0], truth))
    return RangeGain(
        single_ev=_range_ev(levels, single), merged_ev=_range_ev(levels, merged), theory_ev=theory_ev(linear)
    )


def theory_ev(frames: Sequence[LinearMosaic]) -> float:
    """Gain in range of the best merge of `frames` over the first: the ratio of the ceilings and that of the floors.

    The floor is the level s with s² = V(s), where V is the variance of the green samples of one frame, or of the
    inverse-variance mean of all, 1/V(s) = Σ 1/V_k(s).

    Source: Hasinoff et al. 2010, "Noise-optimal capture for high dynamic range photography", equations 2 and 5.
    """
    ceiling = np.log2(max(f.exposure for f in frames) / frames[0].exposure)
    return float(ceiling + np.log2(_floor(frames[:1]) / _floor(frames)))


def _floor(frames: Sequence[LinearMosaic]) -> float:
    low, high = 1e-9, 1.0
    for _ in range(80):  # halvings of an interval of 30 EV: exact in float64
        middle = float(np.sqrt(low * high))
        variance = 1 / sum(1 / f.noise.variance(middle, channel=GREEN) for f in frames)
        low, high = (middle, high) if middle**2 < variance else (low, middle)
    return low


def _range_ev(levels: Float64[np.ndarray, "n"], found: list[tuple[np.ndarray, np.ndarray]]) -> float:
    signal = np.mean([s for s, _ in found], axis=0)
    noise = np.sqrt(np.mean([np.square(n) for _, n in found], axis=0))
    return dynamic_range(levels, signal, noise).ev


def _patches(mosaic: LinearMosaic, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the green samples of every patch, and the deviation of one as blocks of them show it."""
    green = np.zeros(mosaic.shape, np.float64)
    for colour, plane in mosaic.cfa.planes:
        if colour == GREEN:
            green[plane] = 1
    signal, noise = np.empty(_STEPS), np.empty(_STEPS)
    for step in range(_STEPS):
        inside = _inside(step)
        mask, values = green[inside], mosaic.values[inside].astype(np.float64)
        signal[step] = (mask * values).sum() / mask.sum()
        error = mask * (values - truth[inside])
        side = error.shape[0] // _BLOCK_PX
        sums = error.reshape(side, _BLOCK_PX, side, _BLOCK_PX).sum(axis=(1, 3))
        # Half of a block's samples are green. What all blocks share is no noise: where light is cut off, it is large.
        noise[step] = np.sqrt(sums.var(ddof=1) / (_BLOCK_PX**2 / 2))
    return signal, noise


def _corner(step: int) -> tuple[int, int]:
    """Top left of a patch within the wedge; rows run to and fro, so that neighbours differ little."""
    row, column = divmod(step, _COLUMNS)
    return row * _PATCH_PX, (column if row % 2 == 0 else _COLUMNS - 1 - column) * _PATCH_PX


def _inside(step: int) -> tuple[slice, slice]:
    top, left = (at + _MARGIN_PX + _INSET_PX for at in _corner(step))
    side = _PATCH_PX - 2 * _INSET_PX
    return slice(top, top + side), slice(left, left + side)
