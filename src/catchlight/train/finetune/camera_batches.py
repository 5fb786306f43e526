"""Mosaics of one camera as the engine sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.train.finetune.camera_crops import camera_crops
from catchlight.train.finetune.camera_plan import CameraPlan
from catchlight.train.raw_engine.quad_batches import as_quads
from catchlight.train.recipe import Batch


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CameraBatches:
    """Batches for the engine from one camera; see `QuadBatches`.

    Args:
        photos: clean pictures as sRGB code values.
        sensor: of the camera.
        plan: what is drawn.
        origin: of photos and sensor, for the fingerprint.
    """

    photos: Sequence[Photo]
    sensor: SensorProfile
    plan: CameraPlan
    origin: Mapping[str, Any]

    def batch(self, number: int) -> Batch:
        """Tensors `n 8 h w`, `n 12 h w`, `n`; see `RawUNet`."""
        return as_quads(camera_crops(self.photos, self.sensor, self.plan, number=number))

    def describe(self) -> Mapping[str, Any]:
        """Photos, sensor and plan."""
        plan = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self.plan).items()}
        return {"origin": dict(self.origin), "plan": plan}
