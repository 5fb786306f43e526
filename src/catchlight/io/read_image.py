"""JPEG, PNG, TIFF, WebP, HEIC and AVIF become Frames."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Shaped

from catchlight.core import CatchlightError, ColourSpace, ContractError, Frame, InputError, Metadata, UnsupportedError
from catchlight.core.bands import for_bands
from catchlight.core.frame import Transfer
from catchlight.io import icc
from catchlight.io.check_complete import missing_bytes
from catchlight.io.exif import metadata_from_directory, read_exif
from catchlight.io.tiff_directory import read_directories

HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")
AVIF_BRANDS = (b"avif", b"avis")
ISO_IMAGE_BRANDS = (*HEIC_BRANDS, *AVIF_BRANDS)
# Twice Pillow's limit, where it, too, refuses: a file of a few bytes may claim any size.
MOST_PIXELS = 178_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decoded:
    """Pixels as the file holds them: h×w or h×w×channels, integers of 0…full, or floats (full = 1)."""

    pixels: Shaped[np.ndarray, "..."]
    full: float
    kind: str
    profile: bytes = b""
    linear: bool = False
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()


def read_image(path: Path) -> Frame:
    """Reads a picture that is no RAW file.

    Grey becomes three equal channels, alpha is dropped (the provenance says so), palettes are resolved. Pixels whose
    ICC profile is sRGB, Display P3 or Rec. 2020 (encoded or linear) are kept as they are; those of another RGB profile
    are converted to Rec. 2020, which holds nearly all of them. Without a profile integers are sRGB, floats linear sRGB.

    Raises:
        InputError: damaged, cut off, empty, too large, or with NaN.
        UnsupportedError: CMYK and the like.
    """
    with path.open("rb") as stream:
        head = stream.read(64)
    decode: Callable[[Path], _Decoded]
    if head[:2] in (b"II", b"MM"):
        decode = _tiff
    elif head[4:8] == b"ftyp":
        decode = _avif if head[8:12] in AVIF_BRANDS or b"avif" in head[16:] else _heic
    else:
        decode = _pillow
    try:
        found = decode(path)
        pixels = _scaled(found)
        space, transfer, pixels, notes = _placed(found, pixels)
        return Frame(
            pixels=pixels,
            space=space,
            transfer=transfer,
            white="display white",
            metadata=found.metadata,
            provenance=(f"read {found.kind}", *found.notes, *notes),
        )
    except (FileNotFoundError, PermissionError, MemoryError):
        raise
    except ContractError as error:
        raise InputError(f"{path}: the picture cannot be used: {error}") from error
    except CatchlightError as error:
        raise type(error)(f"{path}: {error}") from error
    except Exception as error:  # decoders of damaged files raise anything; the user gets one line
        said = str(error).strip().splitlines()
        reason = said[0] if said else type(error).__name__
        raise InputError(f"{path}: the picture is damaged or cut off ({reason}); copy it again") from error


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise InputError(f"the picture has no pixels ({width}×{height})")
    if width * height > MOST_PIXELS:
        raise InputError(
            f"expected at most {MOST_PIXELS // 10**6} megapixels, found {width}×{height}; scale it down first"
        )


def _pillow(path: Path) -> _Decoded:
    """JPEG, PNG and WebP. Pillow reads 16-bit colour PNG as 8 bits, so those go to libpng."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = Image.open(path, formats=("JPEG", "PNG", "WEBP", "MPO"))
        except Image.DecompressionBombError as error:
            raise InputError(f"more than {MOST_PIXELS // 10**6} megapixels; scale it down first") from error
        except UnidentifiedImageError as error:
            raise InputError("the picture's head is damaged or cut off; copy it again") from error
    with image:
        _check_size(*image.size)
        kind, notes = str(image.format).replace("MPO", "JPEG"), []
        deep_png = kind == "PNG" and _png_bits(path) == 16
        if deep_png:
            import imagecodecs

            pixels = imagecodecs.png_decode(path.read_bytes())
            if pixels.ndim == 3 and pixels.shape[2] in (2, 4):
                pixels, notes = pixels[..., : pixels.shape[2] - 1], ["alpha dropped"]
        else:
            if image.mode in ("CMYK", "LAB", "HSV"):
                raise UnsupportedError(f"expected RGB or grey, found {image.mode}; convert it to RGB first")
            if image.has_transparency_data:
                notes = ["alpha dropped"]
            grey = image.mode in ("1", "L", "LA", "La")
            pixels = np.asarray(
                image.convert("RGBA").convert("RGB") if image.mode == "P" else image.convert("L" if grey else "RGB")
            )
        info: dict[Any, Any] = dict(image.info)
    exif = info.get("exif") or b""
    return _Decoded(
        pixels=pixels,
        full=65535.0 if deep_png else 255.0,
        kind=f"{kind}, {16 if deep_png else 8} bits",
        profile=info.get("icc_profile") or b"",
        metadata=read_exif(exif),
        notes=tuple(notes),
    )


