"""What `raw_engine_best` begins with: the same network, trained on pictures as displays show them."""

from __future__ import annotations

from pathlib import Path

from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.raw_engine.engine_photos import engine_photos
from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.raw_engine.quad_batches import QuadBatches
from catchlight.train.raw_engine.validation import QuadValidation
from catchlight.train.recipe import Recipe, Schedule


def network() -> RawUNet:
    """The network, untrained: 650 thousand parameters, 40 GMAC for a megapixel."""
    return RawUNet((48, 64, 96), (1, 1, 2), (1, 1))


def recipe(data: Path | None) -> Recipe:
    """The recipe.

    Args:
        data: the folder with the photos of the manifest `raw_engine`.
    """
    photos = engine_photos(data)
    plan = MosaicPlan(crop_px=96, batch=16, camera_share=0.0, clean_share=(0.0, 0.35), balance=(1.0, 2.6))
    return Recipe(
        name="raw_engine_base",
        network=network,
        data=QuadBatches(photos=photos.train, plan=plan, origin=photos.origin),
        objective=seen_l1,
        validate=QuadValidation(photos=photos.validation),
        # Ended before its rate was low: it does not know a camera's colours, which the next run teaches.
        schedule=Schedule(steps=28_000, warm_up=200, decay=22_000, rate=2e-3, stop=18_000),
        ends=("interpolate", "stem", "head"),
        validate_every=1000,
    )
