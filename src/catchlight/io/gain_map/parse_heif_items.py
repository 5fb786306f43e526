"""Reads the items of a HEIF file (HEIC, AVIF).

Source: ISO/IEC 14496-12:2022 (meta, iloc, idat, iinf, iref, grpl), ISO/IEC 23008-12:2022 (pitm, iprp, ipco, ipma).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from catchlight.io.gain_map.heif_items import HeifItem, HeifItems, box_of

# A damaged file may claim millions.
_MOST_ITEMS = 4096


def parse_heif_items(data: bytes) -> HeifItems:
    """The items of a file whose data lie in it in one or several pieces.

    Raises:
        ValueError: damaged, or built in a way that still pictures are not.
    """
    try:
        return _parsed(data)
    except (struct.error, IndexError, KeyError) as error:
        raise ValueError("the file's boxes are damaged or cut off") from error


def _parsed(data: bytes) -> HeifItems:
    top = dict(_boxes(data, 0, len(data)))
    (brands_at, brands_end), (meta_at, meta_end) = top[b"ftyp"], top[b"meta"]
    brands = data[brands_at:brands_end]
    meta = dict(_boxes(data, meta_at + 4, meta_end))
    items = _entries(data, meta[b"iinf"])
    in_meta = meta.get(b"idat", (0, 0))
    for number, content in _locations(data, meta[b"iloc"], in_meta).items():
        if number in items:
            items[number].data = content
    if b"iref" in meta:
        _references(data, meta[b"iref"], items)
    if b"iprp" in meta:
        _properties(data, meta[b"iprp"], items)
    alternatives = []
    for name, (at, end) in _boxes(data, *meta[b"grpl"]) if b"grpl" in meta else ():
        if name == b"altr":
            (count,) = struct.unpack(">I", data[at + 8 : at + 12])
            alternatives.append([*struct.unpack(f">{count}I", data[at + 12 : min(end, at + 12 + 4 * count)])])
    wide = data[meta[b"pitm"][0]] > 0
    at = meta[b"pitm"][0] + 4
    return HeifItems(
        brand=brands[:4],
        compatible=[brands[i : i + 4] for i in range(8, len(brands) - 3, 4)],
        primary=int.from_bytes(data[at : at + (4 if wide else 2)], "big"),
        items=items,
        alternatives=alternatives,
    )


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name, and where the content of each box begins and ends."""
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", data[at + 8 : at + 16]), 16
        size = size or end - at
        if size < head or at + size > end:
            raise ValueError("the file's boxes are damaged or cut off")
        yield name, (at + head, at + size)
        at += size


def _entries(data: bytes, iinf: tuple[int, int]) -> dict[int, HeifItem]:
    items: dict[int, HeifItem] = {}
    for name, (at, end) in _boxes(data, iinf[0] + (6 if data[iinf[0]] == 0 else 8), iinf[1]):
        version = data[at]
        if name != b"infe" or version not in (2, 3):
            continue
        wide = 2 if version == 3 else 0
        number = int.from_bytes(data[at + 4 : at + 6 + wide], "big")
        kind = data[at + 8 + wide : at + 12 + wide]
        items[number] = HeifItem(kind=kind, data=b"", tail=data[at + 12 + wide : end], hidden=bool(data[at + 3] & 1))
        if len(items) > _MOST_ITEMS:
            raise ValueError(f"expected at most {_MOST_ITEMS} items")
    return items


def _locations(data: bytes, iloc: tuple[int, int], in_meta: tuple[int, int]) -> dict[int, bytes]:
    at = iloc[0]
    version, sizes, bases = data[at], data[at + 4], data[at + 5]
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, bases >> 4
    index_size = bases & 15 if version in (1, 2) else 0
    at += 6

    def number(size: int) -> int:
        nonlocal at
        if at + size > iloc[1]:
            raise ValueError("the file's boxes are damaged or cut off")
        at += size
        return int.from_bytes(data[at - size : at], "big")

    found: dict[int, bytes] = {}
    for _ in range(min(number(4 if version == 2 else 2), _MOST_ITEMS)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version in (1, 2) else 0
        number(2)  # data in another file is not followed
        base = number(base_size)
        pieces = []
        for _ in range(number(2)):
            number(index_size)
            start, length = base + number(offset_size), number(length_size)
            origin, limit = in_meta if method == 1 else (0, len(data))
            end = origin + start + length if length else limit
            if method > 1 or end > limit:
                raise ValueError("an item lies outside its file")
            pieces.append(data[origin + start : end])
        found[item] = b"".join(pieces)
    return found


def _references(data: bytes, iref: tuple[int, int], items: dict[int, HeifItem]) -> None:
    letter, size = ("I", 4) if data[iref[0]] else ("H", 2)
    for name, (at, _) in _boxes(data, iref[0] + 4, iref[1]):
        source, count = struct.unpack(f">{letter}H", data[at : at + size + 2])
        targets = struct.unpack(f">{count}{letter}", data[at + size + 2 : at + size + 2 + count * size])
        if source in items:
            items[source].references[name] = [*targets]


def _properties(data: bytes, iprp: tuple[int, int], items: dict[int, HeifItem]) -> None:
    container: list[bytes] = []
    for name, (at, end) in _boxes(data, *iprp):
        if name == b"ipco":
            container = [box_of(kind, data[slice(*place)]) for kind, place in _boxes(data, at, end)]
    for name, (at, _) in _boxes(data, *iprp):
        if name != b"ipma":
            continue
        number_size, link_size = (4 if data[at] else 2), (2 if data[at + 3] & 1 else 1)
        (count,) = struct.unpack(">I", data[at + 4 : at + 8])
        at += 8
        for _ in range(min(count, _MOST_ITEMS)):
            number = int.from_bytes(data[at : at + number_size], "big")
            links, at = data[at + number_size], at + number_size + 1
            for i in range(links):
                link = int.from_bytes(data[at + i * link_size : at + (i + 1) * link_size], "big")
                essential = bool(link >> (8 * link_size - 1))
                index = link & (2 ** (8 * link_size - 1) - 1)
                if number in items and 0 < index <= len(container):
                    items[number].properties.append((container[index - 1], essential))
            at += links * link_size
