"""The light of a flash in a room: more where things are near."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError


def flash_light(
    shape: tuple[int, int], *, strength: float, centre: tuple[float, float] = (0.5, 0.6), spread: float = 0.25
) -> Float32[np.ndarray, "h w"]:
    """Factor by which a flash multiplies the light of a scene, 1 where it does not reach.

    A near subject, a round blob, gets the most; the far background gets a sixteenth of that (four times as far away, by
    the inverse square).

    Args:
        shape: height and width of the frame.
        strength: what the flash adds in the middle of the subject, over the light that is there; ≥ 0.
        centre: of the subject, as a share (x, y) of width and height.
        spread: radius of the subject as a share of the shorter side; > 0.

    Raises:
        ContractError: a value out of range.
    """
    if not (strength >= 0 and spread > 0):
        raise ContractError(f"strength is ≥ 0 and spread > 0; found {strength} and {spread}")
    h, w = shape
    y, x = np.mgrid[:h, :w]
    apart = np.hypot(x - centre[0] * w, y - centre[1] * h) / (spread * min(h, w))
    near = 1 / (1 + apart**4)
    light: Float32[np.ndarray, "h w"] = (1 + strength * (near + (1 - near) / 16)).astype(np.float32)
    return light