def _png_bits(path: Path) -> int:
    with path.open("rb") as stream:
        return (stream.read(25) + b"\0")[24]


def _tiff(path: Path) -> _Decoded:
    import tifffile

    # Its remarks on odd files go to a logger that nobody reads.
    logging.getLogger("tifffile").addHandler(logging.NullHandler())
    with path.open("rb") as stream:
        directories = read_directories(stream)
        missing = missing_bytes(stream, directories[0]) if directories else 0
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        _check_size(page.imagewidth, page.imagelength)
        photometric = getattr(page.photometric, "name", str(page.photometric))
        if photometric not in ("MINISBLACK", "MINISWHITE", "RGB", "PALETTE", "YCBCR"):
            raise UnsupportedError(f"expected RGB or grey, found {photometric}; convert it to RGB first")
        pixels = page.asarray()
        bits = int(page.bitspersample)
        planar = page.planarconfig == 2 and page.samplesperpixel > 1
        palette = page.colormap
    pixels = np.moveaxis(pixels, 0, -1) if planar else pixels
    if pixels.ndim == 4 and pixels.shape[0] == 1:
        pixels = pixels[0]
    if photometric == "PALETTE" and palette is not None:
        pixels, bits = np.moveaxis(palette, 0, -1)[pixels], 16
    if pixels.ndim not in (2, 3) or pixels.dtype.kind not in "ufb":
        raise UnsupportedError(f"expected unsigned integers or floats, found {pixels.dtype} {pixels.shape}; convert it")
    notes = []
    if pixels.ndim == 3 and pixels.shape[2] not in (1, 3):
        pixels, notes = pixels[..., : 3 if pixels.shape[2] > 3 else 1], ["alpha dropped"]
    floats = pixels.dtype.kind == "f"
    full = 1.0 if floats or pixels.dtype.kind == "b" else float(2**bits - 1)
    if photometric == "MINISWHITE":
        pixels = (1 if full == 1.0 else int(full)) - pixels.astype(np.float32 if floats else np.uint32)
    main = directories[0] if directories else None
    embedded = main.get(34675) if main else None
    return _Decoded(
        pixels=pixels,
        full=full,
        kind=f"TIFF, {bits} bits" + (" float" if floats else ""),
        profile=embedded.data if embedded else b"",
        linear=floats,
        metadata=metadata_from_directory(main) if main else Metadata(),
        notes=tuple(notes),
    )


def _heic(path: Path) -> _Decoded:
    import pillow_heif

    with path.open("rb") as stream:
        missing = missing_bytes(stream, None)
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    _check_size(*file.size)
    pixels = np.asarray(file)
    colour = file.info.get("nclx_profile") or {}
    if colour.get("transfer_characteristics") in (16, 18):
        raise UnsupportedError("expected a standard picture, found an HDR one (PQ or HLG); export it as SDR first")
    deep = pixels.dtype == np.uint16
    # The decoder has turned the pixels upright already, so the orientation is done with.
    metadata = replace(read_exif(file.info.get("exif") or b""), orientation=1)
    return _Decoded(
        pixels=pixels[..., :3] if pixels.ndim == 3 else pixels,
        full=65535.0 if deep else 255.0,
        kind=f"HEIC, {file.info.get('bit_depth', 8)} bits",
        profile=file.info.get("icc_profile") or _profile_of_codes(colour),
        metadata=metadata,
        notes=("alpha dropped",) if file.has_alpha else (),
    )


