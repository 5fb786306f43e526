"""The directories of a TIFF-like file (TIFF, DNG, most RAW containers, an EXIF block): read, and written.

Pixels are none of this file's business; tifffile and LibRaw decode those. What is here exists because EXIF, GPS and DNG
tags have to survive unchanged from one container to another, with their own types.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedIOBase

from catchlight.io.tiff_field import LONG, SWAP_BYTES, VALUE_BYTES, TiffField

SUB_IFDS, EXIF_IFD, GPS_IFD = 330, 34665, 34853
_CHILDREN = (SUB_IFDS, EXIF_IFD, GPS_IFD)
# Far more than any camera writes; a damaged file may claim millions.
_MOST_DIRECTORIES, _MOST_ENTRIES, _MOST_VALUE_BYTES = 64, 4096, 16 * 2**20
# RW2 and ORF use their own number in the place of TIFF's 42; their directories are the same.
_MAGIC = {42, 85, 0x4F52, 0x5352, 0x5552}


@dataclass(slots=True)
class TiffDirectory:
    """Tags of one image file directory and the directories below it.

    Args:
        fields: tag number → field; pointers to other directories are not among them.
        children: pointer tag (330 SubIFDs, 34665 EXIF, 34853 GPS) → the directories it points to.
        incomplete: something that the directory announces lies behind the end of the file.
    """

    fields: dict[int, TiffField] = field(default_factory=dict)
    children: dict[int, list[TiffDirectory]] = field(default_factory=dict)
    incomplete: bool = False

    def get(self, tag: int) -> TiffField | None:
        """The field of a tag, or None."""
        return self.fields.get(tag)

    def number(self, tag: int) -> float | None:
        """The first number of a tag; None when it is missing or not finite."""
        values = self.fields[tag].numbers if tag in self.fields else ()
        return float(values[0]) if values and values[0] - values[0] == 0 else None

    def numbers(self, tag: int) -> tuple[float, ...]:
        """All numbers of a tag; empty when it is missing."""
        return self.fields[tag].numbers if tag in self.fields else ()

    def integers(self, tag: int) -> tuple[int, ...]:
        """All numbers of a tag as integers; empty when it is missing."""
        return self.fields[tag].integers if tag in self.fields else ()

    def text(self, tag: int) -> str:
        """The text of a tag; empty when it is missing."""
        return self.fields[tag].text if tag in self.fields else ""

    def child(self, tag: int) -> TiffDirectory | None:
        """The first directory that a pointer tag leads to."""
        below = self.children.get(tag)
        return below[0] if below else None

    def walk(self) -> Iterator[TiffDirectory]:
        """This directory and its SubIFDs, depth first (not EXIF and GPS)."""
        yield self
        for below in self.children.get(SUB_IFDS, []):
            yield from below.walk()


def read_directories(stream: BufferedIOBase) -> list[TiffDirectory]:
    """The chain of directories that starts at the file's head, first one first; empty when it is no TIFF-like file.

    Values that lie outside the file, or are larger than 16 MB, are left out: whoever needs one finds it missing.
    """
    return _Reader(stream).chain()


class _Reader:
    def __init__(self, stream: BufferedIOBase) -> None:
        self.stream = stream
        self.size = stream.seek(0, 2)
        stream.seek(0)
        head = stream.read(16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        self.start, self.big = 0, False
        self.seen: set[int] = set()
        if not self.order or len(head) < 8:
            return
        magic, offset = struct.unpack(self.order + "HI", head[2:8])
        self.big = magic == 43
        if self.big and len(head) == 16:
            self.start = struct.unpack(self.order + "Q", head[8:])[0]
        elif magic in _MAGIC:
            self.start = offset

    def chain(self) -> list[TiffDirectory]:
        found: list[TiffDirectory] = []
        offset = self.start
        while offset and offset not in self.seen and len(self.seen) < _MOST_DIRECTORIES:
            directory, offset = self.directory(offset)
            if directory is None:
                break
            found.append(directory)
        return found

    def directory(self, offset: int) -> tuple[TiffDirectory | None, int]:
        self.seen.add(offset)
        count_letter, entry_bytes, next_letter = ("Q", 20, "Q") if self.big else ("H", 12, "I")
        head = self.bytes_at(offset, struct.calcsize("<" + count_letter))
        count = struct.unpack(self.order + count_letter, head)[0] if head else 0
        table_at = offset + struct.calcsize("<" + count_letter)
        table = self.bytes_at(table_at, count * entry_bytes) if 0 < count <= _MOST_ENTRIES else b""
        if not table:
            return None, 0
        result = TiffDirectory()
        for at in range(0, len(table), entry_bytes):
            self.entry(table[at : at + entry_bytes], result)
        tail = self.bytes_at(table_at + len(table), struct.calcsize("<" + next_letter))
        return result, struct.unpack(self.order + next_letter, tail)[0] if tail else 0

    def entry(self, raw: bytes, result: TiffDirectory) -> None:
        tag, kind = struct.unpack(self.order + "HH", raw[:4])
        letter = "Q" if self.big else "I"
        width = struct.calcsize("<" + letter)
        count = struct.unpack(self.order + letter, raw[4 : 4 + width])[0]
        total = count * VALUE_BYTES.get(kind, 0)
        if not 0 < total <= _MOST_VALUE_BYTES:
            return
        inline = raw[4 + width :]
        data = inline[:total]
        if total > len(inline):
            data = self.bytes_at(struct.unpack(self.order + letter, inline)[0], total)
        if len(data) != total:
            result.incomplete = True
            return
        if self.order == ">" and SWAP_BYTES[kind] > 1:
            step = SWAP_BYTES[kind]
            data = b"".join(data[i : i + step][::-1] for i in range(0, total, step))
        value = TiffField(kind, data)
        if tag not in _CHILDREN:
            result.fields.setdefault(tag, value)
            return
        for offset in value.integers:
            if offset not in self.seen and len(self.seen) < _MOST_DIRECTORIES:
                below, _ = self.directory(offset)
                if below is not None:
                    result.children.setdefault(tag, []).append(below)
                result.incomplete |= below is None or below.incomplete

    def bytes_at(self, offset: int, length: int) -> bytes:
        if offset + length > self.size:
            return b""
        self.stream.seek(offset)
        return self.stream.read(length)


def encode_directory(directory: TiffDirectory, *, offset: int) -> bytes:
    """The directory, its values and everything below it as bytes that will lie at `offset` of a little-endian file.

    `offset` must be even, as TIFF wants word alignment.
    """
    pointers = {tag: below for tag, below in directory.children.items() if below}
    tags = sorted({*directory.fields, *pointers})
    values_at = offset + 2 + 12 * len(tags) + 4
    table, values = bytearray(struct.pack("<H", len(tags))), bytearray()

    def place(data: bytes) -> int:
        at = values_at + len(values)
        values.extend(data + b"\0" * (len(data) % 2))
        return at

    for tag in tags:
        if tag in pointers:
            offsets = []
            for below in pointers[tag]:
                at = values_at + len(values)
                offsets.append(place(encode_directory(below, offset=at)))
            value = TiffField.of_longs(*offsets)
        else:
            value = directory.fields[tag]
        body = value.data if len(value.data) <= 4 else struct.pack("<I", place(value.data))
        table += struct.pack("<HHI", tag, value.kind, value.count) + body.ljust(4, b"\0")
    return bytes(table) + struct.pack("<I", 0) + bytes(values)


def encode_block(directory: TiffDirectory) -> bytes:
    """A whole TIFF-encoded block without pixels, as EXIF is stored in JPEG, PNG, WebP and HEIF."""
    return struct.pack("<2sHI", b"II", 42, 8) + encode_directory(directory, offset=8)


__all__ = [
    "EXIF_IFD",
    "GPS_IFD",
    "LONG",
    "SUB_IFDS",
    "TiffDirectory",
    "encode_block",
    "encode_directory",
    "read_directories",
]
