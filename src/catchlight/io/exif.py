"""EXIF in and out: a TIFF-encoded block becomes Metadata, and Metadata becomes a block for the finished photo."""

from __future__ import annotations

import io
from calendar import timegm
from dataclasses import replace
from datetime import datetime, timedelta

from catchlight.core import Metadata
from catchlight.io.tiff_directory import EXIF_IFD, GPS_IFD, TiffDirectory, encode_block, read_directories
from catchlight.io.tiff_field import UNDEFINED, TiffField

# What a finished photo keeps of the first directory: who, what, when; nothing about how the pixels were stored.
# ImageDescription, Make, Model, Artist, Copyright, resolution, DateTime, XP* titles, rating.
_KEPT = {270, 271, 272, 274, 282, 283, 296, 305, 306, 315, 316, 18246, 33432, 40091, 40092, 40093, 40094, 40095}
# MakerNote's inner offsets break when it moves; the pixel size and the interoperability pointer describe the old file.
_DROPPED = {37500, 40962, 40963, 40965}
ORIENTATION, SOFTWARE = 274, 305
_MAKE, _MODEL, _DATE_TIME = 271, 272, 306
_EXPOSURE_S, _F_NUMBER, _ISO, _DATE_ORIGINAL, _FOCAL_MM = 33434, 33437, 34855, 36867, 37386
_SHUTTER_APEX, _APERTURE_APEX, _SUBSEC_ORIGINAL, _COLOUR_SPACE = 37377, 37378, 37521, 40961
# A JPEG segment holds 65533 bytes, six of them "Exif\0\0".
MOST_BYTES = 65_000


def read_exif(block: bytes) -> Metadata:
    """The metadata of a TIFF-encoded EXIF block, with or without "Exif\\0\\0" before it; empty where it is damaged."""
    body = block[6:] if block[:6] in (b"Exif\0\0", b"Exif\0\xff") else block
    directories = read_directories(io.BytesIO(body)) if body else []
    return metadata_from_directory(directories[0]) if directories else Metadata()


def metadata_from_directory(main: TiffDirectory, *, with_exif: bool = True) -> Metadata:
    """Metadata of a file's first directory, with a cleaned EXIF block made from it and what lies below it."""
    exif = main.child(EXIF_IFD) or main  # TIFF/EP and old Kodak files keep EXIF tags in the first directory
    orientation = int(main.number(ORIENTATION) or 1)
    return Metadata(
        make=main.text(_MAKE),
        model=main.text(_MODEL),
        exposure_s=_positive(exif.number(_EXPOSURE_S)) or _apex(exif.number(_SHUTTER_APEX), sign=-1.0),
        iso=_iso(exif),
        aperture_f=_positive(exif.number(_F_NUMBER)) or _apex(exif.number(_APERTURE_APEX), sign=0.5),
        focal_length_mm=_positive(exif.number(_FOCAL_MM)),
        timestamp_ns=_timestamp_ns(exif.text(_DATE_ORIGINAL) or main.text(_DATE_TIME), exif.text(_SUBSEC_ORIGINAL)),
        orientation=orientation if orientation in range(1, 9) else 1,
        exif=encode_block(_cleaned(main)) if with_exif else b"",
    )


def exif_directory(metadata: Metadata, *, software: str, srgb: bool = True) -> TiffDirectory:
    """The directory to embed beside the finished pixels: the original tags, corrected by what `metadata` says now.

    Args:
        metadata: of the picture to be written; its fields win over the tags in its `exif` block.
        software: name of the program, for the Software tag.
        srgb: whether the pixels are in sRGB (EXIF ColorSpace 1; 65535, "uncalibrated", otherwise).
    """
    directories = read_directories(io.BytesIO(metadata.exif)) if metadata.exif else []
    main = directories[0] if directories else TiffDirectory()
    exif = main.child(EXIF_IFD) or TiffDirectory({36864: TiffField(UNDEFINED, b"0232")})
    main.children[EXIF_IFD] = [exif]
    for tag, text in ((_MAKE, metadata.make), (_MODEL, metadata.model), (SOFTWARE, software)):
        if text:
            main.fields[tag] = TiffField.of_text(text)
    main.fields[ORIENTATION] = TiffField.of_shorts(metadata.orientation)
    exif.fields[_COLOUR_SPACE] = TiffField.of_shorts(1 if srgb else 65535)
    for tag, value in (
        (_EXPOSURE_S, metadata.exposure_s),
        (_F_NUMBER, metadata.aperture_f),
        (_FOCAL_MM, metadata.focal_length_mm),
    ):
        old = exif.number(tag)
        # The file's own fraction (1/125) is kept unless the value was changed on the way.
        if value is not None and (old is None or abs(old - value) > 1e-6 * value):
            exif.fields[tag] = TiffField.of_rationals(value)
    if metadata.iso is not None and _iso(exif) != metadata.iso:
        iso = round(metadata.iso)
        exif.fields[_ISO] = TiffField.of_shorts(min(iso, 65535))
        if iso > 65535:  # EXIF 2.3: the 16-bit tag is full, so SensitivityType says where the number stands
            exif.fields[34864], exif.fields[34866] = TiffField.of_shorts(2), TiffField.of_longs(iso)
    if metadata.timestamp_ns is not None:
        seconds, rest_ns = divmod(metadata.timestamp_ns, 10**9)
        moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
        exif.fields[_DATE_ORIGINAL] = TiffField.of_text(f"{moment:%Y:%m:%d %H:%M:%S}")
        if rest_ns:
            exif.fields[_SUBSEC_ORIGINAL] = TiffField.of_text(f"{rest_ns:09d}".rstrip("0"))
        else:
            exif.fields.pop(_SUBSEC_ORIGINAL, None)
        main.fields.setdefault(_DATE_TIME, exif.fields[_DATE_ORIGINAL])
    return main


