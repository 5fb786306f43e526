"""A JPEG with a gain map behind it, twice described: as Ultra HDR (XMP) and as ISO 21496-1.

Layout: the base picture as any reader knows it, its XMP with the directory of both pictures, the ISO version, the
multi-picture index; behind its end a second JPEG whose pixels are the gains, with XMP and ISO metadata of its own.

Source: Google, "Ultra HDR Image Format" v1.1; ISO 21496-1:2025; CIPA DC-007-2009.
"""

from __future__ import annotations

import io

import numpy as np
from jaxtyping import UInt8

from catchlight.core import ContractError
from catchlight.core.gain_map import GainMap
from catchlight.io.decoded import check_size
from catchlight.io.gain_map.apple import APPLE_GAIN_MAP, apple_gain_map, apple_headroom
from catchlight.io.gain_map.facts import GainMapFacts, stored_gain
from catchlight.io.gain_map.iso_metadata import ISO_URN, VERSION, iso_metadata, read_iso_metadata
from catchlight.io.gain_map.jpeg_segments import APP1, APP2, SOI, Segment, end_of_picture, head_segments, segment
from catchlight.io.gain_map.multi_picture import INDEX_BYTES, MPF_MARK, multi_picture_index, other_pictures
from catchlight.io.gain_map.xmp_metadata import XMP_MARK, base_packet, gain_map_packet, read_gain_map_packet
from catchlight.io.open_quietly import open_quietly

_LAST_APP = 0xEF


def pack_jpeg(base: bytes, gain_map: GainMap, *, quality: int = 95) -> bytes:
    """The JPEG `base` with the gain map added; nothing of what `base` holds is changed.

    Args:
        base: a complete JPEG without gain map.
        gain_map: of that picture.
        quality: JPEG quality of the map.
    """
    facts = GainMapFacts.of(gain_map)
    second = _with_segments(
        _encoded(stored_gain(gain_map), quality),
        segment(APP1, XMP_MARK + gain_map_packet(facts)),
        segment(APP2, ISO_URN + iso_metadata(facts)),
    )
    at = _behind_applications(base)
    described = segment(APP1, XMP_MARK + base_packet(len(second))) + segment(APP2, ISO_URN + VERSION)
    index_at = at + len(described) + 4
    length = len(base) + len(described) + 4 + INDEX_BYTES
    index = segment(APP2, multi_picture_index(length, len(second), index_at=index_at))
    return b"".join((base[:at], described, index, base[at:], second))


def read_jpeg_gain_map(data: bytes) -> GainMap | None:
    """The gain map in a JPEG file; None when it has none, or none that brightens an SDR picture.

    Raises:
        ValueError: there is one, but it is damaged.
    """
    head = list(head_segments(data))
    if not any(s.payload.startswith((MPF_MARK, ISO_URN)) or b"hdrgm" in s.payload for s in head):
        return None
    places = [
        place
        for s in head
        if s.marker == APP2 and s.payload.startswith(MPF_MARK)
        for place in other_pictures(s.payload, index_at=s.start + 4)
    ]
    # Editors that move segments leave wrong offsets behind, and some files have no index: the second picture follows
    # the first. A wrong offset must not end the search, so all places are tried.
    announced = any(s.payload.startswith(ISO_URN) or b"hdrgm" in s.payload for s in head)
    end = end_of_picture(data) if announced else 0
    follows = data.find(bytes([0xFF, SOI, 0xFF]), end) if announced else -1
    problem: ValueError | None = None
    for place in dict.fromkeys([*places, follows]):
        if not 0 < place < len(data) - 4 or data[place : place + 2] != b"\xff\xd8":
            problem = problem or ValueError("the gain map is cut off")
            continue
        try:
            second = list(head_segments(data, place))
            found = _facts(second)
            if found is not None:
                return found.gain_map(_decoded(data[place:]))
            packet = b"".join(s.payload for s in second if s.payload.startswith(XMP_MARK))
            if APPLE_GAIN_MAP in packet:
                exif = next((s.payload[6:] for s in head if s.payload.startswith(b"Exif\0\0")), b"")
                headroom = apple_headroom(packet, exif)
                return None if headroom is None else apple_gain_map(_decoded(data[place:]), headroom)
        except (ValueError, ContractError) as error:
            problem = ValueError(str(error))
    if announced and problem is not None:
        raise problem
    return None


def _facts(head: list[Segment]) -> GainMapFacts | None:
    for s in head:
        if s.marker == APP2 and s.payload.startswith(ISO_URN):
            found = read_iso_metadata(s.payload[len(ISO_URN) :])
            if found is not None:
                return found
    for s in head:
        if s.marker == APP1 and s.payload.startswith(XMP_MARK):
            return read_gain_map_packet(s.payload[len(XMP_MARK) :])
    return None


def _encoded(stored: UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"], quality: int) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(stored).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()


def _decoded(data: bytes) -> UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"]:
    end = end_of_picture(data)
    try:
        with open_quietly(io.BytesIO(data[:end]), ("JPEG", "MPO")) as image:
            check_size(*image.size)
            return np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
    except Exception as error:  # decoders of damaged pictures raise anything
        raise ValueError("the gain map's picture is damaged or cut off") from error


def _behind_applications(data: bytes) -> int:
    """Behind the APPn segments that stand in front of everything else."""
    at = 2
    for s in head_segments(data):
        if not 0xE0 <= s.marker <= _LAST_APP:
            break
        at = s.end
    return at


def _with_segments(data: bytes, *segments: bytes) -> bytes:
    at = _behind_applications(data)
    return b"".join((data[:at], *segments, data[at:]))
