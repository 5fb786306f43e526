"""The merged mosaic as a RAW frame again, for a DNG that any editor opens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catchlight.core import ContractError, RawFrame
from catchlight.pipelines.development import Development

# Black stands clear of zero, so that the noise around it survives; the rest of 16 bits holds the bits that were gained.
_BLACK_DN, _WHITE_DN = 1024.0, 65535.0


def merged_raw(development: Development) -> RawFrame:
    """16-bit mosaic without white balance, in the reference's geometry, with the noise that is left.

    Raises:
        ContractError: the development was of RGB frames.
    """
    reference, merged = development.reference_raw, development.merged
    if reference is None or merged is None:
        raise ContractError("frames that were RGB already have no mosaic")
    h, w = merged.shape
    mosaic = np.empty((h, w), np.uint16)
    for colour, place in merged.cfa.planes:
        plane = merged.values[place] * np.float32((_WHITE_DN - _BLACK_DN) / merged.gains[colour])
        plane += np.float32(_BLACK_DN + 0.5)
        np.clip(plane, 0, _WHITE_DN, out=plane)
        mosaic[place] = plane
    return replace(
        reference,
        mosaic=mosaic,
        black_dn=(_BLACK_DN,) * 4,
        white_dn=_WHITE_DN,
        noise=development.noise.averaged(max(1.0, 1.0 / development.share)),
    )
