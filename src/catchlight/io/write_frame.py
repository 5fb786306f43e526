"""A finished picture becomes a file; the suffix says of which kind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8, UInt16

from catchlight.core import ColourSpace, ContractError, Frame, UsageError
from catchlight.core.bands import core_count, for_bands
from catchlight.io import icc
from catchlight.io.atomic_output import atomic_output
from catchlight.io.avif_container import pack_avif
from catchlight.io.exif import exif_block, exif_directory
from catchlight.io.gain_map import pack_heif, pack_jpeg
from catchlight.io.quantise import quantised
from catchlight.io.tiff_field import UNDEFINED, TiffField
from catchlight.io.write_tiff import write_tiff

Integers = UInt8[np.ndarray, "h w 3"] | UInt16[np.ndarray, "h w 3"]
_TIFF, _PNG, _JPEG, _WEBP, _HEIC, _AVIF = "TIFF", "PNG", "JPEG", "WebP", "HEIC", "AVIF"
_KIND_OF_SUFFIX = {
    ".tif": _TIFF, ".tiff": _TIFF, ".png": _PNG, ".jpg": _JPEG, ".jpeg": _JPEG, ".webp": _WEBP,
    ".heic": _HEIC, ".heif": _HEIC, ".avif": _AVIF,
}  # fmt: skip
WRITABLE_SUFFIXES = tuple(_KIND_OF_SUFFIX)
# The depths each kind can hold, the default first.
_DEPTHS = {_TIFF: (16, 8), _PNG: (16, 8), _JPEG: (8,), _WEBP: (8,), _HEIC: (10, 8), _AVIF: (10, 8)}
_MOST_PX = {_JPEG: 65500, _WEBP: 16383}
_SOFTWARE = "Catchlight"
# HEIC and AVIF say space and curve once more, for readers that ignore ICC profiles. Source: ITU-T H.273, tables 2 to 4.
_PRIMARIES_CODE = {ColourSpace.SRGB: 1, ColourSpace.DISPLAY_P3: 12, ColourSpace.REC2020: 9}
_TRANSFER_CODE = {"srgb": 13, "linear": 8}
_MATRIX_CODE = 6
# Errors of a gain are multiplied with the picture's light: its map is never compressed more than this.
_LEAST_GAIN_QUALITY = 90


def write_frame(path: Path, frame: Frame, *, force: bool = False, quality: int = 95, bits: int | None = None) -> None:
    """Writes a frame with its ICC profile and EXIF; values are clipped to 0…1 and rounded, never re-encoded.

    JPEG, HEIC and AVIF also get the frame's gain map; TIFF, PNG and WebP hold the standard picture alone, since their
    readers know no gain maps.

    Args:
        path: output; one of `WRITABLE_SUFFIXES`.
        frame: in sRGB, Display P3 or Rec. 2020, encoded or linear; the profile says which.
        force: overwrite an existing file.
        quality: 1…100 for JPEG, WebP, HEIC and AVIF.
        bits: a channel's depth; 16 for TIFF and PNG, 10 for HEIC and AVIF, 8 for JPEG and WebP when None.

    Raises:
        UsageError: unknown suffix, or a quality or depth that the kind of file does not have.
        ContractError: the frame is in camera RGB or XYZ (write camera RGB with `write_dng_linear`).
        OutputError: the file cannot be written.
    """
    path = Path(path)
    kind = _check(path, frame, quality=quality, bits=bits)
    depth = bits or _DEPTHS[kind][0]
    profile = icc.profile_for(frame.space, frame.transfer)
    encode: Callable[..., None] = {
        _TIFF: _write_tiff, _PNG: _write_png, _JPEG: _write_jpeg, _WEBP: _write_webp, _HEIC: _write_heic,
        _AVIF: _write_avif,
    }[kind]  # fmt: skip
    with atomic_output(path, force=force) as place:
        encode(place, frame, quantised(frame.pixels, bits=depth), profile, quality=quality)


def _check(path: Path, frame: Frame, *, quality: int, bits: int | None) -> str:
    kind = _KIND_OF_SUFFIX.get(path.suffix.lower())
    if kind is None:
        known = " ".join(WRITABLE_SUFFIXES)
        raise UsageError(f"{path}: expected an output ending in one of {known}; found {path.suffix or 'no suffix'!r}")
    if frame.space not in (ColourSpace.SRGB, ColourSpace.DISPLAY_P3, ColourSpace.REC2020):
        raise ContractError(
            f"expected sRGB, Display P3 or Rec. 2020, found {frame.space.label}; convert the frame first"
        )
    if not 1 <= quality <= 100:
        raise UsageError(f"expected a quality of 1…100, found {quality}")
    if bits is not None and bits not in _DEPTHS[kind]:
        raise UsageError(f"{path}: expected {' or '.join(map(str, _DEPTHS[kind]))} bits for {kind}, found {bits}")
    most = _MOST_PX.get(kind, 2**31 - 1)
    if max(frame.shape) > most:
        raise UsageError(f"{path}: {kind} holds at most {most} pixels a side, found {frame.shape}; write TIFF or PNG")
    return kind


def _block(frame: Frame) -> bytes:
    return exif_block(frame.metadata, software=_SOFTWARE, srgb=_is_srgb(frame))


def _is_srgb(frame: Frame) -> bool:
    return frame.space is ColourSpace.SRGB and frame.transfer == "srgb"


def _write_tiff(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    h, w, _ = pixels.shape
    rows = max(1, 2**20 // pixels[0].nbytes)
    directory = exif_directory(frame.metadata, software=_SOFTWARE, srgb=_is_srgb(frame))
    directory.fields |= {
        254: TiffField.of_longs(0),
        256: TiffField.of_longs(w),
        257: TiffField.of_longs(h),
        258: TiffField.of_shorts(*[8 * pixels.itemsize] * 3),
        259: TiffField.of_shorts(8),  # Adobe deflate
        262: TiffField.of_shorts(2),  # RGB
        277: TiffField.of_shorts(3),
        278: TiffField.of_longs(rows),
        284: TiffField.of_shorts(1),
        317: TiffField.of_shorts(2),  # horizontal differences
        34675: TiffField(UNDEFINED, profile),
    }
    for tag, value in ((282, TiffField.of_rationals(300.0)), (283, TiffField.of_rationals(300.0))):
        directory.fields.setdefault(tag, value)
    directory.fields.setdefault(296, TiffField.of_shorts(2))
    write_tiff(path, directory, _deflated_strips(pixels, rows), tiled=False)


def _deflated_strips(pixels: Integers, rows: int) -> Iterator[bytes]:
    """Deflate-compressed strips, as many at a time as there are cores, so that memory stays flat."""
    import imagecodecs

    tops = range(0, pixels.shape[0], rows)
    batch = 4 * core_count()
    for start in range(0, len(tops), batch):
        strips: list[bytes] = [b""] * min(batch, len(tops) - start)

        def deflate(first: int, last: int, start: int = start, strips: list[bytes] = strips) -> None:
            for i in range(first, last):
                top = tops[start + i]
                differences = imagecodecs.delta_encode(pixels[top : top + rows], axis=1)
                strips[i] = bytes(imagecodecs.deflate_encode(memoryview(differences), 1))  # type: ignore[arg-type]

        for_bands(deflate, len(strips), step=1, at_most=1)
        yield from strips


def _write_png(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    import imagecodecs

    # Horizontal differences and run lengths: a third of the time of zlib's search at the same size, for photographs.
    encoded = memoryview(imagecodecs.png_encode(pixels, 1, strategy=3, filter=16))
    head = 8 + 25  # signature and IHDR; colour and EXIF chunks come before the pixels
    extra = _chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)) + _chunk(b"eXIf", _block(frame))
    with path.open("wb") as stream:
        stream.write(encoded[:head])
        stream.write(extra)
        stream.write(encoded[head:])


def _chunk(name: bytes, data: bytes) -> bytes:
    """Source: PNG specification, third edition, section 5.3 "Chunk layout"."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _write_jpeg(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    exif = b"Exif\0\0" + _block(frame)
    encoded = _encoded(pixels, "JPEG", quality=quality, subsampling=0, icc_profile=profile, exif=exif)
    if frame.gain_map is not None:
        encoded = pack_jpeg(bytes(encoded), frame.gain_map, quality=max(quality, _LEAST_GAIN_QUALITY))
    path.write_bytes(encoded)


