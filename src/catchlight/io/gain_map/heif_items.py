"""The items of a HEIF file (HEIC, AVIF): pictures and metadata with their properties, references and groups.

Only what still pictures use; the coded data are carried, never looked into.

Source: ISO/IEC 14496-12:2022 (meta, iloc, iinf, iref, grpl), ISO/IEC 23008-12:2022 (pitm, iprp, ipco, ipma).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class HeifItem:
    """One item.

    Args:
        kind: four letters, such as `hvc1`, `av01`, `grid`, `tmap`, `Exif`.
        data: its bytes.
        tail: what follows the four letters in its entry: name, or content type, zero-terminated.
        hidden: not to be shown by itself.
        properties: whole property boxes, and whether a reader that does not know one must leave the item alone.
        references: kind of reference → the items it goes to, in order.
    """

    kind: bytes
    data: bytes
    tail: bytes = b"\0"
    hidden: bool = False
    properties: list[tuple[bytes, bool]] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)

    def property_of(self, name: bytes, starting: bytes = b"") -> bytes | None:
        """The content of the first property box of that name (and beginning), or None."""
        for box, _ in self.properties:
            if box[4:8] == name and box[8:].startswith(starting):
                return box[8:]
        return None


@dataclass(slots=True, kw_only=True)
class HeifItems:
    """All items of a file by number, the one to show, the brands, and groups of alternatives, best first."""

    brand: bytes
    compatible: list[bytes]
    primary: int
    items: dict[int, HeifItem]
    alternatives: list[list[int]] = field(default_factory=list)

    def encoded(self) -> bytes:
        """The file. Equal property boxes are stored once; item numbers stay."""
        names: list[bytes] = []
        associations = b""
        for number, item in self.items.items():
            links = bytearray()
            for box, essential in item.properties:
                if box not in names:
                    names.append(box)
                links += struct.pack(">H", (0x8000 if essential else 0) | (names.index(box) + 1))
            if links:
                associations += struct.pack(">HB", number, len(links) // 2) + links
        linked = sum(1 for item in self.items.values() if item.properties)
        flags_for_wide_links = 1
        properties = box_of(
            b"iprp",
            box_of(b"ipco", b"".join(names)),
            full_box(b"ipma", struct.pack(">I", linked), associations, flags=flags_for_wide_links),
        )
        entries = [
            full_box(b"infe", struct.pack(">HH4s", number, 0, item.kind), item.tail, version=2, flags=int(item.hidden))
            for number, item in self.items.items()
        ]
        references = [
            box_of(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
            for number, item in self.items.items()
            for kind, targets in item.references.items()
        ]
        first_group = max(self.items) + 1
        groups = [
            full_box(b"altr", struct.pack(f">II{len(group)}I", first_group + i, len(group), *group))
            for i, group in enumerate(self.alternatives)
        ]
        start = box_of(b"ftyp", self.brand, bytes(4), *self.compatible)

        def meta(data_at: int) -> bytes:
            places = b""
            for number, item in self.items.items():
                places += struct.pack(">HHHII", number, 0, 1, data_at, len(item.data))
                data_at += len(item.data)
            return full_box(
                b"meta",
                full_box(b"hdlr", bytes(4), b"pict", bytes(12), b"\0"),
                full_box(b"pitm", struct.pack(">H", self.primary)),
                full_box(b"iloc", struct.pack(">BBH", 0x44, 0, len(self.items)), places),
                full_box(b"iinf", struct.pack(">H", len(entries)), *entries),
                *([full_box(b"iref", *references)] if references else []),
                properties,
                *([box_of(b"grpl", *groups)] if groups else []),
            )

        head = start + meta(len(start) + len(meta(0)) + 8)
        return head + box_of(b"mdat", *(item.data for item in self.items.values()))

    def alone(self, number: int) -> HeifItems:
        """A file of one picture and what it is derived from (the tiles of a grid), to be decoded by itself."""
        wanted, waiting = [number], [number]
        while waiting:
            for below in self.items[waiting.pop()].references.get(b"dimg", []):
                if below not in self.items:
                    raise ValueError(f"an item of the picture is missing: {below}")
                if below not in wanted:
                    wanted.append(below)
                    waiting.append(below)
        items = {}
        for n in wanted:
            item = self.items[n]
            references = {k: v for k, v in item.references.items() if k == b"dimg"}
            items[n] = HeifItem(
                kind=item.kind, data=item.data, tail=item.tail, hidden=n != number, properties=item.properties,
                references=references,
            )  # fmt: skip
        compatible = [brand for brand in self.compatible if brand != b"tmap"]
        return HeifItems(brand=self.brand, compatible=compatible, primary=number, items=items)


def box_of(name: bytes, *content: bytes) -> bytes:
    """A box: its length, its four letters, its content."""
    return struct.pack(">I4s", 8 + sum(map(len, content)), name) + b"".join(content)


def full_box(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    """A box that begins with a version and flags."""
    return box_of(name, struct.pack(">I", version << 24 | flags), *content)
