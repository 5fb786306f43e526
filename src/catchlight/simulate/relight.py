"""One frame of a simulated burst under light that the other frames did not have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError
from catchlight.core.raw_frame import RawFrame
from catchlight.simulate.burst import SimulatedBurst
from catchlight.simulate.exposure_noise import record


def relit_frame(burst: SimulatedBurst, index: int, light: Float32[np.ndarray, "h w"]) -> RawFrame:
    """The frame with the light at every photosite multiplied by `light`, then recorded with its noise.

    What the scene's own exposure clipped stays clipped below a factor of 1.

    Args:
        burst: the burst.
        index: which frame, 0…len - 1.
        light: factor ≥ 0 at every photosite.

    Raises:
        ContractError: another size, or a negative factor.
    """
    if light.shape != burst.shape or not float(light.min()) >= 0:
        raise ContractError(f"a light of {burst.shape[0]}×{burst.shape[1]} factors ≥ 0 is needed; found {light.shape}")
    plan = burst.plan
    mosaic = record(burst.clean_mosaic(index) * light, sensor=burst.sensor, gain=plan.gain, seed=(plan.seed, 2, index))
    return replace(burst[index], mosaic=mosaic)