def _avif(path: Path) -> _Decoded:
    import imagecodecs
    from PIL import Image

    data = path.read_bytes()
    missing = missing_bytes(io.BytesIO(data), None)
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    with Image.open(io.BytesIO(data), formats=("AVIF",)) as image:
        _check_size(*image.size)
        info: dict[Any, Any] = dict(image.info)
    pixels = imagecodecs.avif_decode(data)
    at = data.find(b"av1C")
    flags = data[at + 6] if at > 0 and len(data) > at + 6 else 0
    bits = (12 if flags & 0x20 else 10) if flags & 0x40 else 8
    at = data.find(b"colrnclx")
    codes = [int.from_bytes(data[at + 8 + 2 * i : at + 10 + 2 * i], "big") for i in range(2)] if at > 0 else [2, 2]
    if codes[1] in (16, 18):
        raise UnsupportedError("expected a standard picture, found an HDR one (PQ or HLG); export it as SDR first")
    alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return _Decoded(
        pixels=pixels[..., : pixels.shape[2] - 1] if alpha else pixels,
        full=float(2**bits - 1),
        kind=f"AVIF, {bits} bits",
        profile=info.get("icc_profile")
        or _profile_of_codes({"color_primaries": codes[0], "transfer_characteristics": codes[1]}),
        metadata=read_exif(info.get("exif") or b""),
        notes=("alpha dropped",) if alpha else (),
    )


def _profile_of_codes(codes: dict[str, Any]) -> bytes:
    """The profile of a picture that has only coding-independent code points. Source: ITU-T H.273, tables 2 and 3."""
    spaces = {12: ColourSpace.DISPLAY_P3, 9: ColourSpace.REC2020}
    space = spaces.get(codes.get("color_primaries", 2), ColourSpace.SRGB)
    return icc.profile_for(space, "linear" if codes.get("transfer_characteristics") == 8 else "srgb")


def _scaled(found: _Decoded) -> Float32[np.ndarray, "h w 3"]:
    source = found.pixels[..., None] if found.pixels.ndim == 2 else found.pixels
    h, w, _ = source.shape
    result = np.empty((h, w, 3), np.float32)
    full = np.float32(found.full)

    def scale(top: int, bottom: int) -> None:
        if source.dtype.kind == "f":
            result[top:bottom] = source[top:bottom]
        else:
            np.divide(source[top:bottom], full, out=result[top:bottom], dtype=np.float32, casting="unsafe")

    for_bands(scale, h)
    return result


def _placed(
    found: _Decoded, pixels: Float32[np.ndarray, "h w 3"]
) -> tuple[ColourSpace, Transfer, Float32[np.ndarray, "h w 3"], tuple[str, ...]]:
    """Space and transfer by the embedded profile; the pixels are converted where it is none of ours."""
    if not found.profile:
        return ColourSpace.SRGB, "linear" if found.linear else "srgb", pixels, ()
    known = icc.recognise(found.profile)
    if known is not None:
        return known[0], known[1], pixels, ()
    if found.profile[16:20] != b"RGB ":
        return ColourSpace.SRGB, "linear" if found.linear else "srgb", pixels, ("unknown profile taken for sRGB",)
    import imagecodecs

    target = icc.profile_for(ColourSpace.REC2020, "srgb")
    converted = np.empty_like(pixels)

    def convert(top: int, bottom: int) -> None:
        converted[top:bottom] = imagecodecs.cms_transform(
            np.ascontiguousarray(pixels[top:bottom]), found.profile, target, colorspace="rgb", outcolorspace="rgb"
        )

    try:
        for_bands(convert, pixels.shape[0])
    except Exception:
        return ColourSpace.SRGB, "linear" if found.linear else "srgb", pixels, ("damaged profile taken for sRGB",)
    return ColourSpace.REC2020, "srgb", converted, ("embedded profile → Rec. 2020",)
