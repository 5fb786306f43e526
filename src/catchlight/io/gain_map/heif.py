"""A HEIC or AVIF file with a gain map, as a tone-mapped item beside the base picture.

The base picture stays the one to show. A hidden picture holds the gains; the item `tmap`, derived from both, holds the
metadata and is the base's preferred alternative: readers that know it show high dynamic range.

Source: ISO/IEC 23008-12:2025, 6.6.2.4 (tone map derivation), ISO 21496-1:2025; libavif's gain map files have this
layout, too.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from catchlight.core import ColourSpace, ContractError
from catchlight.core.gain_map import GainMap
from catchlight.io.decoded import check_size
from catchlight.io.gain_map.apple import APPLE_GAIN_MAP, apple_gain_map, apple_headroom
from catchlight.io.gain_map.facts import GainMapFacts, stored_gain
from catchlight.io.gain_map.heif_items import HeifItem, HeifItems, box_of, full_box
from catchlight.io.gain_map.iso_metadata import iso_metadata, read_iso_metadata
from catchlight.io.gain_map.parse_heif_items import parse_heif_items

Stored = UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"]
_TRANSFORMS = (b"irot", b"imir")
# What the rendition is made for: PQ in the base picture's primaries. Source: ITU-T H.273, tables 2 to 4.
_PRIMARIES_CODE = {ColourSpace.SRGB: 1, ColourSpace.DISPLAY_P3: 12, ColourSpace.REC2020: 9}
_PQ, _FULL_RANGE, _UNSPECIFIED = 16, 0x80, 2
_MATRIX_OF_COLOUR = 6
_ALTERNATE_BITS = 10
_TONE_MAP_VERSION = b"\0"


def pack_heif(base: bytes, gain_map: GainMap, *, space: ColourSpace, quality: int = 95) -> bytes:
    """The HEIC or AVIF file `base` with the gain map added; the coded base picture is carried over unchanged.

    Args:
        base: a complete file of one picture without gain map.
        gain_map: of that picture, turned as the stored pixels are.
        space: primaries of the base picture.
        quality: of the map's own coding.
    """
    file = parse_heif_items(base)
    picture = file.items[file.primary]
    stored = stored_gain(gain_map)
    encode = _encode_av1 if picture.kind == b"av01" else _encode_hevc
    coded = parse_heif_items(encode(stored, quality))
    turned = [(box, essential) for box, essential in picture.properties if box[4:8] in _TRANSFORMS]
    gains = HeifItem(kind=picture.kind, data=coded.items[coded.primary].data, tail=b"GMap\0", hidden=True)
    kept = [p for p in coded.items[coded.primary].properties if p[0][4:8] not in (b"colr", *_TRANSFORMS)]
    plain = _nclx(_UNSPECIFIED, _UNSPECIFIED, _UNSPECIFIED if stored.ndim == 2 else _MATRIX_OF_COLOUR)
    gains.properties = [*kept, (plain, False), *turned]
    number = max(file.items) + 1
    file.items[number] = gains
    file.items[number + 1] = HeifItem(
        kind=b"tmap",
        data=_TONE_MAP_VERSION + iso_metadata(GainMapFacts.of(gain_map)),
        tail=b"GMap\0",
        properties=[
            (full_box(b"ispe", struct.pack(">II", *_size_of(picture))), False),
            (full_box(b"pixi", bytes([3, *[_ALTERNATE_BITS] * 3])), False),
            (_nclx(_PRIMARIES_CODE[space], _PQ, _MATRIX_OF_COLOUR), False),
        ],
        references={b"dimg": [file.primary, number]},
    )
    file.alternatives.append([number + 1, file.primary])
    file.compatible.append(b"tmap")
    return file.encoded()


def read_heif_gain_map(data: bytes, *, upright: bool) -> GainMap | None:
    """The gain map in a HEIC or AVIF file; None when it has none, or none that brightens an SDR picture.

    Args:
        data: the file.
        upright: turn the map the way the file says (as HEIC's decoder turns the picture) or leave it as stored (AVIF).

    Raises:
        ValueError: there is one, but it is damaged.
    """
    file = parse_heif_items(data)
    try:
        for item in file.items.values():
            below = item.references.get(b"dimg", [])
            if item.kind == b"tmap" and len(below) == 2 and below[0] == file.primary and below[1] in file.items:
                if item.data[:1] != _TONE_MAP_VERSION:
                    return None
                facts = read_iso_metadata(item.data[1:])
                return None if facts is None else facts.gain_map(_decoded(file, below[1], upright=upright))
        for number, item in file.items.items():
            is_apple = (item.property_of(b"auxC") or b"")[4:].startswith(APPLE_GAIN_MAP)
            if is_apple and file.primary in item.references.get(b"auxl", []):
                return _apple(file, number, upright=upright)
    except ContractError as error:
        raise ValueError(str(error)) from error
    return None


def without_gain_map(data: bytes) -> bytes | None:
    """The HEIC or AVIF file less its tone-mapped items; None when it has none, or is damaged elsewhere, too."""
    try:
        file = parse_heif_items(data)
        tone_maps = [number for number, item in file.items.items() if item.kind == b"tmap"]
        for number in tone_maps:
            del file.items[number]
        file.alternatives = [group for group in file.alternatives if not {*tone_maps} & {*group}]
        file.compatible = [brand for brand in file.compatible if brand != b"tmap"]
        return file.encoded() if tone_maps else None
    except (ValueError, struct.error):
        return None


def _apple(file: HeifItems, number: int, *, upright: bool) -> GainMap | None:
    described = [item.data for item in file.items.values() if number in item.references.get(b"cdsc", [])]
    exif = [item.data for item in file.items.values() if item.kind == b"Exif"]
    # An EXIF item begins with the distance to its TIFF header.
    block = exif[0][4 + int.from_bytes(exif[0][:4], "big") :] if exif else b""
    headroom = apple_headroom(b"".join(described), block)
    return None if headroom is None else apple_gain_map(_decoded(file, number, upright=upright), headroom)


def _size_of(picture: HeifItem) -> tuple[int, int]:
    """Width and height of what is derived from the picture: of it as cropped and turned; in AVIF as stored.

    Source: ISO/IEC 23008-12:2022, 6.3 (reconstructed and output images); libavif refuses files that follow it here.
    """
    size, crop, turn = (picture.property_of(name) for name in (b"ispe", b"clap", b"irot"))
    if size is None:
        raise ValueError("a picture without size was found where the encoder's own was expected")
    width, height = struct.unpack(">II", size[4:12])
    if picture.kind == b"av01":
        return width, height
    if crop is not None:
        width, per_width, height, per_height = struct.unpack(">IIII", crop[:16])
        width, height = width // per_width, height // per_height
    return (height, width) if turn is not None and turn[0] & 1 else (width, height)


def _nclx(primaries: int, transfer: int, matrix: int) -> bytes:
    return box_of(b"colr", b"nclx", struct.pack(">HHHB", primaries, transfer, matrix, _FULL_RANGE))


def _encode_av1(stored: Stored, quality: int) -> bytes:
    import imagecodecs

    return bytes(
        imagecodecs.avif_encode(
            stored, quality, speed=8, bitspersample=8, pixelformat="400" if stored.ndim == 2 else "444",
            primaries=_UNSPECIFIED, transfer=_UNSPECIFIED, matrix=_MATRIX_OF_COLOUR,
        )
    )  # fmt: skip


def _encode_hevc(stored: Stored, quality: int) -> bytes:
    import pillow_heif

    stream = io.BytesIO()
    pillow_heif.encode(
        "L" if stored.ndim == 2 else "RGB", (stored.shape[1], stored.shape[0]), stored.data.cast("B"), stream,
        quality=quality, chroma=444, enc_params={"preset": "ultrafast"}, color_primaries=_UNSPECIFIED,
        transfer_characteristics=_UNSPECIFIED, matrix_coefficients=_MATRIX_OF_COLOUR, full_range_flag=1,
    )  # fmt: skip
    return stream.getvalue()


def _decoded(file: HeifItems, number: int, *, upright: bool) -> Stored:
    """The picture of one item, decoded as a file of its own."""
    item = file.items[number]
    size = item.property_of(b"ispe")
    if size is None or len(size) < 12:
        raise ValueError("the gain map has no size")
    check_size(*struct.unpack(">II", size[4:12]))
    alone = file.alone(number)
    if not upright:
        for part in alone.items.values():
            part.properties = [p for p in part.properties if p[0][4:8] not in _TRANSFORMS]
    # A grid's own kind is `grid`; its tiles tell the codec.
    decode: Callable[[bytes], np.ndarray]
    decode = _decode_av1 if any(part.kind == b"av01" for part in alone.items.values()) else _decode_hevc
    try:
        pixels = decode(alone.encoded())
    except Exception as error:  # decoders of damaged pictures raise anything
        raise ValueError("the gain map's picture is damaged") from error
    if pixels.ndim == 3:
        pixels = pixels[..., 0] if pixels.shape[2] < 3 else pixels[..., :3]
    if pixels.dtype != np.uint8:
        raise ValueError(f"a gain map of 8 bits was expected; found {pixels.dtype}")
    return np.ascontiguousarray(pixels)


def _decode_av1(data: bytes) -> np.ndarray:
    import imagecodecs

    return np.asarray(imagecodecs.avif_decode(data))


def _decode_hevc(data: bytes) -> np.ndarray:
    import pillow_heif

    return np.asarray(pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True))
