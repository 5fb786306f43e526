"""What a user should know of a burst as a whole before trusting the result: all blurred, flicker, flash."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.light.flash import LightVerdict, reference_has_flash
from catchlight.burst.light.flicker import RowGains
from catchlight.core import LinearMosaic
from catchlight.measure import estimate_blur

# A blur whose lower bound exceeds this, in pixels of the full frame, is seen at full size: sharp photos through a lens
# and a colour filter read 0.7 to 1.5 px.
_BLURRED_PX = 2.5
# Side of the window that is looked at, in pixels of the half-size green: a whole frame takes half a second.
_WINDOW_PX = 640


def blur_note(reference: LinearMosaic, frames: int) -> str | None:
    """The note that the burst is blurred; None when it is not, or cannot be told (no edges, too much noise).

    The reference is the sharpest frame, so that its blur is the least of all.

    Args:
        reference: the chosen frame.
        frames: how many the burst has.
    """
    if not reference.cfa.is_bayer:
        return None
    green = reference.cfa.half_size_green(reference.values)
    found = estimate_blur(np.clip(_most_drawn(green), 0, 1))
    if found.sigma_px is None or found.low_px is None or 2 * found.low_px < _BLURRED_PX:
        return None
    blur_px = 2 * found.sigma_px
    if frames == 1:
        return f"the frame is blurred (about {blur_px:.1f} px)"
    return f"all frames are blurred (about {blur_px:.1f} px); taken the least blurred"


def _most_drawn(green: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "_ _"]:
    """The window with the strongest edges: what is in focus if anything is, and enough to tell."""
    h, w = green.shape
    if max(h, w) <= _WINDOW_PX:
        return green
    small = cv2.resize(green, (max(1, w // 4), max(1, h // 4)), interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Laplacian(small, cv2.CV_32F))
    side = _WINDOW_PX // 4
    drawn = cv2.boxFilter(edges, -1, (side, side), borderType=cv2.BORDER_REFLECT)
    y, x = np.unravel_index(int(drawn.argmax()), drawn.shape)
    top = int(min(max(4 * y - _WINDOW_PX // 2, 0), max(h - _WINDOW_PX, 0)))
    left = int(min(max(4 * x - _WINDOW_PX // 2, 0), max(w - _WINDOW_PX, 0)))
    return np.ascontiguousarray(green[top : top + _WINDOW_PX, left : left + _WINDOW_PX])


def flicker_note(curves: Sequence[RowGains]) -> str | None:
    """The note that lamps flickered and how deep the bands were; None when they did not.

    A lamp flickers for the whole burst: bands in one frame of ten or more are chance.
    """
    banded = [c.depth for c in curves if c.significant]
    if not banded or 10 * len(banded) <= len(curves):
        return None
    return (
        f"flicker: bands of up to ±{100 * max(banded):.0f} % in {len(banded)} of {len(curves)} frames were evened out "
        "before merging"
    )


def flash_note(verdicts: Sequence[LightVerdict]) -> str | None:
    """The note that the reference was lit by a flash, where it is kept all the same; None where it was not.

    Args:
        verdicts: of the other frames, each against the reference.
    """
    if not reference_has_flash(verdicts):
        return None
    return "the reference alone was lit by a flash: where it was, the other frames are of little use"
