"""The kinds of files that hold a simulated truth."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from jaxtyping import Float32, Float64

from catchlight.core.colour import srgb_encode
from catchlight.core.errors import OutputError
from catchlight.core.flow import Flow
from catchlight.core.frame import Frame
from catchlight.io.write_frame import write_frame
from catchlight.simulate.files.result_folder import TRUTH_NAME
from catchlight.simulate.scene3d.camera_path import quaternion_from_rotation

# Read as a float on a machine of the other byte order it is another number. Source: Middlebury flow code, flowIO.cpp.
_FLO_TAG = 202021.25


def write_flo(path: Path, flow: Flow) -> None:
    """Writes the vectors in Middlebury's format: tag, width, height, then (dx, dy) row by row, little endian."""
    h, w = flow.confidence.shape
    with path.open("wb") as stream:
        stream.write(struct.pack("<fii", _FLO_TAG, w, h))
        stream.write(flow.vectors.astype("<f4").tobytes())


def write_map(path: Path, values: Float32[np.ndarray, "h w"]) -> None:
    """Writes one number a pixel (metres, pixels) as a 32-bit float TIFF; NaN where there is none."""
    tifffile.imwrite(path, values, photometric="minisblack", compression="deflate", predictor=3)


def write_picture(path: Path, linear: Float32[np.ndarray, "h w 3"], *, bits: int = 16) -> None:
    """Writes a linear sRGB picture encoded with sRGB's curve, as PNG or TIFF."""
    write_frame(path, Frame(pixels=srgb_encode(np.clip(linear, 0, 1)), transfer="srgb"), bits=bits)


def write_mask(path: Path, share: Float32[np.ndarray, "h w"]) -> None:
    """Writes shares of 0…1 as an 8-bit PNG, 1 white.

    Raises:
        OutputError: it cannot be written.
    """
    if not cv2.imwrite(str(path), np.rint(share * 255).astype(np.uint8)):
        raise OutputError(f"{path}: a mask cannot be written; free some space or choose another folder")


def write_truth(folder: Path, truth: Mapping[str, Any]) -> None:
    """Writes what is known in numbers, for machines and for people."""
    (folder / TRUTH_NAME).write_text(truth_text(truth), encoding="utf-8")


def truth_text(truth: Mapping[str, Any]) -> str:
    """JSON of numbers, texts, lists and arrays."""
    return json.dumps(truth, indent=1, default=_plain, allow_nan=False) + "\n"


def tum_line(time_s: float, world_from_camera: Float64[np.ndarray, "4 4"]) -> str:
    """One pose as `time x y z qx qy qz qw`.

    Source: TUM RGB-D benchmark, "File Formats", ground-truth trajectories.
    """
    numbers = (*world_from_camera[:3, 3].tolist(), *quaternion_from_rotation(world_from_camera[:3, :3]))
    return f"{time_s:.6f} " + " ".join(f"{number:.9f}" for number in numbers)


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a truth file")
