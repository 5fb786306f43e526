"""The RAW engine that ships, in its large size: 650 thousand parameters, 40 GMAC for a megapixel."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.raw_engine.engine_photos import engine_photos
from catchlight.train.raw_engine.model_notes import MODEL_NOTES
from catchlight.train.raw_engine.objective import seen_l1
from catchlight.train.raw_engine.quad_batches import QuadBatches
from catchlight.train.raw_engine.validation import QuadValidation
from catchlight.train.recipe import Recipe, Schedule
from catchlight.train.recipes import raw_engine_base

network = raw_engine_base.network


def recipe(data: Path | None) -> Recipe:
    """The recipe.

    Args:
        data: the folder with the photos of the manifest `raw_engine`.
    """
    photos = engine_photos(data)
    return Recipe(
        name="raw_engine_best",
        network=network,
        data=QuadBatches(photos=photos.train, plan=MosaicPlan(), origin=photos.origin),
        objective=seen_l1,
        validate=QuadValidation(photos=photos.validation),
        schedule=Schedule(steps=16_000, warm_up=200, decay=15_800, rate=1e-3),
        ends=("interpolate", "stem", "head"),
        validate_every=1000,
        notes=MODEL_NOTES,
        begin=partial(raw_engine_base.recipe, data),
    )
