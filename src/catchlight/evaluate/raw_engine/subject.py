"""One picture with a truth that all methods are asked to make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.prediction_cache import Bits

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """How a method makes its picture.

    Args:
        version: all that decides it besides case and photo.
        make: encoded sRGB 0…1.
    """

    version: str
    make: Callable[[], Picture]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The truth and what the methods make, none of it made yet.

    Args:
        truth: the encoded picture without noise.
        methods: by name, in the order of the tables.
    """

    truth: Prediction
    methods: Mapping[str, Prediction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A photo in a case.

    Args:
        part: `demosaic`, `single frame` or `merged`.
        case: what rows call it.
        source: the photo.
        name: of the photo.
        bits: of the pictures that are scored.
        border_px: cut from each edge before scoring.
        pictures: asked for once, with the photo.
    """

    part: str
    case: str
    source: Path | Photo
    name: str
    bits: Bits
    border_px: int
    pictures: Callable[[Photo], Pictures]
