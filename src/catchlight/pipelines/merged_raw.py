"""The merged mosaic as a RAW frame again, for a DNG that any editor opens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from catchlight.core import CameraColour, ColourSpace, ContractError, Frame, NoiseModel, RawFrame
from catchlight.pipelines.development import Development

# Black stands clear of zero, so that the noise around it survives; the rest of 16 bits holds the bits that were gained.
_BLACK_DN, _WHITE_DN = 1024.0, 65535.0
# As many bits as lie between black and white: beyond, nothing of the reference would be left.
_MOST_HEADROOM_EV = 16


def merged_raw(development: Development, *, headroom_ev: float = 0.0) -> RawFrame:
    """16-bit mosaic without white balance, in the reference's geometry, with the noise that is left.

    Args:
        development: of RAW frames.
        headroom_ev: by how much the mosaic's white lies above the reference's, for merges of several exposures;
            `write_dng_cfa` tells editors of it by its `baseline_exposure_ev`.

    Raises:
        ContractError: the development was of RGB frames, or the headroom is negative or not finite.
    """
    if not 0 <= headroom_ev <= _MOST_HEADROOM_EV:
        raise ContractError(f"a headroom is 0 to {_MOST_HEADROOM_EV} EV; found {headroom_ev}")
    reference, merged = development.reference_raw, development.merged
    if reference is None or merged is None:
        raise ContractError("frames that were RGB already have no mosaic")
    share = 2.0**-headroom_ev
    h, w = merged.shape
    mosaic = np.empty((h, w), np.uint16)
    for colour, place in merged.cfa.planes:
        plane = merged.values[place] * np.float32((_WHITE_DN - _BLACK_DN) * share / merged.gains[colour])
        plane += np.float32(_BLACK_DN + 0.5)
        np.clip(plane, 0, _WHITE_DN, out=plane)
        mosaic[place] = plane
    return replace(
        reference,
        mosaic=mosaic,
        black_dn=(_BLACK_DN,) * 4,
        white_dn=_WHITE_DN,
        noise=development.noise.averaged(max(1.0, 1.0 / development.share)).scaled(share),
    )


def merged_linear(development: Development) -> tuple[Frame, CameraColour, NoiseModel]:
    """Camera RGB without white balance, the camera's colours, and the noise that is left: for a linear DNG.

    White is that of the merge, `LinearMosaic.exposure` times the reference's.

    Raises:
        ContractError: the development has no camera RGB; see `Development.camera_rgb`.
    """
    reference, merged, rgb = development.reference_raw, development.merged, development.camera_rgb
    if reference is None or merged is None or rgb is None:
        raise ContractError("camera RGB is made at another scale than 1 with render mosaic only")
    ceiling = max(merged.exposure, 1.0)
    frame = Frame(
        pixels=rgb / (np.array(merged.gains, np.float32) * np.float32(ceiling)),
        space=ColourSpace.CAMERA,
        transfer="linear",
        white="sensor clip",
        metadata=reference.metadata,
    )
    noise = development.noise.averaged(max(1.0, 1.0 / development.share)).scaled(1 / ceiling)
    return frame, reference.colour, noise
