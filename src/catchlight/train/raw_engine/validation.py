"""PSNR of the engine on photos that it is not trained on: pictures without noise, and a camera's at three strengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from catchlight.simulate.batches.mosaic_crops import Photo, mosaic_crops
from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.raw_engine.quad_batches import as_quads

# Shot noise about that of a small sensor at gains 1, 4 and 16.
_SHOT = (2.5e-4, 1e-3, 4e-3)
_PLAIN = MosaicPlan(
    crop_px=256, batch=24, camera_share=0.0, clean_share=(0.0, 1.0), curve=(2.2, 2.2), saturation=(1.0, 1.0),
    exposure=(1.0, 1.0), flat_share=0.0, merged_share=0.0, balance=(1.6, 1.6), read_electrons=(3.0, 3.0), seed=7,
)  # fmt: skip
_CAMERA = replace(_PLAIN, camera_share=1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuadValidation:
    """A validation; see `Recipe.validate`. The first score is the mean of the others.

    Args:
        photos: clean pictures as sRGB code values.
    """

    photos: Sequence[Photo]

    def __call__(self, network: nn.Module) -> Mapping[str, float]:
        """PSNR by case, in dB."""
        scores = {"clean": self._psnr(network, _PLAIN)}
        for shot in _SHOT:
            scores[f"shot {shot:g}"] = self._psnr(network, replace(_CAMERA, shot=(shot, shot)))
        return {"mean": sum(scores.values()) / len(scores), **scores}

    def _psnr(self, network: nn.Module, plan: MosaicPlan) -> float:
        seen, clean, _, colour = as_quads(mosaic_crops(self.photos, plan, number=0))
        device = next(network.parameters()).device
        with torch.inference_mode():
            made = torch.cat([network(part.to(device)).cpu() for part in seen.split(8)])
        # As it will be seen; the outer quads lack neighbours.
        error = (made - clean)[..., 4:-4, 4:-4]
        n, _, h, w = error.shape
        mse = torch.bmm(colour, error.reshape(n, 3, 4 * h * w)).square().mean((1, 2))
        return float((-10 * mse.log10()).mean())
