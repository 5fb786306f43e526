"""The RAW engine that ships, in its small size: taught by the large one, with a tenth of its work."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from catchlight.models import raw_engine
from catchlight.simulate.batches.mosaic_plan import MosaicPlan
from catchlight.train.raw_engine.engine_photos import engine_photos
from catchlight.train.raw_engine.model_notes import MODEL_NOTES
from catchlight.train.raw_engine.quad_batches import QuadBatches
from catchlight.train.raw_engine.taught_l1 import TaughtL1
from catchlight.train.raw_engine.validation import QuadValidation
from catchlight.train.recipe import Recipe, Schedule
from catchlight.train.recipes import raw_engine_base, raw_engine_fast_base
from catchlight.train.weights_of import with_weights

network = raw_engine_fast_base.network
_TEACHER = "raw_engine_best.safetensors"


def recipe(data: Path | None) -> Recipe:
    """The recipe; the teacher is the large engine that ships.

    Args:
        data: the folder with the photos of the manifest `raw_engine`.
    """
    photos = engine_photos(data)
    teacher = with_weights(raw_engine_base.network(), Path(raw_engine.__file__).parent / _TEACHER)
    return Recipe(
        name="raw_engine_fast",
        network=network,
        data=QuadBatches(photos=photos.train, plan=MosaicPlan(seed=1), origin=photos.origin),
        objective=TaughtL1(teacher=teacher.eval().requires_grad_(False)),
        validate=QuadValidation(photos=photos.validation),
        schedule=Schedule(steps=3_500, warm_up=100, decay=3_400, rate=1.2e-3),
        ends=("interpolate", "stem", "head"),
        validate_every=1000,
        notes=MODEL_NOTES,
        begin=partial(raw_engine_fast_base.recipe, data),
    )
