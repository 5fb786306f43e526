"""Gain map facts as the bytes of ISO 21496-1, which JPEG, HEIC and AVIF share.

Source: ISO 21496-1:2025, annex C.2.2 (GainMapMetadata, GainMapVersion, GainMapChannel).
"""

from __future__ import annotations

import struct
from fractions import Fraction

from catchlight.io.gain_map.facts import GainMapFacts

# What precedes the metadata in a JPEG's APP2 segment.
ISO_URN = b"urn:iso:std:iso:ts:21496:-1\0"
# minimum_version and writer_version, both 0; all that the base picture of a JPEG needs.
VERSION = struct.pack(">HH", 0, 0)
_MULTICHANNEL, _BASE_COLOUR_SPACE = 0x80, 0x40
# A draft of the standard, still written by libultrahdr: one denominator for all fractions; the base is the HDR one.
_COMMON_DENOMINATOR, _BACKWARD = 0x08, 0x04
# 1/64 and halves of EV stay exact, other values within a millionth.
_MOST_DENOMINATOR = 2**20


def iso_metadata(facts: GainMapFacts) -> bytes:
    """The bytes after the format's own header."""
    channels = 1 if facts.channels_alike else 3
    flags = _BASE_COLOUR_SPACE | (_MULTICHANNEL if channels == 3 else 0)
    values = [facts.base_headroom_ev, facts.alternate_headroom_ev]
    for i in range(channels):
        values += [facts.gain_map_min[i], facts.gain_map_max[i], facts.gamma[i]]
        values += [facts.base_offset[i], facts.alternate_offset[i]]
    body = b"".join(struct.pack(">iI", f.numerator, f.denominator) for f in map(_fraction, values))
    return VERSION + bytes([flags]) + body


def read_iso_metadata(data: bytes) -> GainMapFacts | None:
    """The facts in `data`; None for a later version, a base that is the HDR picture, or gains in another colour space.

    Raises:
        ValueError: cut off, a zero denominator, or other values that cannot be.
    """
    if len(data) < 5:
        raise ValueError("the gain map's metadata is cut off")
    minimum_version, _, flags = struct.unpack(">HHB", data[:5])
    if minimum_version > 0 or flags & _BACKWARD:
        return None
    channels = 3 if flags & _MULTICHANNEL else 1
    if not flags & _BASE_COLOUR_SPACE and channels == 3:
        return None  # the gains are meant for other primaries; those of a grey map do not care
    signed = (False, False, *(True, True, False, True, True) * channels)
    numbers = _fractions(data[5:], signed, common=bool(flags & _COMMON_DENOMINATOR))
    if numbers[0] >= numbers[1]:
        return None
    sets = [numbers[2 + 5 * i : 7 + 5 * i] for i in range(channels)] * (4 - channels)
    least, most, gamma, before, after = ((sets[0][i], sets[1][i], sets[2][i]) for i in range(5))
    return GainMapFacts(
        gain_map_min=least,
        gain_map_max=most,
        gamma=gamma,
        base_offset=before,
        alternate_offset=after,
        base_headroom_ev=numbers[0],
        alternate_headroom_ev=numbers[1],
    )


def _fraction(value: float) -> Fraction:
    return Fraction(value).limit_denominator(_MOST_DENOMINATOR)


def _fractions(data: bytes, signed: tuple[bool, ...], *, common: bool) -> list[float]:
    """The numbers at the start of `data`: numerator and denominator of each, or one denominator for all in front."""
    kinds = ["i" if sign else "I" for sign in signed]
    layout = ">I" + "".join(kinds) if common else ">" + "".join(kind + "I" for kind in kinds)
    if len(data) < struct.calcsize(layout):
        raise ValueError("the gain map's metadata is cut off")
    found = struct.unpack(layout, data[: struct.calcsize(layout)])
    tops, bottoms = (found[1:], found[:1] * len(signed)) if common else (found[::2], found[1::2])
    if 0 in bottoms:
        raise ValueError("a fraction of the gain map's metadata has no denominator")
    return [top / bottom for top, bottom in zip(tops, bottoms, strict=True)]
