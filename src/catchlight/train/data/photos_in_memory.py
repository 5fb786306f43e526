"""All photos of a small set at once."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from catchlight.train.data.manifest import Split
from catchlight.train.data.photo_set import PhotoSet


def load_photos(photo_set: PhotoSet, split: Split, *, workers: int = 0) -> list[UInt8[np.ndarray, "_ _ 3"]]:
    """The photos of one split, upright sRGB code values, sorted by file.

    Args:
        photo_set: the set; 250 photos of 0.3 to 0.6 megapixels are 300 MB.
        split: which of them.
        workers: processes that decode.

    Raises:
        InputError: more than 1 % of them cannot be used; fewer are left out, and named in `faults` of the set.
    """
    part = photo_set.only(split)
    photos = [sample.pixels for sample in part.stream(workers=workers)]
    photo_set.faults.update(part.faults)
    return photos
