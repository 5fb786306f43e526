"""JPEG, PNG and WebP pixels."""

from __future__ import annotations

import warnings
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from catchlight.core import InputError, UnsupportedError
from catchlight.io.decoded import MOST_PIXELS, Decoded, check_size, first_of
from catchlight.io.exif import read_exif

# `catch_warnings` saves and restores the filters of the whole process: two threads inside it at once would leave the
# filters of one behind for good.
_QUIET = Lock()


def decode_pillow(path: Path) -> Decoded:
    """JPEG, PNG and WebP. Pillow reads 16-bit colour PNG as 8 bits, so those go to libpng."""
    from PIL import Image, UnidentifiedImageError

    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(path, formats=("JPEG", "PNG", "WEBP", "MPO"))
        except Image.DecompressionBombError as error:
            raise InputError(f"more than {MOST_PIXELS // 10**6} megapixels; scale it down first") from error
        except UnidentifiedImageError as error:
            raise InputError("the picture's head is damaged or cut off; copy it again") from error
    with image:
        check_size(*image.size)
        kind, notes = str(image.format).replace("MPO", "JPEG"), []
        deep_png = kind == "PNG" and _png_bits(path) == 16
        if deep_png:
            import imagecodecs

            pixels = imagecodecs.png_decode(path.read_bytes())
            if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
                pixels, notes = pixels[..., : pixels.shape[2] - 1], ["alpha dropped"]
        else:
            if image.mode in ("CMYK", "LAB", "HSV"):
                raise UnsupportedError(f"expected RGB or grey, found {image.mode}; convert it to RGB first")
            if image.has_transparency_data:
                notes = ["alpha dropped"]
            grey = image.mode in ("1", "L", "LA", "La")
            pixels = np.asarray(
                image.convert("RGBA").convert("RGB") if image.mode == "P" else image.convert("L" if grey else "RGB")
            )
        notes += first_of(getattr(image, "n_frames", 1))
        info: dict[Any, Any] = dict(image.info)
    exif = info.get("exif") or b""
    return Decoded(
        pixels=pixels,
        full=65535.0 if deep_png else 255.0,
        kind=f"{kind}, {16 if deep_png else 8} bits",
        profile=info.get("icc_profile") or b"",
        metadata=read_exif(exif),
        notes=tuple(notes),
    )


def _png_bits(path: Path) -> int:
    with path.open("rb") as stream:
        return (stream.read(25) + b"\0")[24]
