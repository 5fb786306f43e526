"""What a file says about its gain map besides the map's pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core import ContractError
from catchlight.core.camera_colour import Triple
from catchlight.core.gain_map import DEFAULT_OFFSET, GainMap

# No display shows, and no sane file asks for, more than this many EV; beyond it, exponents overflow.
_MOST_EV = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GainMapFacts:
    """A `GainMap` without its pixels, which files hold as integers; the fields mean what they mean there.

    Raises:
        ContractError: values that no gain map has.
    """

    gain_map_min: Triple
    gain_map_max: Triple
    gamma: Triple = (1.0, 1.0, 1.0)
    base_offset: Triple = (DEFAULT_OFFSET,) * 3
    alternate_offset: Triple = (DEFAULT_OFFSET,) * 3
    base_headroom_ev: float = 0.0
    alternate_headroom_ev: float

    def __post_init__(self) -> None:
        evs = (*self.gain_map_min, *self.gain_map_max, self.base_headroom_ev, self.alternate_headroom_ev)
        if not all(abs(ev) <= _MOST_EV for ev in evs):
            raise ContractError(f"a gain map's gains and headrooms lie within ±{_MOST_EV:g} EV; found {evs}")

    @classmethod
    def of(cls, gain_map: GainMap) -> GainMapFacts:
        """The facts of a map; those of a grey map are its first channel's for all three."""
        return cls(
            gain_map_min=gain_map.gain_map_min,
            gain_map_max=gain_map.gain_map_max,
            gamma=gain_map.gamma,
            base_offset=gain_map.base_offset,
            alternate_offset=gain_map.alternate_offset,
            base_headroom_ev=gain_map.base_headroom_ev,
            alternate_headroom_ev=gain_map.alternate_headroom_ev,
        )

    @property
    def channels_alike(self) -> bool:
        """Whether red, green and blue share one set of numbers, so that one set is written."""
        triples = (self.gain_map_min, self.gain_map_max, self.gamma, self.base_offset, self.alternate_offset)
        return all(len({*triple}) == 1 for triple in triples)

    def gain_map(self, stored: UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"]) -> GainMap:
        """The map whose stored integers are these.

        A grey picture with three different sets of numbers becomes a map of three channels.
        """
        if stored.ndim == 2 and not self.channels_alike:
            stored = np.repeat(stored[..., None], 3, axis=2)
        columns = []
        for channel in range(stored.shape[2] if stored.ndim == 3 else 1):
            share = (np.arange(256) / 255) ** (1 / self.gamma[channel])
            low, high = self.gain_map_min[channel], self.gain_map_max[channel]
            levels = (low + (high - low) * share).astype(np.float32)
            columns.append(levels[stored if stored.ndim == 2 else stored[..., channel]])
        return GainMap(
            log2_gain=columns[0] if len(columns) == 1 else np.stack(columns, axis=2),
            gain_map_min=self.gain_map_min,
            gain_map_max=self.gain_map_max,
            gamma=self.gamma,
            base_offset=self.base_offset,
            alternate_offset=self.alternate_offset,
            base_headroom_ev=self.base_headroom_ev,
            alternate_headroom_ev=self.alternate_headroom_ev,
        )


def stored_gain(gain_map: GainMap) -> UInt8[np.ndarray, "r c"] | UInt8[np.ndarray, "r c 3"]:
    """The map as the integers that files hold: ((gain − min) / (max − min))^gamma in 0…255.

    Source: ISO 21496-1:2025; Google, "Ultra HDR Image Format" v1.1, "Gain map generation".
    """
    some = slice(None) if gain_map.log2_gain.ndim == 3 else 0
    low = np.asarray(gain_map.gain_map_min, np.float32)[some]
    high = np.asarray(gain_map.gain_map_max, np.float32)[some]
    share = (gain_map.log2_gain - low) / np.maximum(high - low, np.float32(1e-9))
    share = np.clip(share, 0, 1) ** np.asarray(gain_map.gamma, np.float32)[some]
    stored: Float32[np.ndarray, "..."] = share * np.float32(255) + np.float32(0.5)
    return stored.astype(np.uint8)
