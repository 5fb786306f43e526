"""A quick look at a picture file: small, grey, with what its file tells; ten times as fast as reading all of it."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8, UInt16

from catchlight.core import CatchlightError, InputError, Metadata, RawFrame
from catchlight.core.colour import srgb_decode, srgb_encode
from catchlight.io import RAW_SUFFIXES, read_picture
from catchlight.io.check_regular import check_regular
from catchlight.io.decoded import check_size
from catchlight.io.embedded_exif import embedded_directory
from catchlight.io.exif import completed, metadata_from_directory, read_exif
from catchlight.io.tiff_directory import read_directories
from catchlight.pipelines.shot_record import ShotRecord, record_of

# The longer side of a preview: at least the first where the file has as much, at most the second. A blur that is seen
# at full screen still is one there, and two thirds of the time goes into decoding.
_LEAST_PX, _MOST_PX = 1280, 1600
# A preview embedded in a RAW file stands for it from this size on.
_LEAST_EMBEDDED_PX = 1000
# ... where its sides are as those of the mosaic, but for this share: previews are trimmed by some pixels.
_MOST_ASPECT = 0.1
# The usual warnings: highlights from 250 of 255 on, shadows up to 5 of 255, which is 0.0015 in linear light.
_CLIPPED, _CRUSHED = 250, 0.0015
# A photosite within 1 % of white is full.
_FULL = 0.99
_GREY = np.array([[0.25, 0.5, 0.25]], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preview:
    """What culling sees of a file.

    Args:
        record: for grouping.
        grey: sRGB-encoded grey, or the square root of linear light for a mosaic, 0…1; as stored (not turned), at most
            1600 px along its longer side.
        clipped: share of pixels with a clipped colour.
        crushed: share of pixels that are black.
        scale: pixels of the file for one of the preview, along a side.
    """

    record: ShotRecord
    grey: Float32[np.ndarray, "h w"]
    clipped: float
    crushed: float
    scale: float


def read_preview(path: Path) -> Preview:
    """The preview of a RAW file (its embedded one where large enough), JPEG or any other picture that can be read.

    Raises:
        InputError: missing, empty, damaged, cut off, too small (32×32 is the least), or no picture.
    """
    check_regular(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
        if head.startswith(b"\xff\xd8\xff"):
            data = path.read_bytes()
            return _of_jpeg(path, data, read_exif(_checked_jpeg(path, data)))
        found = _of_raw(path) if path.suffix.lower() in RAW_SUFFIXES else None
    except CatchlightError:
        raise
    except MemoryError as error:
        raise InputError(f"{path}: too large for the memory of this machine") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    return found or _of_picture(path)


def _checked_jpeg(path: Path, data: bytes) -> bytes:
    """The EXIF block of a JPEG that is whole."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "MPO")) as image:
            check_size(*image.size)
            exif: bytes = image.info.get("exif") or b""
            # Markers cannot occur within the coded picture: an end behind the last start says that it is whole. What
            # phones append (a video, say) may hold anything, so only a full decode may call it cut off.
            if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
                image.load()
    except CatchlightError as error:
        raise InputError(f"{path}: {error}") from error
    except Exception as error:
        raise InputError(f"{path}: the picture is damaged or cut off; copy it again") from error
    return exif


def _of_jpeg(path: Path, data: bytes, metadata: Metadata, *, full: tuple[int, int] | None = None) -> Preview:
    longer = max(full) if full else 0
    if not longer:
        from PIL import Image

        with Image.open(io.BytesIO(data), formats=("JPEG", "MPO")) as image:
            full, longer = (image.height, image.width), max(image.size)
    reduced = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
    factor = max([f for f in reduced if longer >= f * _LEAST_PX], default=1)
    flags = reduced.get(factor, cv2.IMREAD_COLOR) | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if pixels is None:
        raise InputError(f"{path}: the picture is damaged or cut off; copy it again")
    assert full is not None
    return _of_pixels(path, pixels, metadata, size_px=full)


def _of_pixels(
    path: Path, pixels: UInt8[np.ndarray, "h w 3"], metadata: Metadata, *, size_px: tuple[int, int]
) -> Preview:
    brightest = cv2.max(cv2.max(pixels[..., 0], pixels[..., 1]), pixels[..., 2])
    grey = _at_most(cv2.transform(pixels, _GREY)).astype(np.float32)
    grey *= np.float32(1 / 255)
    linear = srgb_decode(_quarter(grey))
    return _preview(path, grey, linear, brightest >= _CLIPPED, metadata, size_px=size_px)


def _preview(
    path: Path,
    grey: Float32[np.ndarray, "h w"],
    linear: Float32[np.ndarray, "_ _"],
    clipped: Bool[np.ndarray, "_ _"],
    metadata: Metadata,
    *,
    size_px: tuple[int, int],
) -> Preview:
    if min(grey.shape) < 32:
        raise InputError(f"{path}: expected a picture of at least 32×32 px, found {size_px[1]}×{size_px[0]}")
    return Preview(
        record=record_of(path.name, linear, size_px=size_px, metadata=metadata),
        grey=grey,
        clipped=float(np.count_nonzero(clipped)) / clipped.size,
        crushed=float(np.count_nonzero(linear <= np.float32(_CRUSHED))) / linear.size,
        scale=max(size_px) / max(grey.shape),
    )