def _write_webp(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    path.write_bytes(_encoded(pixels, "WEBP", quality=quality, method=4, icc_profile=profile, exif=_block(frame)))


def _encoded(pixels: Integers, kind: str, **options: Any) -> memoryview | bytes:
    from PIL import Image

    h, w, _ = pixels.shape
    encoded = io.BytesIO()  # Pillow forgets why a file could not be written, so it writes to memory
    Image.frombuffer("RGB", (w, h), pixels, "raw", "RGB", 0, 1).save(encoded, kind, **options)
    return encoded.getbuffer()


def _with_gain_map(base: bytes, frame: Frame, quality: int) -> bytes:
    """The HEIC or AVIF file with the frame's gain map, where it has one."""
    if frame.gain_map is None:
        return base
    return pack_heif(base, frame.gain_map, space=frame.space, quality=max(quality, _LEAST_GAIN_QUALITY))


def _write_heic(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    import pillow_heif

    h, w, _ = pixels.shape
    deep = pixels.dtype == np.uint16
    if deep:  # the encoder takes 16 bits and keeps the upper ten
        pixels = np.left_shift(pixels, 6)
    stream = io.BytesIO()
    pillow_heif.encode(
        "RGB;16" if deep else "RGB",
        (w, h),
        pixels.data.cast("B"),
        stream,
        quality=quality,
        chroma=444,
        # On noisy 12 MP photos x265's fastest preset gives the same error per byte as the slow ones in a third of
        # the time.
        enc_params={"preset": "ultrafast"},
        icc_profile=profile,
        color_primaries=_PRIMARIES_CODE[frame.space],
        transfer_characteristics=_TRANSFER_CODE[frame.transfer],
        matrix_coefficients=_MATRIX_CODE,
        full_range_flag=1,
        exif=_block(frame),
    )
    path.write_bytes(_with_gain_map(stream.getvalue(), frame, quality))


def _write_avif(path: Path, frame: Frame, pixels: Integers, profile: bytes, *, quality: int) -> None:
    import imagecodecs

    encoded = imagecodecs.avif_encode(
        pixels,
        quality,
        speed=8,  # as good as 6 on noisy 12 MP photos, in a third of the time
        bitspersample=10 if pixels.dtype == np.uint16 else 8,
        pixelformat="444",
        primaries=_PRIMARIES_CODE[frame.space],
        transfer=_TRANSFER_CODE[frame.transfer],
        matrix=_MATRIX_CODE,
        numthreads=core_count(),
    )
    orientation = frame.metadata.orientation
    packed = pack_avif(bytes(encoded), profile=profile, exif=_block(frame), orientation=orientation)
    path.write_bytes(_with_gain_map(packed, frame, quality))
