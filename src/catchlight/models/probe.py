"""A fixed input, and the few output values by which a model is recognised on another machine."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.models.onnx_session import OnnxSession

# Pixels; large enough for the inner values to see no border through a filter or two, small enough to cost nothing.
_LEAST_SIDE_PX = 32
# Waves whose periods share no multiple with a side, so that no two places are alike: the plastic number's powers.
_ACROSS, _DOWN, _CHANNEL = 0.7549, 0.5698, 1.3247
_VALUES = 16


def probe_input(channels: int, multiple: int) -> Float32[np.ndarray, "1 c s s"]:
    """Waves in 0…1, weaker from channel to channel as later ones often hold small numbers, noise deviations say.

    A formula and no random numbers, whose stream may change with a library.
    """
    side = -(-_LEAST_SIDE_PX // multiple) * multiple
    channel, y, x = np.meshgrid(np.arange(channels), np.arange(side), np.arange(side), indexing="ij")
    waves = 0.5 + 0.45 * np.sin(_ACROSS * x + _CHANNEL * channel) * np.cos(_DOWN * y * (1 + channel))
    return (waves / (1 + channel)).astype(np.float32)[None]


def probe_values(session: OnnxSession, *, multiple: int) -> tuple[float, ...]:
    """What the model makes of the probe at 16 places spread evenly over channels, rows and columns."""
    channels = session.opened().get_inputs()[0].shape[1]
    made = session.run(probe_input(int(channels), multiple)).ravel()
    return tuple(float(v) for v in made[np.linspace(0, made.size - 1, _VALUES).round().astype(np.int64)])
