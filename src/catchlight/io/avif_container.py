"""Packs an AV1 picture with its ICC profile, EXIF and orientation into an AVIF file.

The encoder at hand writes 10 bits but neither profile nor EXIF; the one that writes those has only 8 bits.

Source: ISO/IEC 23008-12:2022 (HEIF: meta, iloc, iinf, iref, iprp), ISO/IEC 23000-22 (MIAF), AV1-AVIF 1.1.0.
"""

from __future__ import annotations

import struct

# EXIF orientation → quarter turns anticlockwise (irot), then the mirror's axis (imir: 0 top-bottom, 1 left-right).
_TURNS_AND_AXIS: dict[int, tuple[int, int | None]] = {
    1: (0, None), 2: (0, 1), 3: (2, None), 4: (0, 0), 5: (1, 0), 6: (3, None), 7: (3, 0), 8: (1, None),
}  # fmt: skip
_ESSENTIAL = 0x80  # a reader that does not know the property must not show the picture
_PICTURE, _EXIF = 1, 2  # item numbers


def pack_avif(encoded: bytes, *, profile: bytes, exif: bytes, orientation: int) -> bytes:
    """The AVIF file `encoded` (one picture, no grid, no alpha) with profile, EXIF and orientation added.

    Args:
        encoded: a complete AVIF file with a single picture.
        profile: ICC profile.
        exif: TIFF-encoded EXIF block.
        orientation: EXIF orientation 1…8, stored as the rotation and mirroring that readers apply.
    """
    boxes = _boxes(encoded, 0, len(encoded))
    meta = _boxes(encoded, boxes[b"meta"][0] + 4, boxes[b"meta"][1])
    properties_at = _boxes(encoded, *meta[b"iprp"])[b"ipco"]
    old = _boxes(encoded, *properties_at)
    at, size = _picture_place(encoded, meta[b"iloc"])
    picture = encoded[at : at + size]
    turns, axis = _TURNS_AND_AXIS[orientation]
    properties = [
        (_box(name, encoded[slice(*old[name])]), essential)
        for name, essential in ((b"ispe", 0), (b"pixi", 0), (b"av1C", _ESSENTIAL), (b"colr", 0))
    ]
    properties.append((_box(b"colr", b"prof" + profile), 0))
    if turns:
        properties.append((_box(b"irot", bytes([turns])), _ESSENTIAL))
    if axis is not None:
        properties.append((_box(b"imir", bytes([axis])), _ESSENTIAL))
    links = bytes(i | essential for i, (_, essential) in enumerate(properties, 1))
    exif_item = struct.pack(">I", 0) + exif  # the TIFF header follows at once

    def meta_box(data_at: int) -> bytes:
        places = struct.pack(">BBH", 0x44, 0, 2) + b"".join(
            struct.pack(">HHHII", item, 0, 1, start, length)
            for item, start, length in (
                (_PICTURE, data_at, len(picture)),
                (_EXIF, data_at + len(picture), len(exif_item)),
            )
        )
        items = struct.pack(">H", 2) + _item(_PICTURE, b"av01", b"Color") + _item(_EXIF, b"Exif", b"Exif")
        describes = _box(b"cdsc", struct.pack(">HHH", _EXIF, 1, _PICTURE))
        container = _box(b"ipco", b"".join(data for data, _ in properties))
        association = _full_box(b"ipma", struct.pack(">IHB", 1, _PICTURE, len(links)) + links)
        return _full_box(
            b"meta",
            _full_box(b"hdlr", bytes(4) + b"pict" + bytes(12) + b"\0")
            + _full_box(b"pitm", struct.pack(">H", _PICTURE))
            + _full_box(b"iloc", places)
            + _full_box(b"iinf", items)
            + _full_box(b"iref", describes)
            + _box(b"iprp", container + association),
        )

    start = _box(b"ftyp", encoded[slice(*boxes[b"ftyp"])])
    data_at = len(start) + len(meta_box(0)) + 8
    return start + meta_box(data_at) + _box(b"mdat", picture + exif_item)


def _boxes(data: bytes, at: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Where the contents of each box begin and end; of boxes with one name, the first."""
    found: dict[bytes, tuple[int, int]] = {}
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        size = size or end - at
        found.setdefault(name, (at + 8, at + size))
        at += max(size, 8)
    return found


def _picture_place(data: bytes, iloc: tuple[int, int]) -> tuple[int, int]:
    """Offset and length of the first item of an `iloc` as libavif writes it: version 0, 4-byte fields, one extent."""
    head = data[iloc[0] : iloc[0] + 22]
    version, sizes, bases, count, extents, at, size = struct.unpack(">BxxxBBHxxxxHII", head)
    if (version, sizes, bases & 0xF0, count, extents) != (0, 0x44, 0, 1, 1):
        raise ValueError("an AVIF file with one picture in one piece was expected from the encoder")
    return at, size


def _item(number: int, kind: bytes, name: bytes) -> bytes:
    return _full_box(b"infe", struct.pack(">HH4s", number, 0, kind) + name + b"\0", version=2)


def _box(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def _full_box(name: bytes, data: bytes, *, version: int = 0) -> bytes:
    return _box(name, struct.pack(">I", version << 24) + data)
