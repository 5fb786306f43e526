"""How much glow or shadow a tone mapping draws along an edge, where a global curve would draw none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.core.colour import srgb_decode
from catchlight.core.errors import ContractError

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# The farthest part of each side tells how it looks without an edge.
_FAR_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Halo:
    """Lightness along an edge against the same surface far from it; a global curve has 0 everywhere.

    Args:
        distance_px: middle of each ring around the edge, < 0 on the darker side, rising.
        mean_dl: mean ΔL* of each ring; where the edge itself is soft, only what leaves the range between both sides.
        largest_dl: the same of the pixel that is farthest off, with its sign.
        step_dl: L* of the brighter side less that of the darker, both far from the edge.
    """

    distance_px: Float64[np.ndarray, "n"]
    mean_dl: Float64[np.ndarray, "n"]
    largest_dl: Float64[np.ndarray, "n"]
    step_dl: float

    def beyond(self, distance_px: float) -> float:
        """Largest |ΔL*| of a ring's mean at least this far from the edge."""
        far = np.abs(self.distance_px) >= distance_px
        return float(np.abs(self.mean_dl[far]).max()) if far.any() else 0.0

    @property
    def overshoot_dl(self) -> float:
        """Largest ΔL* > 0 on the brighter side: a glow along the edge."""
        return float(self.largest_dl[self.distance_px > 0].max(initial=0.0))

    @property
    def undershoot_dl(self) -> float:
        """Largest −ΔL* on the darker side: a dark seam along the edge."""
        return float(-self.largest_dl[self.distance_px < 0].min(initial=0.0))


def lightness(picture: Float32[np.ndarray, "h w 3"]) -> Float64[np.ndarray, "h w"]:
    """CIE L* (0…100) of encoded sRGB.

    Source: CIE 15:2018, section 8.2.1.

    >>> float(lightness(np.full((1, 1, 3), 0.5, np.float32))[0, 0].round(2))
    53.39
    """
    y = srgb_decode(np.clip(picture.astype(np.float64), 0, 1)) @ _LUMINANCE
    result: Float64[np.ndarray, "h w"] = np.where(y > (6 / 29) ** 3, 116 * np.cbrt(y) - 16, y * (29 / 3) ** 3)
    return result


def measure_halo(
    picture: Float32[np.ndarray, "h w 3"],
    distance_px: Float32[np.ndarray, "h w"],
    *,
    soft_px: float = 0.0,
    ring_px: float = 1.0,
) -> Halo:
    """Halo of a tone-mapped scene of two even surfaces.

    Args:
        picture: encoded sRGB of the scene after tone mapping.
        distance_px: from the edge, < 0 on the surface that is darker in the scene, > 0 on the brighter one.
        soft_px: the scene's own transition reaches this far to both sides.
        ring_px: width of the rings around the edge.

    Returns:
        The halo by distance. What is far is the farthest fifth of each side.

    Raises:
        ContractError: one of the two sides has no pixel beyond the transition.
    """
    tone = lightness(picture)
    dark, bright = (side & (np.abs(distance_px) > soft_px) for side in (distance_px < 0, distance_px > 0))
    if not dark.any() or not bright.any():
        raise ContractError("a halo needs pixels on both sides of the edge, beyond its own softness")
    below, above = _far(tone, distance_px, dark), _far(tone, distance_px, bright)
    low, high = min(below, above), max(below, above)
    off = np.where(dark, tone - below, np.where(bright, tone - above, tone - np.clip(tone, low, high)))
    ring = np.floor(distance_px / ring_px).astype(np.int64)
    first = int(ring.min())
    index = (ring - first).ravel()
    count = np.bincount(index)
    used = count > 0
    mean = np.bincount(index, off.ravel())[used] / count[used]
    most, least = np.full(count.size, -np.inf), np.full(count.size, np.inf)
    np.maximum.at(most, index, off.ravel())
    np.minimum.at(least, index, off.ravel())
    largest = np.where(most + least > 0, most, least)[used]
    middle = (np.flatnonzero(used) + first + 0.5) * ring_px
    return Halo(distance_px=middle, mean_dl=mean, largest_dl=largest, step_dl=above - below)


def _far(
    tone: Float64[np.ndarray, "h w"], distance_px: Float32[np.ndarray, "h w"], side: Bool[np.ndarray, "h w"]
) -> float:
    distance = np.abs(distance_px[side])
    return float(np.median(tone[side][distance >= np.quantile(distance, 1 - _FAR_SHARE)]))
