"""The tone curve of a display that shows more than white: its shoulder is opened, all below stays."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import ContractError
from catchlight.develop.auto_exposure import MID_GREY
from catchlight.develop.tone_curve import INDEX_BEND

# The opening sets in over this many EV above mid-grey, and fades out over as many about the brightest light, so that
# neither end shows as an edge.
_SETS_IN_EV, _FADES_EV = 1.0, 1.0
# Of the fine grid on which slopes are summed; 0.005 EV.
_STEPS_PER_EV = 200


def open_shoulder(curve: Float32[np.ndarray, "n"], *, top: float, headroom_ev: float) -> Float64[np.ndarray, "n"]:
    """Display light (1 = white, more is brighter) over the same grid as `curve`, never darker than it.

    Up to mid-grey both are the same. Above, an EV of the scene is at least `t` EV on the display, where the shoulder
    of a film curve gives ever less; t = 1 shows highlights as bright as they are, and is lowered until `top` fits the
    headroom.

    Args:
        curve: display light 0…1 over u = i / n, of linear light INDEX_BEND · u / (1 − u), as in `CurveTables`; rising.
        top: the brightest linear light worth showing, > 0; what is beyond gets no brighter.
        headroom_ev: EV above white that may be used, ≥ 0.

    Raises:
        ContractError: a top or headroom that is negative.
    """
    if not (top > 0 and headroom_ev >= 0):
        raise ContractError(f"expected a top > 0 and a headroom ≥ 0 EV; found {top} and {headroom_ev}")
    u = np.arange(curve.size) / curve.size
    light = INDEX_BEND * u / (1 - u)
    low, high = np.log2(MID_GREY), max(np.log2(top) + _FADES_EV, np.log2(MID_GREY) + 2 * _SETS_IN_EV)
    ev = np.linspace(low, high, int((high - low) * _STEPS_PER_EV) + 1)
    shown = np.log2(np.maximum(np.interp(2.0**ev, light, curve.astype(np.float64)), 1e-6))
    slope = np.diff(shown) / np.diff(ev)
    middle = (ev[1:] + ev[:-1]) / 2
    share = _smooth((middle - low) / _SETS_IN_EV) * _smooth((np.log2(top) + _FADES_EV / 2 - middle) / _FADES_EV)

    def gain_of(t: float) -> Float64[np.ndarray, "m"]:
        more = share * np.maximum(t - slope, 0) * np.diff(ev)
        result: Float64[np.ndarray, "m"] = np.concatenate([[0.0], np.cumsum(more)])
        return result

    gain = gain_of(1.0)
    if (shown + gain)[-1] > headroom_ev:
        least, most = 0.0, 1.0
        for _ in range(30):  # halvings: the slope is then exact to float precision
            t = (least + most) / 2
            least, most = (t, most) if (shown + gain_of(t))[-1] <= headroom_ev else (least, t)
        gain = gain_of(least)
    at = np.log2(np.maximum(light, 2.0**low))
    result: Float64[np.ndarray, "n"] = curve * 2.0 ** np.interp(at, ev, gain)
    return result


def _smooth(share: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "m"]:
    """0 below 0, 1 above 1, smooth between."""
    t = np.clip(share, 0, 1)
    result: Float64[np.ndarray, "m"] = t * t * (3 - 2 * t)
    return result
