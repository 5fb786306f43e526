"""Apple's own gain maps, which its phones wrote before there was a standard.

Source: Apple Developer Documentation, "Applying Apple HDR effect to your photos" (2023): light gain, headroom from the
maker note's entries 33 and 48; XMP namespace HDRGainMap.
"""

from __future__ import annotations

import io
import math
import re

import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core import srgb_decode
from catchlight.core.gain_map import GainMap
from catchlight.io.tiff_directory import EXIF_IFD, read_directories

# The type of the auxiliary picture, in HEIC as a property, in JPEG in the second picture's XMP.
APPLE_GAIN_MAP = b"urn:com:apple:photo:2020:aux:hdrgainmap"
_MAKER_NOTE, _NOTE_HEAD, _NOTE_DIRECTORY_AT = 37500, b"Apple iOS\0", 14
_ENTRY_HEADROOM, _ENTRY_GAIN = 33, 48
_MOST_HEADROOM = 2.0**8


def apple_headroom(packet: bytes, exif: bytes) -> float | None:
    """How many times white the brightest is, > 1: by the map's XMP, else by the picture's EXIF; None when unknown.

    Args:
        packet: XMP of the gain map, may be empty.
        exif: TIFF-encoded EXIF block of the picture, may be empty.
    """
    found = re.search(rb"HDRGainMapHeadroom\W+([0-9]+\.?[0-9]*)", packet)
    headroom = float(found[1]) if found else _headroom_of_note(exif)
    return headroom if headroom is not None and 1 < headroom <= _MOST_HEADROOM else None


def apple_gain_map(stored: UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"], headroom: float) -> GainMap:
    """The map of stored levels: light gain is 1 + (headroom − 1) · m, where m is encoded like sRGB."""
    if stored.ndim == 3:
        stored = np.ascontiguousarray(stored[..., 1])  # grey, decoded as three equal channels
    share: Float32[np.ndarray, "r c"] = srgb_decode(stored / np.float32(255))
    headroom_ev = math.log2(headroom)
    return GainMap(
        log2_gain=np.log2(1 + np.float32(headroom - 1) * share),
        gain_map_min=(0.0,) * 3,
        gain_map_max=(headroom_ev,) * 3,
        base_offset=(0.0,) * 3,
        alternate_offset=(0.0,) * 3,
        alternate_headroom_ev=headroom_ev,
    )


def _headroom_of_note(exif: bytes) -> float | None:
    main = read_directories(io.BytesIO(exif))
    below = main[0].child(EXIF_IFD) if main else None
    field = below.get(_MAKER_NOTE) if below is not None else None
    if field is None or not field.data.startswith(_NOTE_HEAD):
        return None
    # The note's directory stands behind 14 bytes and counts offsets from the note's start: a TIFF with another head.
    note = b"MM\0*" + _NOTE_DIRECTORY_AT.to_bytes(4, "big") + field.data[8:]
    entries = read_directories(io.BytesIO(note))
    if not entries:
        return None
    base, gain = entries[0].number(_ENTRY_HEADROOM), entries[0].number(_ENTRY_GAIN)
    if base is None or gain is None:
        return None
    if base < 1:
        stops = 1.8 - 20 * gain if gain <= 0.01 else 1.601 - 0.101 * gain
    else:
        stops = 3.0 - 70 * gain if gain <= 0.01 else 2.303 - 0.303 * gain
    return 2.0 ** max(stops, 0.0)
