"""The segments of a JPEG stream.

Source: ITU-T T.81 (1992), annex B: markers, segment lengths, stuffed bytes in the entropy-coded data.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

SOI, EOI, SOS, APP1, APP2 = 0xD8, 0xD9, 0xDA, 0xE1, 0xE2
_MOST_PAYLOAD = 65533


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One marker segment: where its 0xFF stands, where it ends, and what is between its length and its end."""

    marker: int
    start: int
    end: int
    payload: bytes


def head_segments(data: bytes, start: int = 0) -> Iterator[Segment]:
    """The segments from the SOI at `start` up to the first scan.

    Raises:
        ValueError: no JPEG there, or one that is cut off before its scan.
    """
    if data[start : start + 2] != b"\xff\xd8":
        raise ValueError("no JPEG begins there")
    at = start + 2
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if len(data) < at + 4 or data[at] != 0xFF:
            raise ValueError("the JPEG's head is cut off or damaged")
        marker = data[at + 1]
        if marker in (SOS, EOI):
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            raise ValueError("the JPEG's head is cut off or damaged")
        yield Segment(marker=marker, start=at, end=end, payload=data[at + 4 : end])
        at = end


def end_of_picture(data: bytes, start: int = 0) -> int:
    """Behind the EOI of the JPEG that begins at `start`; the end of `data` when it is cut off."""
    at = start + 2
    for segment in head_segments(data, start):
        at = segment.end
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            return len(data)
        marker = data[at + 1]
        if marker == EOI:
            return at + 2
        if marker == 0xFF:
            at += 1
        elif marker == 0 or 0xD0 <= marker <= 0xD7:  # a stuffed byte or a restart: no segment
            at += 2
        else:  # tables between scans, or the next scan's head
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")


def segment(marker: int, payload: bytes) -> bytes:
    """The bytes of one segment.

    Raises:
        ValueError: a payload of more than 65533 bytes.
    """
    if len(payload) > _MOST_PAYLOAD:
        raise ValueError(f"a JPEG segment holds at most {_MOST_PAYLOAD} bytes; found {len(payload)}")
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload
