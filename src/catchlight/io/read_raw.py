"""RAW containers become RawFrames, decoded by LibRaw."""

from __future__ import annotations

from calendar import timegm
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt16

from catchlight.core import (
    CameraColour,
    CfaPattern,
    ContractError,
    InputError,
    Metadata,
    NoiseModel,
    RawFrame,
    UnsupportedError,
)
from catchlight.core.camera_colour import D65, Rows
from catchlight.io import dng_tags
from catchlight.io.check_complete import missing_bytes
from catchlight.io.embedded_exif import embedded_directory
from catchlight.io.exif import completed, metadata_from_directory
from catchlight.io.tiff_directory import TiffDirectory, read_directories

if TYPE_CHECKING:
    import rawpy

# LibRaw's `flip` (dcraw's code for the rotation) → EXIF orientation.
_ORIENTATION_OF_FLIP = {0: 1, 3: 3, 5: 8, 6: 6}
# A few makers announce some padding behind the mosaic that they do not write; a file really cut off lacks more.
_TOLERATED_BYTES = 4096


class NotRawError(InputError):
    """LibRaw does not take the file for a RAW file at all."""


def read_raw(path: Path) -> RawFrame:
    """Reads one RAW file (DNG, NEF, CR2, CR3, ARW, RAF, ORF, RW2, KDC, ...).

    The mosaic keeps the file's digital numbers. Levels, colour and noise come from the tags of a DNG, and from LibRaw's
    knowledge of the camera otherwise. The analog gain stays unknown: ISO figures do not tell it, as base sensitivity
    differs between cameras and high settings are often digital. Odd last rows and columns are cut off.

    Raises:
        InputError: not a RAW file, cut off, or damaged.
        UnsupportedError: the sensor is not a 2×2 Bayer sensor, or the picture is demosaiced already.
    """
    import rawpy

    with path.open("rb") as stream:
        directories = read_directories(stream)
        main = directories[0] if directories else TiffDirectory()
        missing = missing_bytes(stream, main if directories else None)
        described = main if directories else embedded_directory(stream) or main
    dng = dng_tags.is_dng(main)
    if dng and any(d.incomplete for d in directories):
        raise InputError(f"{path}: the file is cut off, some of its tags are missing; copy it again from the camera")
    if missing > (0 if dng else _TOLERATED_BYTES):
        raise InputError(f"{path}: the file is cut off, {missing} bytes are missing; copy it again from the camera")
    if dng:
        _check_dng_layout(path, main)
    try:
        with _opened(path) as raw:
            cfa, colours, mosaic = _mosaic(path, raw)
            top, left = raw.sizes.top_margin, raw.sizes.left_margin
            black = (dng_tags.dng_black(main, top=top, left=left) if dng else None) or _black(raw, colours)
            white = (dng_tags.dng_white(main) if dng else None) or _white(raw)
            colour = (dng_tags.dng_colour(main) if dng else None) or _colour(raw)
            # A DNG without an orientation tag is upright; elsewhere LibRaw knows better than a generic reader.
            metadata = _metadata(raw, described, trust_tags=dng)
    except rawpy.LibRawFileUnsupportedError as error:
        raise NotRawError(f"{path}: not a RAW file that LibRaw knows; convert it to DNG first") from error
    except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
        raise InputError(f"{path}: the RAW data is damaged ({_words(error)}); copy it again from the camera") from error
    noise: NoiseModel | None = dng_tags.dng_noise(main, cfa) if dng else None
    try:
        return RawFrame(
            mosaic=mosaic,
            cfa=cfa,
            black_dn=black,
            white_dn=min(float(white), 65535.0),
            noise=noise,
            colour=colour,
            metadata=metadata,
        )
    except ContractError as error:
        raise InputError(f"{path}: the RAW file contradicts itself: {error}") from error


def _opened(path: Path) -> rawpy.RawPy:
    import rawpy

    try:
        str(path).encode()
    except UnicodeEncodeError:
        # The decoder takes names in UTF-8 only. A name in other bytes costs the memory of the whole file.
        with path.open("rb") as stream:
            return rawpy.imread(stream)
    return rawpy.imread(str(path))


def _check_dng_layout(path: Path, main: TiffDirectory) -> None:
    """Says what is wrong with a DNG that is sound but not a Bayer mosaic, before LibRaw guesses."""
    raw = dng_tags.raw_directory(main)
    if raw.number(262) == 34892:
        raise UnsupportedError(
            f"{path}: expected a mosaic, found a linear DNG (already demosaiced); give the original RAW, or convert it "
            "to TIFF"
        )
    repeat = raw.integers(33421)
    if repeat and repeat != (2, 2):
        raise _not_bayer(path, f"{repeat[0]}×{repeat[-1]} colour filter array")


