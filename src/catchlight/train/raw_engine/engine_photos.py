"""The photos that the engine is trained and validated on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.train.data.open_set import open_set
from catchlight.train.data.photos_in_memory import load_photos

_SET = "raw_engine"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnginePhotos:
    """Both parts of the set, as sRGB code values.

    Args:
        train: photos to learn from.
        validation: photos that decide which weights are the best.
        origin: of the first, for the fingerprint of a run.
    """

    train: list[Photo]
    validation: list[Photo]
    origin: Mapping[str, Any]


def engine_photos(data: Path | None) -> EnginePhotos:
    """The set of the shipped manifest.

    Args:
        data: the folder with the real data; None: CATCHLIGHT_DATA.

    Raises:
        InputError: photos that are missing or damaged.
        UsageError: there is no such folder.
    """
    photos = open_set(_SET, data=data)
    digest = hashlib.sha256()
    for entry in photos.manifest.kept("train"):
        digest.update(bytes.fromhex(entry.sha256))
    train = load_photos(photos, "train")
    return EnginePhotos(
        train=train,
        validation=load_photos(photos, "validation"),
        origin={"photos": len(train), "sha256": digest.hexdigest()},
    )
