"""Any picture file, by what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from catchlight.core import CatchlightError, Frame, InputError, RawFrame
from catchlight.io import dng_tags
from catchlight.io.check_regular import check_regular
from catchlight.io.expand_inputs import RAW_SUFFIXES
from catchlight.io.read_image import ISO_IMAGE_BRANDS, read_image
from catchlight.io.read_raw import NotRawError, read_raw
from catchlight.io.tiff_directory import read_directories

_HEAD_BYTES = 64
# "II" or "MM" and then 42 (TIFF) or 43 (BigTIFF) in that byte order.
_TIFF_MAGIC = (b"*\0", b"\0*", b"+\0", b"\0+")


def read_picture(path: Path) -> RawFrame | Frame:
    """Reads a RAW file as RawFrame; a JPEG, PNG, TIFF, WebP, HEIC or AVIF as Frame. The content decides, not the name.

    A Frame is float32 in 0…1 as stored (encoded unless its profile is linear), white is display white; its EXIF
    orientation is kept in the metadata and not applied.

    Raises:
        InputError: missing, no regular file, empty, cut off, damaged, of another kind, without pixels, with NaN, or too
            large.
        UnsupportedError: a RAW file with filters that are not known, or a picture of a kind that is not read yet.
    """
    path = Path(path)
    check_regular(path)
    try:
        kind = _kind(path)
        if kind == "raw by name":
            try:
                return read_raw(path)
            except NotRawError:
                return read_image(path)
        return read_raw(path) if kind == "raw" else read_image(path)
    except CatchlightError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; check the name") from error
    except MemoryError as error:
        raise InputError(f"{path}: too large for the memory of this machine") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error


def _kind(path: Path) -> Literal["raw", "raw by name", "image"]:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        if not head:
            raise InputError(f"{path}: the file is empty; copy it again")
        if head.startswith(b"FUJIFILM") or head[4:12] == b"ftypcrx ":
            return "raw"
        if _is_image_head(head):
            return "image"
        directories = read_directories(stream)
    if not directories:
        # Other RAW containers (CRW, MRW, X3F, ...) have no structure that is worth parsing twice: LibRaw looks at those
        # that claim to be one. Anything else is no picture.
        if head[:2] in (b"II", b"MM") and head[2:4] in _TIFF_MAGIC:
            raise InputError(f"{path}: the file is cut off or damaged, its directory is missing; copy it again")
        if path.suffix.lower() in RAW_SUFFIXES:
            return "raw"
        raise InputError(f"{path}: not a picture of a known kind; expected RAW, JPEG, PNG, TIFF, WebP, HEIC or AVIF")
    main = directories[0]
    mosaic = any(d.number(262) == 32803 for d in main.walk())
    if dng_tags.is_dng(main) or mosaic or head[2:4] not in _TIFF_MAGIC or head[8:10] == b"CR":
        return "raw"
    # Some old containers are TIFFs that hide their mosaic; their name is the only hint, and it may be wrong.
    return "raw by name" if path.suffix.lower() in RAW_SUFFIXES else "image"


def _is_image_head(head: bytes) -> bool:
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in ISO_IMAGE_BRANDS)
    )
