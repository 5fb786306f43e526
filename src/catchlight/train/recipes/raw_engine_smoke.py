"""A tiny RAW engine on pictures made from nothing: proves in two minutes that the lab works."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from catchlight.core.colour import srgb_encode
from catchlight.simulate.batches.mosaic_crops import Photo, mosaic_crops
from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.simulate.scene import night_city
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.raw_engine.quad_batches import QuadBatches, as_quads
from catchlight.train.recipe import Recipe, Schedule

# Towns that are trained on, and others that are not.
_TRAINED, _HELD_OUT = range(6), range(100, 104)
_SIDE_PX = 384
# Bright: night makes most of a picture so dark that there is nothing to learn from it.
_GAIN = 6.0
_PLAN = MosaicPlan(crop_px=48, batch=8, exposure=(0.5, 1.0), seed=5)
_HELD_OUT_PLAN = replace(_PLAN, crop_px=96, batch=24, saturation=(1.0, 1.0), flat_share=0.0, merged_share=0.0, seed=9)
_ORIGIN = {"night_city": list(_TRAINED), "side_px": _SIDE_PX, "gain": _GAIN}
# Without noise, and with that of a small sensor at gain 8 or so.
_CASES = {
    "clean": replace(_HELD_OUT_PLAN, clean_share=(0.0, 1.0), camera_share=0.0),
    "noisy": replace(_HELD_OUT_PLAN, clean_share=(0.0, 0.0), camera_share=0.0, shot=(2e-3, 2e-3)),
}


def recipe(data: Path | None) -> Recipe:
    """The recipe; it needs no data folder."""
    return Recipe(
        name="raw_engine_smoke",
        network=lambda: RawUNet((8, 16), (1, 1), (1,)),
        data=QuadBatches(
            photos=_towns(_TRAINED),
            plan=_PLAN,
            origin=_ORIGIN,
        ),
        objective=seen_l1,
        validate=AheadOfBilinear(photos=_towns(_HELD_OUT)),
        draw=AheadOfBilinear(photos=_towns(_HELD_OUT)).draw,
        schedule=Schedule(steps=1500, warm_up=20, decay=500, rate=1e-2),
        ends=("interpolate", "stem", "head"),
        ema=0.98,
        validate_every=250,
        notes={"purpose": "a test of the lab; not for pictures"},
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AheadOfBilinear:
    """How many dB of PSNR, under the engine's curve, a network is ahead of bilinear interpolation of the same samples.

    Args:
        photos: clean pictures as sRGB code values, not trained on.
    """

    photos: list[Photo]

    def __call__(self, network: nn.Module) -> Mapping[str, float]:
        """Mean of the cases first."""
        with torch.no_grad():
            ahead = {name: self._ahead_db(network, plan) for name, plan in _CASES.items()}
        return {"ahead": sum(ahead.values()) / len(ahead), **ahead}

    def draw(self, network: nn.Module) -> Photo:
        """Bilinear, the network and the truth of one noisy crop, side by side."""
        seen, clean, *_ = as_quads(mosaic_crops(self.photos, replace(_CASES["noisy"], batch=1), number=0))
        with torch.no_grad():
            made = network(seen.to(next(network.parameters()).device)).cpu()
        row = torch.cat([_bilinear(seen), made, clean], 3)[0]
        h, w = row.shape[1:]
        rgb = row.reshape(3, 2, 2, h, w).permute(3, 1, 4, 2, 0).reshape(2 * h, 2 * w, 3).numpy()
        return cv2.convertScaleAbs(np.clip(rgb, 0, 1), alpha=255)

    def _ahead_db(self, network: nn.Module, plan: MosaicPlan) -> float:
        seen, clean, *_ = as_quads(mosaic_crops(self.photos, plan, number=0))
        device = next(network.parameters()).device
        made = network(seen.to(device)).cpu()
        return float((_psnr_db(made, clean) - _psnr_db(_bilinear(seen), clean)).mean())


def _bilinear(seen: torch.Tensor) -> torch.Tensor:
    # What the network's linear filter is before training.
    return RawUNet((8,), (1,), ()).interpolate(seen).detach()


def _psnr_db(made: torch.Tensor, clean: torch.Tensor) -> torch.Tensor:
    # The outer quads see the padding.
    return -10 * (made - clean)[..., 2:-2, 2:-2].square().mean((1, 2, 3)).log10()


def _towns(seeds: range) -> list[Photo]:
    towns = []
    for seed in seeds:
        pixels = night_city(height_px=_SIDE_PX, width_px=_SIDE_PX, seed=seed).pixels
        code = srgb_encode(np.clip(pixels * np.float32(_GAIN), 0, 1))
        towns.append((code * 255).round().astype(np.uint8))
    return towns
