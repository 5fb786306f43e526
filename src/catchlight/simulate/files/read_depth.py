"""Depth maps from files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from catchlight.core.depth import MetricDepth
from catchlight.core.errors import InputError
from catchlight.io.check_regular import check_regular

# Cameras write 0 or all ones where they know nothing (7-Scenes: 65535).
_UNKNOWN = (0, 65535)


def read_depth(path: Path, *, per_metre: float = 1000.0) -> MetricDepth:
    """Metres along the axis from a one-channel picture: 16-bit integers, or floats that are metres already.

    Args:
        path: PNG or TIFF.
        per_metre: integer steps in a metre; 1000 is millimetres, 5000 the TUM RGB-D benchmark.

    Raises:
        InputError: missing, damaged, of another kind, or no valid depth in it.
    """
    path = Path(path)
    check_regular(path)
    if not per_metre > 0:
        raise InputError(f"a depth map has more than 0 steps in a metre; found {per_metre}")
    try:
        coded = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    values = cv2.imdecode(coded, cv2.IMREAD_UNCHANGED) if coded.size else None
    if values is None or values.ndim != 2 or values.dtype not in (np.uint16, np.float32, np.float64):
        found = "something else" if values is None else f"{values.dtype}, {values.shape}"
        raise InputError(f"{path}: expected a depth map of one channel, 16-bit or float; found {found}")
    metres = values.astype(np.float32)
    if values.dtype == np.uint16:
        metres = metres / np.float32(per_metre)
        valid = ~np.isin(values, _UNKNOWN)
    else:
        valid = np.isfinite(metres) & (metres > 0)
    if not valid.any():
        raise InputError(f"{path}: expected depths over 0, found none")
    return MetricDepth(metres=np.where(valid, metres, np.float32(np.inf)), valid=valid)
