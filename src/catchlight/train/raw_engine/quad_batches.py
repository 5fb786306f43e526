"""Simulated mosaics as the engine sees them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from catchlight.core import NoiseModel
from catchlight.models.raw_engine.curve import EngineCurve
from catchlight.simulate.batches.mosaic_crops import Photo, mosaic_crops
from catchlight.simulate.batches.mosaic_plan import MosaicBatch, MosaicPlan
from catchlight.train.recipe import Batch

# Errors of a noisy crop are larger, and nothing can be done about most of it: it counts 1/√(this + deviation).
_CALM = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuadBatches:
    """Batches for the engine: quads with noise level, clean RGB quads, weight and colour matrix of each crop.

    Args:
        photos: clean pictures as sRGB code values.
        plan: what is drawn.
        origin: of the photos, for the fingerprint.
    """

    photos: Sequence[Photo]
    plan: MosaicPlan
    origin: Mapping[str, Any]

    def batch(self, number: int) -> Batch:
        """Tensors `n 8 h w`, `n 12 h w`, `n`, `n 3 3`; see `RawUNet`."""
        return as_quads(mosaic_crops(self.photos, self.plan, number=number))

    def describe(self) -> Mapping[str, Any]:
        """Photos and plan."""
        plan = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.plan).items()}
        return {"photos": dict(self.origin), "plan": plan}


def as_quads(batch: MosaicBatch) -> Batch:
    """What the engine gets and what it shall give: see `QuadBatches.batch`."""
    n, h, w = batch.values.shape
    seen = np.empty((n, 8, h // 2, w // 2), np.float32)
    clean = np.empty((n, 12, h // 2, w // 2), np.float32)
    for i in range(n):
        noise = NoiseModel(shot=_triple(batch.shot[i]), read=_triple(batch.read[i]))
        curve = EngineCurve.of(noise)
        seen[i, :4] = _planes(curve.forward(batch.values[i]))
        red, green, blue = curve.deviation(noise)
        left = np.sqrt(batch.share[i])
        for k, deviation in enumerate((red, green, green, blue)):
            seen[i, 4 + k] = left * np.float32(deviation)
        target = curve.forward(batch.clean[i])
        for colour in range(3):
            clean[i, 4 * colour : 4 * colour + 4] = _planes(target[..., colour])
    weight = 1 / np.sqrt(_CALM + seen[:, 4:].mean((1, 2, 3))) * math.sqrt(_CALM)
    weights = torch.from_numpy(weight.astype(np.float32))
    return torch.from_numpy(seen), torch.from_numpy(clean), weights, torch.from_numpy(batch.colour)


def _planes(plane: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "4 h/2 w/2"]:
    h, w = plane.shape
    return plane.reshape(h // 2, 2, w // 2, 2).transpose(1, 3, 0, 2).reshape(4, h // 2, w // 2)


def _triple(values: Float32[np.ndarray, "3"]) -> tuple[float, float, float]:
    red, green, blue = values.tolist()
    return red, green, blue
