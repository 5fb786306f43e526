"""Two networks on photos that neither was tuned on, at each gain of a camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float32
from torch import nn

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.core import NoiseModel
from catchlight.core.colour import srgb_encode
from catchlight.evaluate.interval import mean_ci95
from catchlight.models.raw_engine.curve import EngineCurve
from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.simulate.batches.mosaic_plan import MosaicBatch
from catchlight.train.finetune.camera_crops import camera_crop, light_colour
from catchlight.train.raw_engine.quad_batches import as_quads

# A bright shot, and one two stops darker; both are looked at as if developed to full brightness.
_EXPOSURES = (1.0, 0.25)
_DAYLIGHT_K = 5000.0
# Less is not worth weights of one's own: as much as eight-bit weights may cost.
LEAST_GAIN_DB = 0.1
# Side of the crop that is compared, and what is left out at its edges, where a whole photo would go on.
_SIDE_PX, _EDGE_PX = 192, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Mean over held-out scenes at one gain, or over all of them.

    Args:
        gain: of the camera; None for the mean over gains.
        before: PSNR in dB, encoded sRGB of white-balanced camera colours.
        after: the same of the tuned network.
        gained: mean of the paired differences in dB.
        ci95: half width of their 95 % confidence interval.
    """

    gain: float | None
    before: float
    after: float
    gained: float
    ci95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What tuning has brought.

    Args:
        rows: one a gain.
        overall: over gains.
        scenes: that were judged.
    """

    rows: tuple[Judged, ...]
    overall: Judged
    scenes: int

    @property
    def worse_at(self) -> tuple[Judged, ...]:
        """The gains at which it is worse beyond chance."""
        return tuple(row for row in self.rows if row.gained + row.ci95 < 0)

    @property
    def better(self) -> bool:
        """Whether it is better over gains beyond chance, by 0.1 dB at least, and worse beyond chance at none."""
        # Not-a-number compares as False.
        return self.surely_better and self.overall.gained >= LEAST_GAIN_DB and not self.worse_at

    @property
    def surely_better(self) -> bool:
        """Whether it is better over gains beyond chance, by however little."""
        return self.overall.gained - self.overall.ci95 > 0


def compare(
    before: nn.Module,
    after: nn.Module,
    scenes: Sequence[Sequence[Photo]],
    sensor: SensorProfile,
    gains: Sequence[float],
    *,
    seed: int,
    multiple: int,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> Comparison:
    """Both networks on the same noisy crops from the middle of each photo.

    Args:
        before: network as it was.
        after: the tuned one.
        scenes: photos as sRGB code values, scene by scene: the interval is over scenes.
        sensor: of the camera.
        gains: to judge at.
        seed: of the noise.
        multiple: of what the networks take, in quads.
        progress: stage, number of the scene, their count.
    """
    found = np.empty((2, len(scenes), len(gains)))
    for s, scene in enumerate(scenes):
        progress("judging on held-out photos", s + 1, len(scenes))
        for g, gain in enumerate(gains):
            scores = [
                _scores((before, after), photo, sensor, gain, exposure, (seed, 37, s, g, n, e), multiple)
                for n, photo in enumerate(scene)
                for e, exposure in enumerate(_EXPOSURES)
            ]
            found[:, s, g] = np.mean(scores, axis=0)
    rows = tuple(_judged(gain, found[:, :, g]) for g, gain in enumerate(gains))
    return Comparison(rows=rows, overall=_judged(None, found.mean(axis=2)), scenes=len(scenes))


def comparison_table(comparison: Comparison) -> tuple[str, ...]:
    """Lines of a Markdown table."""
    lines = ["| gain | before (dB) | after (dB) | difference (dB) |", "|---:|---:|---:|---:|"]
    for row in (*comparison.rows, comparison.overall):
        name = "all" if row.gain is None else f"{row.gain:.3g}"
        lines.append(f"| {name} | {row.before:.2f} | {row.after:.2f} | {row.gained:+.2f} ± {row.ci95:.2f} |")
    return tuple(lines)


def _judged(gain: float | None, pair: np.ndarray) -> Judged:
    gained, ci95 = mean_ci95((pair[1] - pair[0]).tolist())
    return Judged(
        gain=gain, before=float(pair[0].mean()), after=float(pair[1].mean()), gained=gained,
        ci95=math.inf if ci95 is None else ci95,
    )  # fmt: skip


def _scores(
    networks: Sequence[nn.Module],
    photo: Photo,
    sensor: SensorProfile,
    gain: float,
    exposure: float,
    seed: tuple[int, ...],
    multiple: int,
) -> list[float]:
    step = 2 * multiple
    h, w = (min(n, _SIDE_PX) // step * step for n in photo.shape[:2])
    top, left = (photo.shape[0] - h) // 2, (photo.shape[1] - w) // 2
    crop = photo[top : top + h, left : left + w]
    mosaic = camera_crop(
        crop, sensor, colour=light_colour(sensor, cct_k=_DAYLIGHT_K), exposure=exposure, gain=gain, seed=seed
    )
    seen, *_ = as_quads(mosaic)
    truth = _encoded(mosaic.clean[0], exposure)
    scores = []
    for network in networks:
        with torch.inference_mode():
            made = _light(network(seen)[0].float().numpy(), mosaic)
        error = (_encoded(made, exposure) - truth)[_EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX]
        # Two identical pictures are as good as the last of 16 bits.
        scores.append(-10 * math.log10(max(float(np.mean(error.astype(np.float64) ** 2)), 2.0**-32)))
    return scores


def _light(quads: Float32[np.ndarray, "12 a b"], mosaic: MosaicBatch) -> Float32[np.ndarray, "h w 3"]:
    """Linear RGB of what the network made of the batch's only mosaic."""
    _, a, b = quads.shape
    rgb = quads.reshape(3, 2, 2, a, b).transpose(3, 1, 4, 2, 0).reshape(2 * a, 2 * b, 3)
    shot, read = ((float(v[0, 0]), float(v[0, 1]), float(v[0, 2])) for v in (mosaic.shot, mosaic.read))
    return EngineCurve.of(NoiseModel(shot=shot, read=read)).inverse(np.ascontiguousarray(rgb))


def _encoded(light: Float32[np.ndarray, "h w 3"], exposure: float) -> Float32[np.ndarray, "h w 3"]:
    return srgb_encode(np.clip(light / np.float32(exposure), 0, 1))
