"""JPEG, PNG and WebP pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catchlight.core import InputError, UnsupportedError
from catchlight.core.gain_map import GainMap
from catchlight.io.decoded import MOST_PIXELS, Decoded, check_size, first_of
from catchlight.io.exif import read_exif
from catchlight.io.gain_map import optional_gain_map
from catchlight.io.open_quietly import open_quietly


def decode_pillow(path: Path) -> Decoded:
    """JPEG, PNG and WebP. Pillow reads 16-bit colour PNG as 8 bits, so those go to libpng."""
    from PIL import Image, UnidentifiedImageError

    try:
        image = open_quietly(path, ("JPEG", "PNG", "WEBP", "MPO"))
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
        gain_map: GainMap | None = None
        gain_notes: tuple[str, ...] = ()
        if kind == "JPEG":
            gain_map, gain_notes = optional_gain_map(path, height=image.height, width=image.width)
        # Pillow counts the gain map among the pictures, also one that is damaged.
        notes += gain_notes or first_of(getattr(image, "n_frames", 1))
        info: dict[Any, Any] = dict(image.info)
    exif = info.get("exif") or b""
    return Decoded(
        pixels=pixels,
        full=65535.0 if deep_png else 255.0,
        kind=f"{kind}, {16 if deep_png else 8} bits",
        profile=info.get("icc_profile") or b"",
        metadata=read_exif(exif),
        notes=tuple(notes),
        gain_map=gain_map,
    )


def _png_bits(path: Path) -> int:
    with path.open("rb") as stream:
        return (stream.read(25) + b"\0")[24]