def exif_block(metadata: Metadata, *, software: str = "Catchlight", srgb: bool = True) -> bytes:
    """`exif_directory` as a TIFF-encoded block that fits a JPEG segment; where it does not, the longest tags go."""
    main = exif_directory(metadata, software=software, srgb=srgb)
    block = encode_block(main)
    while len(block) > MOST_BYTES:
        places = [d.fields for d in (main, *main.children.get(EXIF_IFD, ()), *main.children.get(GPS_IFD, ()))]
        fields, tag = max(((f, t) for f in places for t in f), key=lambda at: len(at[0][at[1]].data))
        del fields[tag]
        block = encode_block(main)
    return block


def completed(metadata: Metadata, other: Metadata) -> Metadata:
    """`metadata` with its unknown facts taken from `other`."""
    return replace(
        metadata,
        make=metadata.make or other.make,
        model=metadata.model or other.model,
        exposure_s=metadata.exposure_s or other.exposure_s,
        iso=metadata.iso or other.iso,
        aperture_f=metadata.aperture_f or other.aperture_f,
        focal_length_mm=metadata.focal_length_mm or other.focal_length_mm,
        timestamp_ns=metadata.timestamp_ns if metadata.timestamp_ns is not None else other.timestamp_ns,
        exif=metadata.exif or other.exif,
    )


def _cleaned(main: TiffDirectory) -> TiffDirectory:
    result = TiffDirectory({tag: value for tag, value in main.fields.items() if tag in _KEPT})
    exif = main.child(EXIF_IFD)
    # Without an EXIF directory the same tags may stand in the first one (TIFF/EP): 33434…42240 less the private ranges.
    source = exif.fields if exif else {t: v for t, v in main.fields.items() if t in _EXIF_IN_MAIN}
    result.children[EXIF_IFD] = [TiffDirectory({t: v for t, v in source.items() if t not in _DROPPED})]
    gps = main.child(GPS_IFD)
    if gps is not None:
        result.children[GPS_IFD] = [TiffDirectory(dict(gps.fields))]
    return result


_EXIF_IN_MAIN = {
    33434,
    33437,
    34850,
    34855,
    36867,
    36868,
    37377,
    37378,
    37380,
    37381,
    37382,
    37383,
    37384,
    37385,
    37386,
}


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None


def _apex(value: float | None, *, sign: float) -> float | None:
    """Seconds (sign -1) or f-number (sign 0.5) from an APEX value. Source: EXIF 2.32, annex C."""
    return 2.0 ** (sign * value) if value is not None and abs(value) < 30 else None


def _iso(exif: TiffDirectory) -> float | None:
    iso = _positive(exif.number(_ISO))
    if iso is None or iso >= 65535:  # full: EXIF 2.3 keeps the number in StandardOutputSensitivity, REI or ISOSpeed
        larger = [v for tag in (34866, 34865, 34867) if (v := _positive(exif.number(tag)))]
        iso = larger[0] if larger else iso
    return iso


def _timestamp_ns(text: str, fraction: str) -> int | None:
    try:
        moment = datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    digits = fraction if fraction.isascii() and fraction.isdigit() else ""
    return timegm(moment.timetuple()) * 10**9 + int(digits[:9].ljust(9, "0"))
