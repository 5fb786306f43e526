"""Where a frame shows what the estimate shows, but for noise and detail finer than either."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.merge.robustness import UNSEEN, trust
from catchlight.burst.regress.held_frame import HeldFrame
from catchlight.burst.regress.residual import UNKNOWN, local_range, residual_rows

# Detail beyond a good estimate's resolution may differ from it by this part of the local range without being motion:
# with less, frames are refused in texture that all of them show; with twice as much, edges of moving things pass.
DETAIL_PART = 0.12

# Keeps frames without any noise from being divided by 0: the variance of a step of 16 bits.
_LEAST = np.float32(2.0**-32 / 12)

Plane = Float32[np.ndarray, "rows columns"]


def frame_trust(residual: Plane, variance: Plane, spread: Plane, *, share: float, detail: float = DETAIL_PART) -> Plane:
    """Weight 0…1 of every sample of some rows of a frame (an even number of rows and columns).

    Args:
        residual: sample minus prediction; `UNKNOWN` where there is none.
        variance: of the sample's own noise.
        spread: local range of the estimate.
        share: variance of the estimate's noise as a part of a sample's.
        detail: part of the local range by which detail that the estimate lacks may differ.
    """
    scaled = np.square(spread)
    scaled *= np.float32(detail**2)
    scaled += variance * np.float32(1 + share) + _LEAST
    # In units of the deviation of such a difference over √2, as `trust` takes it.
    np.sqrt(scaled * np.float32(0.5), out=scaled)
    np.divide(residual, scaled, out=scaled)
    scaled[residual >= UNKNOWN] = UNSEEN
    quads = trust(np.stack([scaled[p::2, q::2] for p in (0, 1) for q in (0, 1)]))
    return cv2.resize(quads, (residual.shape[1], residual.shape[0]), interpolation=cv2.INTER_NEAREST)


def frame_trust_of(
    frame: HeldFrame, estimate: Float32[np.ndarray, "h w 3"], *, share: float, detail: float = DETAIL_PART
) -> Float32[np.ndarray, "h/2 w/2"]:
    """Weight of a whole frame at every 2×2 photosites of the reference, 0 where it does not see them.

    Args:
        frame: the other frame.
        estimate: of the scene, at the reference's own sampling.
        share: see `frame_trust`.
        detail: see `frame_trust`.
    """
    h, w = frame.shape
    contrast = local_range(estimate)
    found = residual_rows(frame, estimate, contrast, first_row=0, scale=1.0, rows=(0, h))
    own = frame_trust(*found, share=share, detail=detail)
    # From the frame's geometry into the reference's; the small shifts of tiles do not matter for a map of weights.
    half = frame.alignment.affine.copy()
    half[:, 2] = (half[:, 2] + half[:, :2] @ np.array([1.0, 1.0]) - 1.0) / 2
    small = cv2.resize(own, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(small, half, (w // 2, h // 2), flags=flags, borderValue=0.0)
