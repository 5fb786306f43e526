"""ICC profiles: which space an embedded one means, and the one to embed for each of ours.

Source: ICC.1:2022 (profile version 4.4): header 7.2, matrix profiles 8.4, curveType 10.6, parametricCurveType 10.18.
"""

from __future__ import annotations

import hashlib
import struct
from functools import cache

import numpy as np
from jaxtyping import Float64

from catchlight.core import ColourSpace, UnsupportedError, matrix, srgb_decode
from catchlight.core.colour import WHITE_D65, adaptation
from catchlight.core.frame import Transfer

_SPACES = (ColourSpace.SRGB, ColourSpace.DISPLAY_P3, ColourSpace.REC2020)
# The profile connection space's D50 and the media white of every display profile, in s15Fixed16.
_PCS_WHITE = (0.9642, 1.0, 0.8249)
# Published profiles of one space differ by about 0.001 in their colorants; the nearest other space is 0.02 away.
_COLORANT_TOLERANCE = 0.004
# A 1024-entry table of the sRGB curve is within 0.001 of it; gamma 2.2 leaves it by 0.008.
_CURVE_TOLERANCE = 0.003


@cache
def profile_for(space: ColourSpace, transfer: Transfer) -> bytes:
    """The ICC profile that describes pixels in `space` with the given transfer curve.

    Raises:
        UnsupportedError: XYZ or camera RGB, which no display profile describes.
    """
    if space not in _SPACES:
        raise UnsupportedError(f"expected sRGB, Display P3 or Rec. 2020 pixels to embed a profile, found {space.label}")
    name = space.label + (
        ", linear" if transfer == "linear" else "" if space is not ColourSpace.REC2020 else ", sRGB curve"
    )
    if transfer == "linear":
        curve = b"para" + struct.pack(">IHH", 0, 0, 0) + _fixed(1.0)
    else:  # type 3: (aX + b)^g from d upwards, cX below; IEC 61966-2-1 with the exact corner
        curve = b"para" + struct.pack(">IHH", 0, 3, 0) + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    colorants = matrix(ColourSpace.XYZ_D50, space)
    # White of the profile connection space has four decimals: the columns are scaled to add up to exactly that.
    colorants = colorants * (np.asarray(_PCS_WHITE) / colorants.sum(axis=1))[:, None]
    tags: list[tuple[bytes, bytes]] = [
        (b"desc", _text(name)),
        (b"cprt", _text("CC0, no rights reserved")),
        (b"wtpt", b"XYZ \0\0\0\0" + _fixed(*_PCS_WHITE)),
        (b"chad", b"sf32\0\0\0\0" + _fixed(*adaptation(WHITE_D65, (0.3457, 0.3585)).ravel())),
    ]
    tags += [(key, b"XYZ \0\0\0\0" + _fixed(*colorants[:, i])) for i, key in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    tags += [(key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")]
    body, table, at = bytearray(), bytearray(struct.pack(">I", len(tags))), 128 + 4 + 12 * len(tags)
    placed: dict[bytes, int] = {}
    for key, data in tags:
        if data not in placed:  # equal curves share one place
            placed[data] = at + len(body)
            body += data.ljust(-(-len(data) // 4) * 4, b"\0")
        table += key + struct.pack(">II", placed[data], len(data))
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s6H", size, b"\0\0\0\0", 0x04400000, b"mntr", b"RGB ", b"XYZ ", 2026, 1, 1, 0, 0, 0)
    head += b"acsp" + bytes(28) + _fixed(*_PCS_WHITE)
    profile = bytearray(head.ljust(128, b"\0") + table + body)
    # Profile ID: MD5 with flags, rendering intent and the ID itself zero, as they are here.
    profile[84:100] = hashlib.md5(bytes(profile), usedforsecurity=False).digest()
    return bytes(profile)


def recognise(profile: bytes) -> tuple[ColourSpace, Transfer] | None:
    """The space and curve that a profile describes; None when it is another one (then convert), or damaged."""
    tags = _tags(profile)
    if profile[16:20] == b"GRAY" and b"kTRC" in tags:
        transfer = _transfer(tags[b"kTRC"])
        return (ColourSpace.SRGB, transfer) if transfer else None
    if profile[16:20] != b"RGB " or (b"A2B0" in tags and b"rXYZ" not in tags):
        return None
    colorants = [_xyz(tags.get(key, b"")) for key in (b"rXYZ", b"gXYZ", b"bXYZ")]
    curves = {_transfer(tags.get(key, b"")) for key in (b"rTRC", b"gTRC", b"bTRC")}
    transfer = curves.pop()
    if curves or transfer is None or any(c is None for c in colorants):
        return None
    found = np.stack([c for c in colorants if c is not None], axis=1)
    for space in _SPACES:
        if np.abs(found - matrix(ColourSpace.XYZ_D50, space)).max() < _COLORANT_TOLERANCE:
            return space, transfer
    return None


def _tags(profile: bytes) -> dict[bytes, bytes]:
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return {}
    count = struct.unpack(">I", profile[128:132])[0]
    result = {}
    for i in range(min(count, 200)):
        entry = profile[132 + 12 * i : 144 + 12 * i]
        if len(entry) == 12:
            at, size = struct.unpack(">II", entry[4:])
            result[entry[:4]] = profile[at : at + size]
    return result


def _xyz(data: bytes) -> Float64[np.ndarray, "3"] | None:
    if len(data) < 20 or data[:4] != b"XYZ ":
        return None
    return np.frombuffer(data[8:20], ">i4").astype(float) / 65536


def _transfer(data: bytes) -> Transfer | None:
    grid = np.linspace(0.0, 1.0, 65)
    curve = _curve(data, grid)
    if curve is None or not np.isfinite(curve).all():
        return None
    if np.abs(curve - grid).max() < _CURVE_TOLERANCE:
        return "linear"
    return "srgb" if np.abs(curve - srgb_decode(grid)).max() < _CURVE_TOLERANCE else None


def _curve(data: bytes, x: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"] | None:
    """The values of a curveType or parametricCurveType at `x`."""
    if data[:4] == b"curv" and len(data) >= 12:
        count = int.from_bytes(data[8:12], "big")
        table = np.frombuffer(data[12 : 12 + 2 * count], ">u2").astype(float)
        if len(table) != count:
            return None
        if count > 1:
            return np.asarray(np.interp(x, np.linspace(0, 1, count), table / 65535))
        return _segments(x, table[0] / 256 if count else 1.0)
    if data[:4] != b"para" or len(data) < 16:
        return None
    kind = int.from_bytes(data[8:10], "big")
    count = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}.get(kind, 0)
    if count == 0 or len(data) < 12 + 4 * count:
        return None
    values = (np.frombuffer(data[12 : 12 + 4 * count], ">i4") / 65536).tolist()
    if kind in (1, 2):  # (aX + b)^g + c down to where aX + b is 0, below that c
        g, a, b, c = [*values, 0.0][:4]
        return _segments(x, g, a, b, c=0.0, d=-b / a if a else 0.0, e=c, f=c)
    return _segments(x, *values)


def _segments(
    x: Float64[np.ndarray, "n"],
    g: float,
    a: float = 1.0,
    b: float = 0.0,
    c: float = 0.0,
    d: float = 0.0,
    e: float = 0.0,
    f: float = 0.0,
) -> Float64[np.ndarray, "n"]:
    """(aX + b)^g + e from d upwards, cX + f below."""
    y: Float64[np.ndarray, "n"] = np.where(x >= d, np.power(np.maximum(a * x + b, 0.0), g) + e, c * x + f)
    return y


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(float(v) * 65536)) for v in values)


def _text(text: str) -> bytes:
    """A multiLocalizedUnicodeType with one entry, American English."""
    encoded = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">III2s2sII", 0, 1, 12, b"en", b"US", len(encoded), 28) + encoded
