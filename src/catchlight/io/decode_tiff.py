"""TIFF pixels of any usual depth and layout."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from catchlight.core import InputError, Metadata, UnsupportedError
from catchlight.io.check_complete import missing_bytes
from catchlight.io.decoded import Decoded, check_size, first_of
from catchlight.io.exif import metadata_from_directory
from catchlight.io.tiff_directory import read_directories

# Its remarks on odd files go to a logger that nobody reads.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def decode_tiff(path: Path) -> Decoded:
    """The first page of a TIFF: 1 to 32 bits or float, grey, RGB or palette, strips or tiles, both planar layouts."""
    import tifffile

    with path.open("rb") as stream:
        directories = read_directories(stream)
        missing = missing_bytes(stream, directories[0]) if directories else 0
    if directories and directories[0].incomplete:
        raise InputError("the file is cut off, some of its tags are missing; copy it again")
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        check_size(page.imagewidth, page.imagelength)
        photometric = getattr(page.photometric, "name", str(page.photometric))
        if photometric not in ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR"):
            raise UnsupportedError(f"expected RGB or grey, found {photometric}; convert it to RGB first")
        pixels = page.asarray()
        bits = int(page.bitspersample)
        planar = page.planarconfig == 2 and page.samplesperpixel > 1
        palette = page.colormap
    pixels = np.moveaxis(pixels, 0, -1) if planar else pixels
    if pixels.ndim == 4 and pixels.shape[0] == 1:
        pixels = pixels[0]
    if photometric == "PALETTE" and palette is not None:
        # Some writers store 8-bit colours times 256, some times 257: the upper byte is right for both.
        pixels, bits = np.moveaxis(palette >> 8, 0, -1)[pixels].astype(np.uint8), 8
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "ufb":
        raise UnsupportedError(f"expected unsigned integers or floats, found {pixels.dtype} {pixels.shape}; convert it")
    notes = []
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3):
        pixels, notes = pixels[..., : 3 if pixels.shape[2] > 3 else 1], ["alpha dropped"]
    floats = pixels.dtype.kind == "f"
    full = 1.0 if floats or pixels.dtype.kind == "b" else float(2**bits - 1)
    if photometric == "MINISWHITE":
        pixels = (1 if full == 1.0 else int(full)) - pixels.astype(np.float32 if floats else np.uint32)
    # Smaller copies and masks are no pictures of their own (bits 0 and 2 of NewSubfileType).
    notes += first_of(sum(not int(d.number(254) or 0) & 0b101 for d in directories), "pages")
    main = directories[0] if directories else None
    embedded = main.get(34675) if main else None
    return Decoded(
        pixels=pixels,
        full=full,
        kind=f"TIFF, {bits} bits" + (" float" if floats else ""),
        profile=embedded.data if embedded else b"",
        linear=floats,
        metadata=metadata_from_directory(main) if main else Metadata(),
        notes=tuple(notes),
    )
