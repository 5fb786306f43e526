"""A scene as surfaces that lie behind each other, hidden parts included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32

from catchlight.core.depth import MetricDepth
from catchlight.core.errors import ContractError

# From here on a pixel shows the layer, not what is behind it.
_VISIBLE_ALPHA = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthLayer:
    """One smooth surface.

    Args:
        colour: linear RGB times alpha, and alpha 0…1.
        dioptres: 1/m of the surface at every pixel, also where alpha is 0; ≥ 0.
        seen: where a pinhole sees it, 0…1, for layers that are slices of a depth map; None else.

    Raises:
        ContractError: sizes that differ, dioptres below 0 or not finite.
    """

    colour: Float32[np.ndarray, "h w 4"]
    dioptres: Float32[np.ndarray, "h w"]
    seen: Float32[np.ndarray, "h w"] | None = None

    def __post_init__(self) -> None:
        if self.colour.shape[:2] != self.dioptres.shape:
            raise ContractError(f"a layer has one size; found {self.colour.shape} and {self.dioptres.shape}")
        if not (np.isfinite(self.dioptres).all() and self.dioptres.min() >= 0):
            raise ContractError("a layer's dioptres are finite and ≥ 0 (0 is infinity)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthLayers:
    """Layers from back to front.

    Args:
        layers: at least one; the first should cover the whole picture.
        margin_px: pixels on every side that are only there to be blurred into the picture.
        touching_d: layers are slices of a depth map, and those that differ by up to so many dioptres are parts of one
            surface; None where every layer is a surface of its own.
        depth: of what is visible, without margin, where it is known better than from the layers.

    Raises:
        ContractError: no layer, layers of different sizes, slices that do not tell what is seen of them, or a margin
            that leaves no picture.
    """

    layers: tuple[DepthLayer, ...]
    margin_px: int = 0
    touching_d: float | None = None
    depth: MetricDepth | None = None

    def __post_init__(self) -> None:
        if not self.layers or len({layer.dioptres.shape for layer in self.layers}) != 1:
            raise ContractError("depth layers are one or more of one size")
        h, w = self.layers[0].dioptres.shape
        if self.touching_d is not None and any(layer.seen is None for layer in self.layers):
            raise ContractError("slices that touch tell what is seen of each; found one that does not")
        if not 0 <= 2 * self.margin_px < min(h, w):
            raise ContractError(f"a margin of {self.margin_px} px leaves nothing of {h}×{w}")
        if self.depth is not None and self.depth.metres.shape != self.shape:
            raise ContractError(f"the depth is as large as the picture, {self.shape}; found {self.depth.metres.shape}")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture, without margin."""
        h, w = self.layers[0].dioptres.shape
        return h - 2 * self.margin_px, w - 2 * self.margin_px

    @property
    def inner(self) -> tuple[slice, slice]:
        """Index expression of the picture within the layers."""
        h, w = self.shape
        return slice(self.margin_px, self.margin_px + h), slice(self.margin_px, self.margin_px + w)

    def all_in_focus(self) -> Float32[np.ndarray, "h w 3"]:
        """What a pinhole sees, linear RGB."""
        result = np.zeros((*self.shape, 3), np.float32)
        for layer in self.layers:
            colour = layer.colour[self.inner]
            result *= 1 - colour[..., 3:]
            result += colour[..., :3]
        return result

    def true_depth(self) -> MetricDepth:
        """Depth of what is visible."""
        if self.depth is not None:
            return self.depth
        dioptres = np.zeros(self.shape, np.float32)
        valid: Bool[np.ndarray, "h w"] = np.zeros(self.shape, np.bool_)
        for layer in self.layers:
            covers = layer.colour[(*self.inner, 3)] >= _VISIBLE_ALPHA
            np.copyto(dioptres, layer.dioptres[self.inner], where=covers)
            valid |= covers
        return MetricDepth.from_dioptres(dioptres, valid)
