"""What `raw_engine_fast` begins with: the same network, trained on the truth alone."""

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
    """The network, untrained: 108 thousand parameters, 3.8 GMAC for a megapixel."""
    return RawUNet((16, 32, 48), (0, 0, 2), (1, 0))


def recipe(data: Path | None) -> Recipe:
    """The recipe.

    Args:
        data: the folder with the photos of the manifest `raw_engine`.
    """
    photos = engine_photos(data)
    return Recipe(
        name="raw_engine_fast_base",
        network=network,
        data=QuadBatches(photos=photos.train, plan=MosaicPlan(), origin=photos.origin),
        objective=seen_l1,
        validate=QuadValidation(photos=photos.validation),
        schedule=Schedule(steps=10_000, warm_up=200, decay=5_000, rate=2e-3, stop=7_000),
        ends=("interpolate", "stem", "head"),
        validate_every=1000,
    )
