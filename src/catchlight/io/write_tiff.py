"""Writes one picture as a TIFF-like file: segments of encoded pixels, then the directory that describes them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from catchlight.io.tiff_directory import TiffDirectory, encode_directory
from catchlight.io.tiff_field import TiffField

STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
# Offsets have 32 bits; what remains is for the directory.
_MOST_BYTES = 2**32 - 2**24


def write_tiff(path: Path, directory: TiffDirectory, segments: Iterable[bytes], *, tiled: bool) -> None:
    """Streams the segments to `path` and puts the directory behind them, so that memory stays flat.

    Args:
        path: the file to write (use a path of `atomic_output`).
        directory: everything but the segments' places, which are filled in here.
        segments: encoded strips from top to bottom, or tiles row by row.
        tiled: whether the segments are tiles.

    Raises:
        OSError: the disk is full, or the file would pass the 4 GB that classic TIFF can address. `path` is a hidden
            temporary name, so it is `atomic_output` that turns either into an OutputError with the name the user gave.
    """
    offsets, sizes = [], []
    with path.open("wb") as stream:
        stream.write(struct.pack("<2sHI", b"II", 42, 0))
        for segment in segments:
            if stream.tell() + len(segment) > _MOST_BYTES:
                raise OSError("larger than the 4 GB that TIFF and DNG can hold; crop or scale the picture")
            offsets.append(stream.tell())
            sizes.append(len(segment))
            stream.write(segment)
            stream.write(b"\0" * (stream.tell() % 2))
        at = stream.tell()
        placed = TiffDirectory(dict(directory.fields), directory.children)
        placed.fields[TILE_OFFSETS if tiled else STRIP_OFFSETS] = TiffField.of_longs(*offsets)
        placed.fields[TILE_BYTES if tiled else STRIP_BYTES] = TiffField.of_longs(*sizes)
        stream.write(encode_directory(placed, offset=at))
        stream.seek(4)
        stream.write(struct.pack("<I", at))
