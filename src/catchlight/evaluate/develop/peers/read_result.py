"""Reads what the programs write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile
from jaxtyping import Float32

from catchlight.core import srgb_decode
from catchlight.evaluate.develop.peers.peer_run import PeerError


def read_result(path: Path, *, encoded: bool = False) -> Float32[np.ndarray, "h w 3"]:
    """A TIFF as linear light; integers are scaled to 0…1.

    Args:
        path: of the TIFF, 16-bit or float.
        encoded: the values carry the sRGB curve.

    Raises:
        PeerError: it is not there, or no RGB picture.
    """
    pixels, _ = read_with_alpha(path)
    return srgb_decode(np.clip(pixels, 0, 1)) if encoded else pixels


def read_with_alpha(path: Path) -> tuple[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"]]:
    """The same as stored, and how much of each pixel is covered: 1 everywhere without an alpha channel.

    Raises:
        PeerError: it is not there, or no RGB picture.
    """
    if not path.is_file():
        raise PeerError(f"wrote no {path.name}")
    try:
        stored = tifffile.imread(path)
    except (OSError, ValueError, tifffile.TiffFileError) as error:
        raise PeerError(f"{path.name} cannot be read: {error}") from error
    if stored.ndim != 3 or stored.shape[2] not in (3, 4):
        raise PeerError(f"{path.name} is not an RGB picture but {stored.shape}")
    most = float(np.iinfo(stored.dtype).max) if stored.dtype.kind == "u" else 1.0
    pixels = (stored[..., :3] / np.float32(most)).astype(np.float32)
    if not np.isfinite(pixels).all():
        raise PeerError(f"{path.name} holds values that are not numbers")
    alpha = np.ones(pixels.shape[:2], np.float32)
    if stored.shape[2] == 4:
        alpha = (stored[..., 3] / np.float32(most)).astype(np.float32)
    return pixels, alpha
