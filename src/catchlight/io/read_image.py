"""JPEG, PNG, TIFF, WebP, HEIC and AVIF become Frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import CatchlightError, ColourSpace, ContractError, Frame, InputError
from catchlight.core.bands import for_bands
from catchlight.core.frame import Transfer
from catchlight.core.gain_map import GainMap
from catchlight.io import icc
from catchlight.io.decode_heif import decode_avif, decode_heic
from catchlight.io.decode_pillow import decode_pillow
from catchlight.io.decode_tiff import decode_tiff
from catchlight.io.decoded import Decoded

HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"hevc", b"hevx")
AVIF_BRANDS = (b"avif", b"avis")
ISO_IMAGE_BRANDS = (*HEIC_BRANDS, *AVIF_BRANDS)


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
    decode: Callable[[Path], Decoded]
    if head[:2] in (b"II", b"MM"):
        decode = decode_tiff
    elif head[4:8] == b"ftyp":
        decode = decode_avif if head[8:12] in AVIF_BRANDS or b"avif" in head[16:] else decode_heic
    else:
        decode = decode_pillow
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
            gain_map=_fitting(found.gain_map, found, space),
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


def _fitting(gain_map: GainMap | None, found: Decoded, space: ColourSpace) -> GainMap | None:
    """The gain map where it still fits: one of three channels belongs to the primaries that the file had."""
    known = icc.recognise(found.profile) if found.profile else (ColourSpace.SRGB, "srgb")
    same = known is not None and known[0] is space
    return gain_map if gain_map is not None and (gain_map.is_grey or same) else None


def _scaled(found: Decoded) -> Float32[np.ndarray, "h w 3"]:
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
    found: Decoded, pixels: Float32[np.ndarray, "h w 3"]
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
