"""What a user should know of a burst as a whole before trusting the result: all blurred, flicker, flash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catchlight.burst.flash import LightVerdict, reference_has_flash
from catchlight.burst.flicker import RowGains
from catchlight.core import LinearMosaic
from catchlight.measure import estimate_blur

# A blur whose lower bound exceeds this, in pixels of the full frame, is seen at full size: sharp photos through a lens
# and a colour filter read 0.7 to 1.5 px.
_BLURRED_PX = 2.5


def blur_note(reference: LinearMosaic, frames: int) -> str | None:
    """The note that the burst is blurred; None when it is not, or cannot be told (no edges, too much noise).

    The reference is the sharpest frame, so that its blur is the least of all.

    Args:
        reference: the chosen frame.
        frames: how many the burst has.
    """
    green = reference.cfa.half_size_green(reference.values)
    found = estimate_blur(np.clip(green, 0, 1))
    if found.sigma_px is None or found.low_px is None or 2 * found.low_px < _BLURRED_PX:
        return None
    blur_px = 2 * found.sigma_px
    if frames == 1:
        return f"the frame is blurred (about {blur_px:.1f} px)"
    return f"all frames are blurred (about {blur_px:.1f} px); taken the least blurred"


def flicker_note(curves: Sequence[RowGains]) -> str | None:
    """The note that lamps flickered and how deep the bands were; None when they did not."""
    banded = [c.depth for c in curves if c.significant]
    if not banded:
        return None
    return (
        f"flicker: bands of up to ±{100 * max(banded):.0f} % in {len(banded)} of {len(curves)} frames were evened out "
        "before merging"
    )


def flash_notes(names: Sequence[str], verdicts: Sequence[LightVerdict]) -> tuple[str, ...]:
    """One line for each frame that was left out for its light, or one for the reference.

    Args:
        names: of the frames that the verdicts are of.
        verdicts: each against the reference.
    """
    if reference_has_flash(verdicts):
        return (next(f"reference: {v.reason}" for v in verdicts if v.lit == "reference"),)
    return tuple(f"{name} left out: {v.reason}" for name, v in zip(names, verdicts, strict=True) if v.lit == "frame")
