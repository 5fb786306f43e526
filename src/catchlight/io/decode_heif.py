"""HEIC and AVIF pixels, all their bits."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from catchlight.core import CatchlightError, ColourSpace, InputError, UnsupportedError
from catchlight.io import icc
from catchlight.io.check_complete import missing_bytes
from catchlight.io.decoded import Decoded, check_size, first_of
from catchlight.io.exif import read_exif
from catchlight.io.gain_map import optional_gain_map, without_gain_map


def decode_heic(path: Path) -> Decoded:
    """The primary picture of a HEIC or HEIF file, turned upright by the decoder."""
    import pillow_heif

    with path.open("rb") as stream:
        missing = missing_bytes(stream, None)
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
    check_size(*file.size)
    pixels = np.asarray(file)
    colour = file.info.get("nclx_profile") or {}
    if colour.get("transfer_characteristics") in (16, 18):
        raise UnsupportedError("expected a standard picture, found an HDR one (PQ or HLG); export it as SDR first")
    bits = int(file.info.get("bit_depth", 8))
    # Deep samples come shifted to the top of 16 bits, so that white is not 65535: 65472 for ten bits.
    full = (2**bits - 1) << (16 - bits) if pixels.dtype == np.uint16 else 255
    gain_map, gain_notes = optional_gain_map(path, height=pixels.shape[0], width=pixels.shape[1])
    # The decoder has turned the pixels upright already, so the orientation is done with.
    metadata = replace(read_exif(file.info.get("exif") or b""), orientation=1)
    return Decoded(
        pixels=pixels[..., :3] if pixels.ndim == 3 else pixels,
        full=float(full),
        kind=f"HEIC, {bits} bits",
        profile=file.info.get("icc_profile") or _profile_of_codes(colour),
        metadata=metadata,
        notes=(*(("alpha dropped",) if file.has_alpha else ()), *_main_of(len(file)), *gain_notes),
        gain_map=gain_map,
    )


def decode_avif(path: Path) -> Decoded:
    """An AVIF picture as stored; libavif's rotation has become the EXIF orientation."""
    data = path.read_bytes()
    missing = missing_bytes(io.BytesIO(data), None)
    if missing:
        raise InputError(f"the file is cut off, {missing} bytes are missing; copy it again")
    try:
        found = _decoded_avif(data)
    except CatchlightError:
        raise
    except Exception:
        bare = without_gain_map(data)  # libavif refuses a file for the sake of its gain map's metadata
        if bare is None:
            raise
        found = _decoded_avif(bare)
    height, width = found.pixels.shape[:2]
    gain_map, notes = optional_gain_map(path, height=height, width=width)
    return replace(found, notes=(*found.notes, *notes), gain_map=gain_map)


def _decoded_avif(data: bytes) -> Decoded:
    import imagecodecs
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("AVIF",)) as image:
        check_size(*image.size)
        info: dict[Any, Any] = dict(image.info)
        count = getattr(image, "n_frames", 1)
    pixels = imagecodecs.avif_decode(data)
    if count > 1:  # the decoder's own choice of one frame, `index`, crashes the process
        pixels = pixels[0].copy()
    at = data.find(b"av1C")
    flags = data[at + 6] if at > 0 and len(data) > at + 6 else 0
    bits = (12 if flags & 0x20 else 10) if flags & 0x40 else 8
    at = data.find(b"colrnclx")
    codes = [int.from_bytes(data[at + 8 + 2 * i : at + 10 + 2 * i], "big") for i in range(2)] if at > 0 else [2, 2]
    if codes[1] in (16, 18):
        raise UnsupportedError("expected a standard picture, found an HDR one (PQ or HLG); export it as SDR first")
    alpha = pixels.ndim == 3 and pixels.shape[2] in (2, 4)
    return Decoded(
        pixels=pixels[..., : pixels.shape[2] - 1] if alpha else pixels,
        full=float(2**bits - 1),
        kind=f"AVIF, {bits} bits",
        profile=info.get("icc_profile")
        or _profile_of_codes({"color_primaries": codes[0], "transfer_characteristics": codes[1]}),
        metadata=read_exif(info.get("exif") or b""),
        notes=(*(("alpha dropped",) if alpha else ()), *first_of(count)),
    )


def _main_of(count: int) -> tuple[str, ...]:
    return (f"main one of {count} pictures taken",) if count > 1 else ()


def _profile_of_codes(codes: dict[str, Any]) -> bytes:
    """The profile of a picture that has only coding-independent code points. Source: ITU-T H.273, tables 2 and 3."""
    spaces = {12: ColourSpace.DISPLAY_P3, 9: ColourSpace.REC2020}
    space = spaces.get(codes.get("color_primaries", 2), ColourSpace.SRGB)
    return icc.profile_for(space, "linear" if codes.get("transfer_characteristics") == 8 else "srgb")
