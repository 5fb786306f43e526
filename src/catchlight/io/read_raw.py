"""RAW containers become RawFrames, decoded by LibRaw."""

from __future__ import annotations

from calendar import timegm
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import UInt8, UInt16

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
    """Reads one RAW file (DNG, NEF, CR2, CR3, ARW, RAF, ORF, RW2, KDC, ...) of any colour filter array of the core.

    The mosaic keeps the file's digital numbers. Levels, colour and noise come from the tags of a DNG, and from LibRaw's
    knowledge of the camera otherwise. The analog gain stays unknown: ISO figures do not tell it, as base sensitivity
    differs between cameras and high settings are often digital. Last rows and columns that RawFrame
    has no place for (odd ones, and parts of a Quad-Bayer tile) are cut off.

    Raises:
        InputError: not a RAW file, cut off, or damaged.
        UnsupportedError: the sensor has other filters, or the picture is demosaiced already.
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
            top, left = raw.sizes.top_margin, raw.sizes.left_margin
            cfa, colours = _filters(path, raw, _told_filters(main, top=top, left=left) if dng else None)
            mosaic = _visible(path, raw, cfa)
            black = (dng_tags.dng_black(main, top=top, left=left) if dng else None) or _black(raw, colours)
            white = (dng_tags.dng_white(main) if dng else None) or _white(raw)
            colour = (dng_tags.dng_colour(main) if dng else None) or _colour(raw)
            if cfa.name == "MONO":
                colour = CameraColour()
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
    """Says what is wrong with a DNG that is sound but no mosaic of known filters, before LibRaw guesses."""
    raw = dng_tags.raw_directory(main)
    if raw.number(262) == 34892 and raw.number(277) != 1:
        raise UnsupportedError(
            f"{path}: expected a mosaic, found a linear DNG (already demosaiced); give the original RAW, or convert it "
            "to TIFF"
        )
    repeat = raw.integers(33421)
    if repeat and repeat != (2, 2) and dng_tags.dng_cfa(main, top=0, left=0) is None:
        raise _unknown_filters(path, f"{repeat[0]}×{repeat[-1]} colour filter array")


def _filters(path: Path, raw: rawpy.RawPy, told: CfaPattern | None) -> tuple[CfaPattern, UInt8[np.ndarray, "n n"]]:
    """The pattern of the visible photosites, and LibRaw's colour index (3 = second green) of each site of its tile.

    What a DNG's own tags told stands above LibRaw's.
    """
    import rawpy

    if raw.raw_type is not rawpy.RawType.Flat:
        raise _unknown_filters(path, "picture with several values a pixel")
    if told is not None:
        return told, told.indices
    pattern = raw.raw_pattern
    if pattern is None or pattern.shape == (1, 1):
        return CfaPattern(name="MONO"), np.zeros((1, 1), np.uint8)
    top, left = raw.sizes.top_margin, raw.sizes.left_margin
    # Asked of the visible photosites one by one: left of them and above, LibRaw counts an X-Trans tile wrongly.
    side = range(len(pattern))
    visible = np.array([[raw.raw_color(top + y, left + x) for x in side] for y in side], np.uint8)
    letters = raw.color_desc.decode("ascii", "replace")
    names = [letters[i] for i in visible.ravel()]
    try:
        return CfaPattern.from_indices(np.array(["RGB".find(n) for n in names]).reshape(visible.shape)), visible
    except ContractError as error:
        kind = f"colours {''.join(names)}" if len(side) == 2 else f"{len(side)}×{len(side)} filter array"
        raise _unknown_filters(path, f"sensor with the {kind}") from error


def _told_filters(main: TiffDirectory, *, top: int, left: int) -> CfaPattern | None:
    """What a DNG tells of filters other than 2×2.

    LibRaw packs any tile into one of 2×2, 8×2 or 6×6 sites and garbles what does not fit: a Quad-Bayer tile.
    """
    two = dng_tags.raw_directory(main).integers(33421) == (2, 2)
    return None if two else dng_tags.dng_cfa(main, top=top, left=left)


def _visible(path: Path, raw: rawpy.RawPy, cfa: CfaPattern) -> UInt16[np.ndarray, "h w"]:
    view = raw.raw_image_visible
    # RawFrame wants whole tiles of Quad-Bayer and nona mosaics, and even sides of all others.
    step = cfa.side if cfa.name[:4] in ("QUAD", "NONA") else 2
    h, w = (n // step * step for n in view.shape)
    if min(h, w) < 16:
        raise InputError(f"{path}: expected a mosaic of at least 16×16, found {view.shape[0]}×{view.shape[1]}")
    return np.array(view[:h, :w], np.uint16)


def _unknown_filters(path: Path, found: str) -> UnsupportedError:
    return UnsupportedError(
        f"{path}: expected a sensor with Bayer, Quad-Bayer, nona, X-Trans or no filters, found a {found}; convert it "
        "to TIFF with another RAW developer"
    )


def _black(raw: rawpy.RawPy, colours: UInt8[np.ndarray, "n n"]) -> tuple[float, float, float, float]:
    """Level of even and odd rows and columns; of tiles larger than 2×2, where each has several colours, their mean."""
    levels = np.array(raw.black_level_per_channel, float)[colours]
    if len(levels) == 1:
        levels = np.tile(levels, (2, 2))
    a, b, c, d = (float(levels[y::2, x::2].mean()) for y in (0, 1) for x in (0, 1))
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