def _mosaic(path: Path, raw: rawpy.RawPy) -> tuple[CfaPattern, tuple[int, ...], UInt16[np.ndarray, "h w"]]:
    """The pattern, LibRaw's colour index (3 = second green) of the four sites, and the visible photosites."""
    import rawpy

    if raw.raw_type is not rawpy.RawType.Flat:
        raise _not_bayer(path, "picture with several values a pixel")
    pattern = raw.raw_pattern
    if pattern is None or pattern.shape == (1, 1):
        raise _not_bayer(path, "monochrome sensor")
    if pattern.shape != (2, 2):
        name = "X-Trans sensor" if pattern.shape == (6, 6) else f"{pattern.shape[0]}×{pattern.shape[1]} filter array"
        raise _not_bayer(path, name)
    sizes = raw.sizes
    visible = np.roll(pattern, (-sizes.top_margin, -sizes.left_margin), (0, 1)).ravel()
    letters = raw.color_desc.decode("ascii", "replace")
    name = "".join(letters[i] for i in visible)
    if name not in ("RGGB", "BGGR", "GRBG", "GBRG"):
        raise _not_bayer(path, f"sensor with the colours {name}")
    view = raw.raw_image_visible
    h, w = (n // 2 * 2 for n in view.shape)
    if min(h, w) < 16:
        raise InputError(f"{path}: expected a mosaic of at least 16×16, found {view.shape[0]}×{view.shape[1]}")
    return CfaPattern(name=name), tuple(int(i) for i in visible), np.array(view[:h, :w], np.uint16)  # type: ignore[arg-type]


def _not_bayer(path: Path, found: str) -> UnsupportedError:
    return UnsupportedError(
        f"{path}: expected a 2×2 Bayer sensor, found a {found}; support is planned, until then convert it to TIFF with "
        "another RAW developer"
    )


def _black(raw: rawpy.RawPy, colours: tuple[int, ...]) -> tuple[float, float, float, float]:
    levels = raw.black_level_per_channel
    a, b, c, d = (float(levels[i]) for i in colours)
    return a, b, c, d


def _white(raw: rawpy.RawPy) -> float:
    """Where the first colour clips: the maker's own figure where it is plausible, else LibRaw's maximum."""
    white = float(raw.white_level)
    own = min(raw.camera_white_level_per_channel or [0])
    return float(own) if 0.75 * white <= own <= white else white


def _colour(raw: rawpy.RawPy) -> CameraColour:
    gains = [float(v) for v in raw.camera_whitebalance[:3]]
    known = all(np.isfinite(v) and v > 0 for v in gains) and len(set(gains)) > 1
    neutral = dng_tags.scaled_neutral((1 / gains[0], 1 / gains[1], 1 / gains[2])) if known else None
    matrix = np.asarray(raw.rgb_xyz_matrix, float)[:3]
    rows: Rows | None = None
    if matrix.shape == (3, 3) and np.isfinite(matrix).all() and abs(np.linalg.det(matrix)) > 1e-6:
        red, green, blue = (tuple(float(v) for v in row) for row in matrix)
        rows = (red, green, blue)  # type: ignore[assignment]
    return CameraColour(neutral=neutral, matrix_2=rows, illuminant_2=D65)


def _metadata(raw: rawpy.RawPy, main: TiffDirectory, *, trust_tags: bool) -> Metadata:
    other: Any = raw.other
    moment = other.timestamp
    known = Metadata(
        exposure_s=_positive(other.shutter_speed),
        iso=_positive(other.iso_speed),
        aperture_f=_positive(other.aperture),
        focal_length_mm=_positive(other.focal_length),
        timestamp_ns=timegm(moment.timetuple()) * 10**9 if moment and moment.year > 1970 else None,
        orientation=_ORIENTATION_OF_FLIP.get(raw.sizes.flip, 1),
    )
    found = completed(metadata_from_directory(main), known) if main.fields else known
    return found if trust_tags else replace(found, orientation=known.orientation)


def _positive(value: float) -> float | None:
    # Seven digits are all that LibRaw's 32-bit floats hold.
    return float(f"{value:.7g}") if np.isfinite(value) and value > 0 else None


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return (said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)).lower() or type(error).__name__
