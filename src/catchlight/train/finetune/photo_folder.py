"""One's own clean photos, read for training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from catchlight.core import ColourSpace, Frame, InputError, RawFrame
from catchlight.core.colour import srgb_encode
from catchlight.io import expand_inputs, read_picture
from catchlight.pipelines.shot_record import ShotRecord, record_of
from catchlight.simulate.batches.mosaic_crops import Photo
from catchlight.train.finetune.binned_raw import binned_raw

# The longer side is brought down to this or less by a whole factor: the photo's own noise and its demosaicing go away.
_LONGEST_PX = 1024
# So many photos hold more crops than a fine-tuning draws, and fit into memory.
_MOST_PHOTOS = 200
# Mean spread of the code values of a pixel's channels below which a picture has no colours.
_GREY = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnPhoto:
    """A clean photo.

    Args:
        name: of its file.
        pixels: sRGB code values.
        record: its thumbnail and time.
        digest: SHA-256 of the pixels.
    """

    name: str
    pixels: Photo
    record: ShotRecord
    digest: str


def read_photos(
    folder: Path, *, least_px: int, progress: Callable[[str, int, int], None] = lambda stage, done, total: None
) -> tuple[tuple[OwnPhoto, ...], tuple[str, ...]]:
    """The usable photos of a folder, and why others are not.

    Args:
        folder: of pictures, without subfolders.
        least_px: of the shorter side, after large photos are made smaller.
        progress: stage, number of the photo, their count.

    Returns:
        Photos in natural order of their names, at most 200, evenly chosen; one line for each that was left out.

    Raises:
        InputError: no folder, or nothing in it.
    """
    files = expand_inputs([folder])
    skipped = []
    if len(files) > _MOST_PHOTOS:
        skipped.append(
            f"{len(files) - _MOST_PHOTOS} of {len(files)} photos: {_MOST_PHOTOS} of them, evenly, are enough"
        )
        files = [files[i * len(files) // _MOST_PHOTOS] for i in range(_MOST_PHOTOS)]
    photos = []
    for number, file in enumerate(files, 1):
        progress("reading photos", number, len(files))
        try:
            photos.append(_read(file, least_px))
        except InputError as error:
            skipped.append(str(error))
    return tuple(photos), tuple(skipped)


def own_photo(name: str, frame: Frame) -> OwnPhoto:
    """A picture in memory as a photo to train on."""
    linear = np.clip(frame.in_space(ColourSpace.SRGB, "linear").pixels, 0, 1)
    h, w = frame.shape
    factor = math.ceil(max(h, w) / _LONGEST_PX)
    if factor > 1:
        linear = cv2.resize(linear, (w // factor, h // factor), interpolation=cv2.INTER_AREA)
    pixels = np.rint(np.clip(srgb_encode(linear), 0, 1) * 255).astype(np.uint8)
    grey = cv2.transform(linear, np.array([[0.25, 0.5, 0.25]], np.float32))
    return OwnPhoto(
        name=name,
        pixels=pixels,
        record=record_of(name, grey, size_px=frame.shape, metadata=frame.metadata),
        digest=sha256(pixels.tobytes()).hexdigest(),
    )


def photos_digest(photos: Sequence[OwnPhoto]) -> str:
    """One hash of photos, in order."""
    return sha256("".join(p.digest for p in photos).encode()).hexdigest()


def _read(file: Path, least_px: int) -> OwnPhoto:
    picture = read_picture(file)
    photo = own_photo(file.name, binned_raw(file.name, picture) if isinstance(picture, RawFrame) else picture)
    if min(photo.pixels.shape[:2]) < least_px:
        h, w, _ = photo.pixels.shape
        raise InputError(f"{file.name}: photos of {least_px} px at least are needed; found {w}×{h}")
    spread = np.ptp(photo.pixels.astype(np.int16), axis=2).mean()
    if spread < _GREY:
        raise InputError(f"{file.name}: a picture without colours teaches none; left out")
    return photo
