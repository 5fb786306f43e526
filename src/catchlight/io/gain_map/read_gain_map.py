"""The gain map of a picture file, by what is in the file."""

from __future__ import annotations

from pathlib import Path

from catchlight.core import InputError
from catchlight.core.gain_map import GainMap
from catchlight.io.gain_map.apple import APPLE_GAIN_MAP
from catchlight.io.gain_map.heif import read_heif_gain_map
from catchlight.io.gain_map.iso_metadata import ISO_URN
from catchlight.io.gain_map.jpeg import read_jpeg_gain_map

DAMAGED_NOTE = "damaged or cut-off gain map left out"
# A file without any of these in its head (EXIF with thumbnail, profile) has no gain map and is not read twice.
_SIGNS = (b"hdrgm", b"MPF\0", ISO_URN, b"tmap", APPLE_GAIN_MAP)
_HEAD_BYTES = 2**18


def read_gain_map(path: Path) -> GainMap | None:
    """The gain map of a JPEG, HEIC or AVIF; None for files that have none, among them every other kind of picture.

    Read are Ultra HDR (JPEG), ISO 21496-1 (all three) and Apple's auxiliary maps (HEIC, JPEG). Maps come as their
    pictures come from `read_picture`: HEIC upright, the others as stored.

    Raises:
        InputError: no such file, or a gain map that is damaged or cut off.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return gain_map_of(data)
    except ValueError as error:
        raise InputError(f"{path}: {error}; the picture itself can be read without it") from error


def gain_map_of(data: bytes) -> GainMap | None:
    """The gain map in the bytes of a picture file.

    Raises:
        ValueError: there is one, but it is damaged.
    """
    if data[:3] == b"\xff\xd8\xff":
        return read_jpeg_gain_map(data)
    if data[4:8] == b"ftyp":
        is_avif = data[8:12] in (b"avif", b"avis") or b"avif" in data[16:64]
        return read_heif_gain_map(data, upright=not is_avif)
    return None


def optional_gain_map(path: Path, *, height: int, width: int) -> tuple[GainMap | None, tuple[str, ...]]:
    """The gain map for a picture of that size, and notes: what is wrong with the map never harms the picture."""
    with path.open("rb") as stream:
        data = stream.read(_HEAD_BYTES)
        if not any(sign in data for sign in _SIGNS):
            return None, ()
        data += stream.read()
    try:
        found = gain_map_of(data)
    except (ValueError, InputError):
        return None, (DAMAGED_NOTE,)
    if found is not None and (found.shape[0] > height or found.shape[1] > width):
        return None, ("gain map larger than its picture left out",)
    return found, ("with gain map",) if found is not None else ()
