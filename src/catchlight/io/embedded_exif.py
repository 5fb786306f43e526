"""EXIF of RAW containers that are no TIFF: Fujifilm's RAF and Canon's CR3."""

from __future__ import annotations

import io
from io import BufferedIOBase

from catchlight.io.tiff_directory import EXIF_IFD, GPS_IFD, TiffDirectory, read_directories

_MOST_HEAD_BYTES = 2**17


def embedded_directory(stream: BufferedIOBase) -> TiffDirectory | None:
    """The first directory of the EXIF inside a RAF (in its JPEG preview) or CR3 (in Canon's CMT boxes); None elsewhere.

    Source: libopenraw, "RAF file format"; lclevy/canon_cr3, "Canon CR3 file structure".
    """
    stream.seek(0)
    head = stream.read(_MOST_HEAD_BYTES)
    if head.startswith(b"FUJIFILM") and len(head) >= 92:
        stream.seek(int.from_bytes(head[84:88], "big"))
        preview = stream.read(_MOST_HEAD_BYTES)
        at = preview.find(b"Exif\0\0", 0, 64)
        return _first(preview[at + 6 :]) if preview.startswith(b"\xff\xd8") and at > 0 else None
    if head[4:12] != b"ftypcrx ":
        return None
    main = _cmt(head, b"CMT1")
    if main is not None:
        for name, tag in ((b"CMT2", EXIF_IFD), (b"CMT4", GPS_IFD)):
            below = _cmt(head, name)
            if below is not None:
                main.children[tag] = [below]
    return main


def _cmt(head: bytes, name: bytes) -> TiffDirectory | None:
    at = head.find(name)
    if at < 4:
        return None
    size = int.from_bytes(head[at - 4 : at], "big")
    return _first(head[at + 4 : at - 4 + size])


def _first(block: bytes) -> TiffDirectory | None:
    directories = read_directories(io.BytesIO(block))
    return directories[0] if directories else None
