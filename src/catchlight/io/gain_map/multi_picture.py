"""The index that says where the further pictures of a JPEG file stand.

Source: CIPA DC-007-2009, "Multi-Picture Format", section 5.2 (MP Index IFD).
"""

from __future__ import annotations

import io
import struct

from catchlight.io.tiff_directory import read_directories

MPF_MARK = b"MPF\0"
_VERSION, _COUNT, _ENTRIES = 0xB000, 0xB001, 0xB002
# Individual image attribute: JPEG data, type "baseline MP primary image"; a gain map's type is undefined, 0.
_PRIMARY_ATTRIBUTE, _OTHER_ATTRIBUTE = 0x030000, 0
INDEX_BYTES = len(MPF_MARK) + 8 + 2 + 3 * 12 + 4 + 2 * 16


def multi_picture_index(primary_bytes: int, other_bytes: int, *, index_at: int) -> bytes:
    """Payload of the APP2 segment for two pictures, the second directly behind the first.

    Args:
        primary_bytes: length of the first picture, this segment included.
        other_bytes: length of the second.
        index_at: where in the file the payload begins; offsets count from the byte order mark behind its four letters.
    """
    entries_at = 8 + 2 + 3 * 12 + 4
    fields = (
        struct.pack(">HHI4s", _VERSION, 7, 4, b"0100")
        + struct.pack(">HHII", _COUNT, 4, 1, 2)
        + struct.pack(">HHII", _ENTRIES, 7, 32, entries_at)
    )
    base = index_at + len(MPF_MARK)
    entries = struct.pack(">IIIHH", _PRIMARY_ATTRIBUTE, primary_bytes, 0, 0, 0)
    entries += struct.pack(">IIIHH", _OTHER_ATTRIBUTE, other_bytes, primary_bytes - base, 0, 0)
    return MPF_MARK + b"MM\0*" + struct.pack(">IH", 8, 3) + fields + struct.pack(">I", 0) + entries


def other_pictures(payload: bytes, *, index_at: int) -> list[int]:
    """Where the pictures after the first begin in the file; empty when the index is damaged.

    Args:
        payload: of the APP2 segment, the four letters included.
        index_at: where in the file it begins.
    """
    block = payload[len(MPF_MARK) :]
    directories = read_directories(io.BytesIO(block))
    field = directories[0].fields.get(_ENTRIES) if directories else None
    if field is None:
        return []
    order = "<" if block.startswith(b"II") else ">"
    found = []
    for at in range(16, len(field.data) - 15, 16):
        (offset,) = struct.unpack(order + "I", field.data[at + 8 : at + 12])
        if offset:
            found.append(index_at + len(MPF_MARK) + offset)
    return found
