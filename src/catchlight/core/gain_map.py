"""How much brighter than its standard rendition each part of a picture may be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from catchlight.core.camera_colour import Triple
from catchlight.core.errors import ContractError

# Keeps the logarithm of black finite; the value that Google's "Ultra HDR Image Format" v1.1 proposes.
DEFAULT_OFFSET = 1 / 64
_BAND_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GainMap:
    """Log2 gains that turn a standard (base) picture into its high dynamic range (alternate) rendition.

    Light of the base is linear, 1 = display white, in the base picture's own primaries. A display that shows
    `headroom_ev` above its white gets

        (base + base_offset) · 2^(weight · log2_gain) − alternate_offset,

    where the weight rises from 0 at `base_headroom_ev` to 1 at `alternate_headroom_ev`. The map may be smaller than the
    picture; it is interpolated linearly between the centres of its cells. The names are those of the standard.

    Args:
        log2_gain: EV for all channels alike (rows × columns) or for each (rows × columns × 3).
        gain_map_min: least gain in EV that a file can hold, for red, green and blue.
        gain_map_max: largest gain in EV that a file can hold.
        gamma: files store the share of the range to this power, > 0.
        base_offset: added to the base before the gain.
        alternate_offset: subtracted after it.
        base_headroom_ev: headroom for which the base picture alone is right.
        alternate_headroom_ev: headroom at which the gain is applied in full; above `base_headroom_ev`.

    Raises:
        ContractError: another shape, empty or not finite, a range that is upside down.

    Source: ISO 21496-1:2025, "Gain map metadata for image conversion".
    """

    log2_gain: Float32[np.ndarray, "rows columns"] | Float32[np.ndarray, "rows columns 3"]
    gain_map_min: Triple
    gain_map_max: Triple
    gamma: Triple = (1.0, 1.0, 1.0)
    base_offset: Triple = (DEFAULT_OFFSET,) * 3
    alternate_offset: Triple = (DEFAULT_OFFSET,) * 3
    base_headroom_ev: float = 0.0
    alternate_headroom_ev: float

    def __post_init__(self) -> None:
        gain = self.log2_gain
        if gain.dtype != np.float32 or gain.ndim not in (2, 3) or gain.shape[2:] not in ((), (3,)) or not gain.size:
            raise ContractError(
                f"a gain map is float32, rows×columns or rows×columns×3; found {gain.dtype} {gain.shape}"
            )
        facts = (*self.gain_map_min, *self.gain_map_max, *self.gamma, *self.base_offset, *self.alternate_offset)
        if not np.isfinite((*facts, self.base_headroom_ev, self.alternate_headroom_ev)).all():
            raise ContractError(f"a gain map's range, gamma, offsets and headroom are finite; found {facts}")
        if not np.isfinite(gain.sum(dtype=np.float64)):
            raise ContractError("a gain map holds finite numbers; found NaN or infinity")
        if any(low > high for low, high in zip(self.gain_map_min, self.gain_map_max, strict=True)):
            raise ContractError(f"a gain map's least gain is not above its largest; found {facts[:3]} and {facts[3:6]}")
        if min(self.gamma) <= 0:
            raise ContractError(f"a gain map's gamma is > 0; found {self.gamma}")
        if not 0 <= self.base_headroom_ev < self.alternate_headroom_ev:
            raise ContractError(
                "a gain map brightens: its base headroom is ≥ 0 and below the alternate one; "
                f"found {self.base_headroom_ev} and {self.alternate_headroom_ev} EV"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the map."""
        return self.log2_gain.shape[0], self.log2_gain.shape[1]

    @property
    def is_grey(self) -> bool:
        """Whether one gain serves all channels, so that the map fits the picture in any colour space."""
        offsets = {*self.base_offset}, {*self.alternate_offset}
        return self.log2_gain.ndim == 2 and all(len(offset) == 1 for offset in offsets)

    def weight(self, headroom_ev: float) -> float:
        """Share of the gain for a display of this headroom. Source: ISO 21496-1:2025.

        >>> flat = GainMap(log2_gain=np.zeros((1, 1), np.float32), gain_map_min=(0.0,) * 3, gain_map_max=(2.0,) * 3,
        ...                alternate_headroom_ev=2.0)
        >>> [flat.weight(ev) for ev in (0.0, 0.5, 3.0)]
        [0.0, 0.25, 1.0]
        """
        share = (headroom_ev - self.base_headroom_ev) / (self.alternate_headroom_ev - self.base_headroom_ev)
        return min(max(share, 0.0), 1.0)

    def apply(self, base: Float32[np.ndarray, "h w 3"], *, headroom_ev: float) -> Float32[np.ndarray, "h w 3"]:
        """Linear light of the rendition for a display with `headroom_ev`, 1 = display white.

        Args:
            base: linear light of the picture that the map belongs to, its full size.
            headroom_ev: log2 of how many times its white the display can show.
        """
        weight = np.float32(self.weight(headroom_ev))
        before, after = np.asarray(self.base_offset, np.float32), np.asarray(self.alternate_offset, np.float32)
        result = np.empty_like(base)
        h, w, _ = base.shape
        for top in range(0, h, _BAND_ROWS):
            bottom = min(top + _BAND_ROWS, h)
            gain = np.exp2(weight * self.gain_ev(top, bottom, height=h, width=w))
            gain = gain[..., None] if gain.ndim == 2 else gain
            result[top:bottom] = (base[top:bottom] + before) * gain - after
        return result

    def gain_ev(
        self, top: int, bottom: int, *, height: int, width: int
    ) -> Float32[np.ndarray, "band width"] | Float32[np.ndarray, "band width 3"]:
        """The map at the pixels of rows `top` to `bottom` of a picture of `height`×`width`."""
        rows, columns = self.shape
        j, j1, fy = _between(np.arange(top, bottom), height, rows)
        i, i1, fx = _between(np.arange(width), width, columns)
        more = (1,) * (self.log2_gain.ndim - 2)
        fy, fx = fy.reshape(-1, 1, *more), fx.reshape(-1, *more)
        band = self.log2_gain[j] + fy * (self.log2_gain[j1] - self.log2_gain[j])
        left = band[:, i]
        result: Float32[np.ndarray, "band width"] | Float32[np.ndarray, "band width 3"]
        result = left + fx * (band[:, i1] - left)
        return result


def _between(
    pixels: Int64[np.ndarray, "n"], size: int, cells: int
) -> tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"], Float32[np.ndarray, "n"]]:
    """The two cells whose centres lie around each pixel's centre, and the second one's share."""
    at = np.clip((pixels + 0.5) * (cells / size) - 0.5, 0, cells - 1)
    first = at.astype(np.int64)
    return first, np.minimum(first + 1, cells - 1), (at - first).astype(np.float32)
