"""Writes RAW mosaics and merged camera RGB as DNG, for any RAW developer.

Source: Adobe DNG specification 1.7.1 (tags, chapter 4); ITU-T T.81 for the lossless JPEG inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from jaxtyping import UInt16

from catchlight.core import (
    GREEN,
    CameraColour,
    ColourSpace,
    ContractError,
    Frame,
    Metadata,
    NoiseModel,
    RawFrame,
    matrix,
)
from catchlight.core.bands import core_count, for_bands
from catchlight.io.atomic_output import atomic_output
from catchlight.io.exif import exif_directory
from catchlight.io.tiff_directory import TiffDirectory
from catchlight.io.tiff_field import TiffField
from catchlight.io.write_tiff import write_tiff

_TILE_PX = 256
_UNCOMPRESSED, _LOSSLESS_JPEG = 1, 7
_CFA, _LINEAR_RAW = 32803, 34892
_FULL_SCALE = 65535
# Black of linear pictures stands clear of zero, so that the noise around it survives.
_LINEAR_BLACK = 1024
_NOISE_PROFILE = 51041
# Far beyond any sensor's range of exposures.
_MOST_EV = 32


def write_dng_cfa(
    path: Path,
    raw: RawFrame,
    *,
    software: str = "Catchlight",
    compress: bool = True,
    baseline_exposure_ev: float = 0.0,
    force: bool = False,
) -> None:
    """Writes a mosaic as a 16-bit CFA DNG, or LinearRaw without filters; digital numbers come back bit for bit.

    Many editors know 2×2 tiles only; Quad-Bayer and nona ones few programs open with their colours.

    Args:
        path: output, ending in .dng.
        raw: the mosaic with levels, colour, noise and metadata, all of which are written.
        software: value of the Software tag.
        compress: lossless JPEG in tiles (about 60 % of the size); otherwise plain 16-bit strips.
        baseline_exposure_ev: by how much editors brighten the picture: what white lies above that of a usual exposure.
        force: overwrite an existing file.

    Raises:
        OutputError: the file cannot be written.
    """
    noise = None if raw.noise is None else raw.noise.to_normalised(range_dn=raw.range_dn)
    directory = _directory(raw.metadata, software=software, baseline_exposure_ev=baseline_exposure_ev)
    # BlackLevelRepeatDim and BlackLevel; where one level holds for all, also for readers that expect the tile's size.
    even = len(set(raw.black_dn)) == 1 and not raw.cfa.is_bayer
    directory.fields |= {
        277: TiffField.of_shorts(1),
        258: TiffField.of_shorts(16),
        50713: TiffField.of_shorts(1, 1) if even else TiffField.of_shorts(2, 2),
        50714: TiffField.of_rationals(*raw.black_dn[: 1 if even else 4]),
        50717: TiffField.of_longs(round(raw.white_dn)),
    }
    if raw.cfa.name == "MONO":
        directory.fields[262] = TiffField.of_shorts(_LINEAR_RAW)
        if noise is not None:
            directory.fields[_NOISE_PROFILE] = TiffField.of_doubles(noise.shot[GREEN], noise.read[GREEN])
    else:
        directory.fields |= _colour_fields(raw.colour, noise)
        directory.fields |= {
            262: TiffField.of_shorts(_CFA),
            33421: TiffField.of_shorts(raw.cfa.side, raw.cfa.side),  # CFARepeatPatternDim
            33422: TiffField.of_bytes(*raw.cfa.indices.ravel().tolist()),  # CFAPattern
            50710: TiffField.of_bytes(0, 1, 2),  # CFAPlaneColor: red, green, blue
            50711: TiffField.of_shorts(1),  # CFALayout: rectangular
        }
    # One plane of three dimensions is compressed as such, a mosaic as pairs of samples.
    pixels = raw.mosaic[..., None] if raw.cfa.name == "MONO" else raw.mosaic
    _write(path, directory, pixels, compress=compress, force=force)


def write_dng_linear(
    path: Path,
    frame: Frame,
    colour: CameraColour,
    *,
    noise: NoiseModel | None = None,
    software: str = "Catchlight",
    compress: bool = True,
    baseline_exposure_ev: float = 0.0,
    force: bool = False,
) -> None:
    """Writes demosaiced camera RGB as a 16-bit LinearRaw DNG.

    Args:
        path: output, ending in .dng.
        frame: linear light in `ColourSpace.CAMERA`, before white balance; 0…1 is black…sensor white. Values a little
            below 0 are kept, those over 1 are clipped.
        colour: the camera's matrices and the scene's neutral.
        noise: of the frame's values, in the normalised domain.
        software: value of the Software tag.
        compress: lossless JPEG in tiles; otherwise plain 16-bit strips.
        baseline_exposure_ev: by how much editors brighten the picture: what white lies above that of a usual exposure.
        force: overwrite an existing file.

    Raises:
        ContractError: the frame is not linear camera RGB.
        OutputError: the file cannot be written.
    """
    if frame.space is not ColourSpace.CAMERA or frame.transfer != "linear":
        raise ContractError(f"a linear DNG holds linear camera RGB; found {frame.space.label}, {frame.transfer}")
    directory = _directory(frame.metadata, software=software, baseline_exposure_ev=baseline_exposure_ev)
    directory.fields |= _colour_fields(colour, noise)
    directory.fields |= {
        262: TiffField.of_shorts(_LINEAR_RAW),
        277: TiffField.of_shorts(3),
        258: TiffField.of_shorts(16, 16, 16),
        50714: TiffField.of_longs(_LINEAR_BLACK, _LINEAR_BLACK, _LINEAR_BLACK),
        50717: TiffField.of_longs(_FULL_SCALE, _FULL_SCALE, _FULL_SCALE),
    }
    pixels = np.empty(frame.pixels.shape, np.uint16)

    def quantise(top: int, bottom: int) -> None:
        band = frame.pixels[top:bottom] * np.float32(_FULL_SCALE - _LINEAR_BLACK)
        pixels[top:bottom] = np.clip(band + np.float32(_LINEAR_BLACK + 0.5), 0, _FULL_SCALE)

    for_bands(quantise, frame.shape[0])
    _write(path, directory, pixels, compress=compress, force=force)


def _directory(metadata: Metadata, *, software: str, baseline_exposure_ev: float) -> TiffDirectory:
    """The tags that all kinds share; EXIF and GPS hang below."""
    if not abs(baseline_exposure_ev) <= _MOST_EV:
        raise ContractError(
            f"a baseline exposure is a number from -{_MOST_EV} to {_MOST_EV} EV; found {baseline_exposure_ev}"
        )
    directory = exif_directory(replace(metadata, model=metadata.model or "Unknown"), software=software, srgb=False)
    camera = f"{metadata.make} {metadata.model}".strip() or "Unknown"
    directory.fields |= {
        254: TiffField.of_longs(0),  # NewSubfileType: the full picture
        284: TiffField.of_shorts(1),
        50706: TiffField.of_bytes(1, 4, 0, 0),  # DNGVersion
        50707: TiffField.of_bytes(1, 1, 0, 0),  # DNGBackwardVersion: nothing here needs a newer reader
        50708: TiffField.of_text(camera),  # UniqueCameraModel
        50730: TiffField.of_signed_rationals(baseline_exposure_ev),  # BaselineExposure
    }
    return directory


def _colour_fields(colour: CameraColour, noise: NoiseModel | None) -> dict[int, TiffField]:
    """What a file of three colours tells of them."""
    fields: dict[int, TiffField] = {}
    neutral = colour.neutral or (1.0, 1.0, 1.0)
    if colour.neutral is not None:
        fields[50728] = TiffField.of_rationals(*neutral)
    calibrations = [
        (rows, light)
        for rows, light in ((colour.matrix_1, colour.illuminant_1), (colour.matrix_2, colour.illuminant_2))
        if rows is not None
    ]
    if not calibrations:
        # A DNG must have a matrix. This one says what CameraColour assumes without any: the camera's primaries, once
        # white-balanced, are those of sRGB.
        assumed = np.diag(neutral) @ matrix(ColourSpace.SRGB, ColourSpace.XYZ_D65)
        calibrations = [(assumed, colour.illuminant_2)]
    for (rows, light), matrix_tag, light_tag in zip(calibrations, (50721, 50722), (50778, 50779), strict=False):
        fields[matrix_tag] = TiffField.of_signed_rationals(*np.asarray(rows, float).ravel().tolist())
        fields[light_tag] = TiffField.of_shorts(light)
    if noise is not None:
        pairs = [v for c in range(3) for v in (noise.shot[c], noise.read[c])]
        fields[_NOISE_PROFILE] = TiffField.of_doubles(*pairs)
    return fields


def _write(
    path: Path, directory: TiffDirectory, pixels: UInt16[np.ndarray, "h w *planes"], *, compress: bool, force: bool
) -> None:
    h, w = pixels.shape[:2]
    directory.fields |= {
        256: TiffField.of_longs(w),
        257: TiffField.of_longs(h),
        50719: TiffField.of_longs(0, 0),  # DefaultCropOrigin
        50720: TiffField.of_longs(w, h),  # DefaultCropSize
        50829: TiffField.of_longs(0, 0, h, w),  # ActiveArea
    }
    # Narrower than any tile: too small to be worth compressing.
    compress = compress and w >= 16
    directory.fields[259] = TiffField.of_shorts(_LOSSLESS_JPEG if compress else _UNCOMPRESSED)
    if compress:
        # LibRaw misreads tiles that are wider than the picture; TIFF wants multiples of 16.
        tile_w = min(_TILE_PX, w // 16 * 16)
        if w == 2 * tile_w:
            # ... and two tiles of pairs side by side for one picture of another layout.
            tile_w -= 16
        directory.fields |= {322: TiffField.of_longs(tile_w), 323: TiffField.of_longs(_TILE_PX)}
        segments = _lossless_tiles(pixels, tile_w)
    else:
        rows = max(2, 2**18 // (pixels[0].nbytes) // 2 * 2)
        directory.fields[278] = TiffField.of_longs(rows)
        segments = (pixels[top : top + rows].astype("<u2", copy=False).tobytes() for top in range(0, h, rows))
    with atomic_output(path, force=force) as place:
        write_tiff(place, directory, segments, tiled=compress)


def _lossless_tiles(pixels: UInt16[np.ndarray, "h w *planes"], tile_w: int) -> Iterator[bytes]:
    """Lossless JPEG of every tile, row by row; a row of tiles is encoded by all cores at once.

    A mosaic row is stored as pairs, two components of half the width, so that each sample is predicted from the one of
    its own colour to the left. Predictor 1 is the only one that darktable reads.
    """
    import imagecodecs

    h, w = pixels.shape[:2]
    lefts = range(0, w, tile_w)
    for top in range(0, h, _TILE_PX):
        row: list[bytes] = [b""] * len(lefts)

        def encode(first: int, last: int, top: int = top, row: list[bytes] = row) -> None:
            for i in range(first, last):
                tile = pixels[top : top + _TILE_PX, lefts[i] : lefts[i] + tile_w]
                missing = [(0, _TILE_PX - tile.shape[0]), (0, tile_w - tile.shape[1])]
                if missing != [(0, 0), (0, 0)]:
                    tile = np.pad(tile, missing + [(0, 0)] * (tile.ndim - 2), mode="edge")
                if tile.ndim == 2:
                    tile = tile.reshape(_TILE_PX, tile_w // 2, 2)
                row[i] = bytes(
                    imagecodecs.jpeg8_encode(
                        np.ascontiguousarray(tile),
                        lossless=True,
                        predictor=1,
                        bitspersample=16,
                        colorspace="UNKNOWN",
                        outcolorspace="UNKNOWN",
                    )
                )

        for_bands(encode, len(lefts), step=1, at_most=max(1, -(-len(lefts) // core_count())))
        yield from row
