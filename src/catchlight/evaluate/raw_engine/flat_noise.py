"""Pure noise in, flat out: what is left of the noise on an even grey, and whether it has been given a structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera import interpolate_mosaic
from catchlight.core import LinearMosaic
from catchlight.evaluate.develop.burst_methods import mean_mosaic, plain_linear
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.raw_engine.classical_chain import CHAIN, classical_chain
from catchlight.evaluate.raw_engine.demosaic_bases import CLASSICAL
from catchlight.evaluate.raw_engine.engines import MeasuredEngine
from catchlight.evaluate.raw_engine.noisy_case import BURST_FRAMES, SENSOR
from catchlight.evaluate.result_cache import Figures
from catchlight.simulate import SENSORS
from catchlight.simulate.raw_shot import raw_shot

NOISE_LEFT, WORST_OCTAVE = "flat: noise left", "flat: worst octave"
GRAIN_LEFT, COLOUR_LEFT, OFF = "flat: grain left", "flat: colour left", "flat: level off"
METRICS = (NOISE_LEFT, WORST_OCTAVE, GRAIN_LEFT, COLOUR_LEFT, OFF)
_SIDE_PX, _BORDER_QUADS = 256, 8
# Of white: deep shadow, shadow, and a light grey.
LEVELS = (0.02, 0.1, 0.4)
# Deviations of the low-passes between which the octaves lie, in quads of 2×2 photosites.
_SIGMAS = (0.0, 0.6, 1.2, 2.4, 4.8, 9.6)

Quads = Float64[np.ndarray, "h w"]
Method = Callable[[LinearMosaic], Float32[np.ndarray, "h w 3"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatCase:
    """An even grey under noise.

    Args:
        gain: before the converter.
        level: of the grey as a share of white.
        frames: 1, or the plain mean of so many.
    """

    gain: float
    level: float
    frames: int = 1

    @property
    def name(self) -> str:
        """What rows call it."""
        mean = f", mean of {self.frames}" if self.frames > 1 else ""
        return f"grey {self.level:g}, {SENSOR}, gain {self.gain:g}{mean}"

    def mosaic(self, seed: int) -> LinearMosaic:
        """Linear and white-balanced, so that only noise tells the samples apart."""
        grey = np.full((_SIDE_PX, _SIDE_PX, 3), self.level, np.float32)
        frames = [
            raw_shot(grey, sensor=SENSORS[SENSOR], gain=self.gain, seed=(seed, k), exposure=1.0)
            for k in range(self.frames)
        ]
        if self.frames == 1:
            return plain_linear(frames[0])
        single, mean = plain_linear(frames[0]), mean_mosaic(frames)
        share = np.full((_SIDE_PX // 2, _SIDE_PX // 2), 1 / self.frames, np.float32)
        return replace(mean, noise=single.noise, share=share)


def flat_cases(gains: Sequence[float], *, quick: bool) -> tuple[FlatCase, ...]:
    """Every gain at every level, and means of a burst at the middle one."""
    if quick:
        return tuple(FlatCase(gain=g, level=LEVELS[1]) for g in gains)
    single = [FlatCase(gain=g, level=level) for g in gains for level in LEVELS]
    return (*single, *(FlatCase(gain=g, level=LEVELS[1], frames=BURST_FRAMES) for g in gains))


def flat_methods(engines: Sequence[MeasuredEngine]) -> dict[str, Method]:
    """The demosaicing that removes nothing, Catchlight's chain, and the engines."""
    return {
        CLASSICAL: interpolate_mosaic,
        CHAIN: classical_chain,
        **{engine.name: engine.engine.develop for engine in engines},
    }


def flat_scores(picture: Float32[np.ndarray, "h w 3"], mosaic: LinearMosaic, *, level: float) -> Figures:
    """What a method has left of the noise of a grey mosaic.

    Deviations of the result as a share of the mosaic's own: of brightness, (R + 2 G + B) / 4 of whole quads; in its
    worst octave, which is above 1 where noise was made into structure; of the grain within quads; of red minus blue;
    and the mean of the result, off the mosaic's as a share of the level.

    Args:
        picture: linear RGB that the method made.
        mosaic: what it was given.
        level: the grey.
    """
    planes = {k: p for k, (_, p) in enumerate(mosaic.cfa.planes)}
    colours = [c for c, _ in mosaic.cfa.planes]
    sites = {k: mosaic.values[p].astype(np.float64) for k, p in planes.items()}
    quads_in = _inner(sum(sites.values()) / 4)  # type: ignore[arg-type]
    rgb = picture.astype(np.float64)
    luma = rgb @ np.array([0.25, 0.5, 0.25])
    quads_out = _inner(_quads(luma))
    red, blue = (_inner(sites[colours.index(c)]) for c in (0, 2))
    tint = _inner(_quads(rgb[..., 0])) - _inner(_quads(rgb[..., 2]))
    grain_in = np.sqrt(np.mean([_inner(site).var() for site in sites.values()]))
    grain = luma - np.repeat(np.repeat(_quads(luma), 2, axis=0), 2, axis=1)
    border = 2 * _BORDER_QUADS
    return {
        NOISE_LEFT: float(quads_out.std() / quads_in.std()),
        WORST_OCTAVE: max(o / i for o, i in zip(_octaves(quads_out), _octaves(quads_in), strict=True)),
        GRAIN_LEFT: float(grain[border:-border, border:-border].std() / grain_in),
        COLOUR_LEFT: float(tint.std() / (red - blue).std()),
        OFF: float(abs(quads_out.mean() - quads_in.mean()) / level),
    }


def flat_rows(found: Mapping[str, Mapping[str, Sequence[Figures]]]) -> list[Row]:
    """Means over seeds of every case, method and figure, in this order of nesting."""
    rows = []
    for case, methods in found.items():
        for method, figures in methods.items():
            for metric in METRICS:
                mean, ci95 = mean_ci95([f[metric] for f in figures])
                rows.append(
                    Row(method=method, case=case, metric=metric, value=mean, ci95=ci95, unit="1",
                        higher_is_better=False)
                )  # fmt: skip
    return rows


def _quads(plane: Float64[np.ndarray, "h w"]) -> Float64[np.ndarray, "_ _"]:
    h, w = plane.shape
    mean: Float64[np.ndarray, "_ _"] = plane.reshape(h // 2, 2, w // 2, 2).mean(axis=(1, 3))
    return mean


def _inner(quads: Quads) -> Float64[np.ndarray, "_ _"]:
    return quads[_BORDER_QUADS:-_BORDER_QUADS, _BORDER_QUADS:-_BORDER_QUADS]


def _octaves(quads: Quads) -> list[float]:
    """Deviation of the picture between neighbouring low-passes, finest first."""
    blurred = [quads if s == 0 else cv2.GaussianBlur(quads, (0, 0), s, borderType=cv2.BORDER_REFLECT) for s in _SIGMAS]
    return [float((fine - coarse).std()) for fine, coarse in pairwise(blurred)]