def _quarter(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "_ _"]:
    h, w = grey.shape
    small: Float32[np.ndarray, "_ _"] = cv2.resize(grey, (max(w // 4, 1), max(h // 4, 1)), interpolation=cv2.INTER_AREA)
    return small


def _of_raw(path: Path) -> Preview | None:
    """By LibRaw; None where it does not take the file."""
    import rawpy

    with path.open("rb") as stream:
        directories = read_directories(stream)
        described = directories[0] if directories else embedded_directory(stream)
    known = metadata_from_directory(described, with_exif=False) if described else Metadata()
    try:
        with rawpy.imread(os.fspath(path)) as raw:
            full = (int(raw.sizes.height), int(raw.sizes.width))
            if known.exposure_s is None or known.iso is None:  # asking LibRaw makes it decode all of the file
                known = completed(known, _told_by(raw))
            embedded = _embedded(path, raw, known, full)
            if embedded is not None:
                return embedded
            mosaic = raw.raw_image_visible
            if raw.raw_type is not rawpy.RawType.Flat or mosaic.ndim != 2:
                return None
            white = float(raw.white_level)
            black = float(np.mean(raw.black_level_per_channel))
            return _of_mosaic(path, mosaic, _cell(raw), black, white, known)
    except (rawpy.LibRawError, rawpy.NotSupportedError, UnicodeEncodeError):
        return None  # reading all of it tells what is wrong


def _told_by(raw: Any) -> Metadata:
    other = raw.other
    return Metadata(
        exposure_s=float(other.shutter_speed) if other.shutter_speed > 0 else None,
        iso=float(other.iso_speed) if other.iso_speed > 0 else None,
    )


def _embedded(path: Path, raw: Any, metadata: Metadata, full: tuple[int, int]) -> Preview | None:
    import rawpy

    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError):
        return None
    if thumb.format is not rawpy.ThumbFormat.JPEG:
        return None
    data = bytes(thumb.data)
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            size = (image.height, image.width)
    except Exception:
        return None  # a damaged preview; the mosaic itself may be sound
    # Another shape is a crop, or one strip of several.
    if max(size) < _LEAST_EMBEDDED_PX or abs(size[1] * full[0] / (size[0] * full[1]) - 1) > _MOST_ASPECT:
        return None
    seen = _of_jpeg(path, data, metadata, full=size)
    # The picture's size is the sensor's, whatever the camera made of it.
    record = record_of(path.name, srgb_decode(seen.grey), size_px=full, metadata=metadata)
    return Preview(
        record=record,
        grey=seen.grey,
        clipped=seen.clipped,
        crushed=seen.crushed,
        scale=max(full) / max(seen.grey.shape),
    )


def _cell(raw: Any) -> int:
    """Side of the smallest square in which every place has the same mixture of colours."""
    pattern = raw.raw_pattern
    side = 2 if pattern is None else max(pattern.shape)
    return {1: 1, 2: 2, 6: 3}.get(side, side)  # each 3×3 of an X-Trans tile has five green, two red, two blue


def _of_mosaic(
    path: Path, mosaic: UInt16[np.ndarray, "h w"], cell: int, black: float, white: float, metadata: Metadata
) -> Preview:
    h, w = mosaic.shape
    size = (max(w // cell, 1), max(h // cell, 1))
    whole = cv2.resize(mosaic[: size[1] * cell, : size[0] * cell], size, interpolation=cv2.INTER_AREA)
    light: Float32[np.ndarray, "_ _"] = _at_most(whole.astype(np.float32))
    grey = np.maximum((light - np.float32(black)) * np.float32(1 / max(white - black, 1.0)), np.float32(0))
    # Fifth rows and columns meet every colour of 2×2, 4×4 and 6×6 patterns in turn.
    clipped = mosaic[::5, ::5] >= black + _FULL * (white - black)
    linear = _quarter(grey)
    root = np.sqrt(np.minimum(grey, np.float32(1)))
    return _preview(path, root, linear, clipped, metadata, size_px=(h, w))


def _of_picture(path: Path) -> Preview:
    """Any other kind, by reading all of it."""
    picture = read_picture(path)
    if isinstance(picture, RawFrame):
        black = sum(picture.black_dn) / 4
        return _of_mosaic(path, picture.mosaic, 2, black, picture.white_dn, picture.metadata)
    pixels = picture.pixels if picture.transfer == "srgb" else srgb_encode(np.clip(picture.pixels, 0, 1))
    eight = np.clip(pixels * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
    return _of_pixels(path, eight, picture.metadata, size_px=picture.shape)


def _at_most(pixels: np.ndarray) -> np.ndarray:
    h, w = pixels.shape[:2]
    factor = _MOST_PX / max(h, w)
    if factor >= 1:
        return pixels
    size = (max(round(w * factor), 1), max(round(h * factor), 1))
    smaller: np.ndarray = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return smaller
