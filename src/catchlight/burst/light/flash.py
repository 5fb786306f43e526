"""A frame lit by a flash: its light differs from that of the others from place to place, not only by a factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import ContractError

Lit = Literal["alike", "frame", "reference"]

# The picture is compared in cells of this many along its longer side: larger than what moves in most pictures.
_CELLS = 16
# Half the spread (16th to 84th percentile) of the light's ratio over the cells, in EV and without what whole rows
# share (flicker), from which it is another light. On 16 simulated bursts with a moving object it stayed below 0.03, and
# a flash that doubles the light of the subject made 0.18 and more.
_ANOTHER_LIGHT_EV = 0.09
# How much brighter the most lit tenth of a flash frame is at least, and how much darker its least lit may be.
_ADDED_EV, _TAKEN_EV = 0.5, 0.35
# Fewer comparable cells than this share say nothing.
_ENOUGH = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class LightVerdict:
    """Whether a frame was lit like the reference.

    Args:
        lit: `alike`; or which of the two has light of its own.
        spread_ev: half the spread of the ratio of their light, in EV; 0 when nothing compares.
        added_ev: how much brighter the most lit tenth of the one is than in the other.
        reason: one line; empty when they are lit alike.
    """

    lit: Lit
    spread_ev: float
    added_ev: float
    reason: str

    def __post_init__(self) -> None:
        if (self.lit == "alike") == bool(self.reason):
            raise ContractError("a verdict of another light has a reason, any other has none")


def light_verdict(
    reference: Float32[np.ndarray, "h w"],
    frame: Float32[np.ndarray, "h w"],
    affine: Float32[np.ndarray, "2 3"],
    *,
    full: float = 1.0,
    reference_full: float = 1.0,
    noise_variance: float = 0.0,
) -> LightVerdict:
    """Compares the light of a frame with the reference's, place by place.

    Flicker, which whole rows share, is not taken for a flash; neither is a frame that is darker in parts (another
    scene, a lamp that went out).

    Args:
        reference: grey picture, linear.
        frame: the other, brought to the reference's exposure as the files state it.
        affine: `frame_from_reference` in pixels of these pictures, centres at 0.5.
        full: value from which the frame is clipped.
        reference_full: the same of the reference.
        noise_variance: of one pixel of either picture; cells darker than five deviations of theirs are left out.
    """
    h, w = reference.shape
    index = affine.astype(np.float32).copy()
    index[:, 2] += affine[:, :2] @ np.array([0.5, 0.5], np.float32) - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(frame, index, (w, h), flags=flags, borderValue=-1e6)
    side = max(h, w) / _CELLS
    size = (max(2, round(w / side)), max(2, round(h / side)))
    usable = (moved > -1e5) & (moved < 0.9 * full) & (reference < 0.9 * reference_full)
    seen = usable.astype(np.float32)
    # Both means are over the same pixels: what is clipped in one of them is left out of both.
    own, other, part = (
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (reference * seen, moved * seen, seen)
    )
    sigma = np.sqrt(noise_variance) / side
    sure = (part > 0.5) & (np.minimum(own, other) > max(5 * sigma, 1e-6))
    if float(sure.mean()) < _ENOUGH:
        return _alike(0.0, 0.0)
    ratio = np.full(sure.shape, np.nan)
    ratio[sure] = np.log2(other[sure].astype(np.float64) / own[sure])
    spread = _spread(_without_rows(ratio))
    low, high = (float(v) for v in np.percentile(ratio[sure], [10, 90]))
    if spread > _ANOTHER_LIGHT_EV:
        if high > _ADDED_EV and low > -_TAKEN_EV:
            return _told("frame", spread, high)
        if low < -_ADDED_EV and high < _TAKEN_EV:
            return _told("reference", spread, -low)
    return _alike(spread, max(high, -low, 0.0))


def reference_has_flash(verdicts: Sequence[LightVerdict]) -> bool:
    """Whether more than half of the other frames say that the reference has light of its own: choose another then."""
    return 2 * sum(v.lit == "reference" for v in verdicts) > len(verdicts)


def _without_rows(ratio: Float64[np.ndarray, "rows columns"]) -> Float64[np.ndarray, "rows columns"]:
    """The ratio less the median of each row; rows with a single known cell tell nothing."""
    result = np.full(ratio.shape, np.nan)
    for row, values in enumerate(ratio):
        known = np.isfinite(values)
        if int(known.sum()) > 2:
            result[row, known] = values[known] - np.median(values[known])
    return result


def _spread(ratio: Float64[np.ndarray, "rows columns"]) -> float:
    known = ratio[np.isfinite(ratio)]
    if known.size < 8:
        return 0.0
    dark, bright = np.percentile(known, [16, 84])
    return float(bright - dark) / 2


def _told(lit: Lit, spread_ev: float, added_ev: float) -> LightVerdict:
    who = "it has" if lit == "frame" else "the reference has"
    reason = f"{who} light of its own, such as a flash: up to {added_ev:.1f} EV more, differently from place to place"
    return LightVerdict(lit=lit, spread_ev=spread_ev, added_ev=added_ev, reason=reason)


def _alike(spread_ev: float, added_ev: float) -> LightVerdict:
    return LightVerdict(lit="alike", spread_ev=spread_ev, added_ev=added_ev, reason="")
