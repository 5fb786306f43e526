"""Something that moves through the scene by itself while the burst is taken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovingObject:
    """A textured patch with a soft edge and its own motion, independent of the hand's.

    Args:
        colour: linear sRGB, 0…1, not multiplied by alpha.
        alpha: 1 where the object hides the scene, 0 outside it; 0 along the patch's border.
        at: centre in the reference frame as a share (x, y) of its width and height.
        step_px: motion (x, y) from one frame to the next.
        turn_deg: rotation from one frame to the next.
        scale: output pixels per pixel of the patch.

    Raises:
        ContractError: sizes that differ, values out of range, an alpha that does not end at the border.
    """

    colour: Float32[np.ndarray, "h w 3"]
    alpha: Float32[np.ndarray, "h w"]
    at: tuple[float, float] = (0.5, 0.5)
    step_px: tuple[float, float] = (12.0, 3.0)
    turn_deg: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.colour.shape[:2] != self.alpha.shape:
            raise ContractError(f"colour and alpha have one size; found {self.colour.shape} and {self.alpha.shape}")
        for name, values in (("colour", self.colour), ("alpha", self.alpha)):
            if not (values.min() >= 0 and values.max() <= 1):
                raise ContractError(f"an object's {name} lies in 0…1")
        border = np.concatenate([self.alpha[0], self.alpha[-1], self.alpha[:, 0], self.alpha[:, -1]])
        if border.max() > 0:
            raise ContractError("an object's alpha is 0 along the border of its patch, else it ends in a hard edge")
        if not self.scale > 0:
            raise ContractError(f"an object's scale is > 0; found {self.scale}")


def textured_disc(
    *, diameter_px: int = 96, seed: int = 0
) -> tuple[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"]]:
    """Colour (linear sRGB) and alpha of a disc of coloured checks and speckle: easy to see when it ghosts.

    Args:
        diameter_px: diameter of the disc; the patch is 8 px larger.
        seed: of colours and speckle.
    """
    rng = np.random.default_rng(seed)
    side = diameter_px + 8
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    cell = max(diameter_px // 8, 4)
    palette = rng.uniform(0.02, 0.8, (5, 3))
    which = (np.floor(y / cell).astype(int) * 2 + np.floor(x / cell).astype(int)) % 5
    speckle = rng.uniform(0.7, 1.2, (side, side, 1))
    colour = np.clip(palette[which] * speckle, 0, 1).astype(np.float32)
    return colour, _soft_disc(np.hypot(x, y), diameter_px / 2)


def sky_lantern(
    *, height_px: int = 88, seed: int = 0
) -> tuple[Float32[np.ndarray, "h w 3"], Float32[np.ndarray, "h w"]]:
    """Colour (linear sRGB) and alpha of a glowing paper lantern with ribs and creased panels.

    Args:
        height_px: height of the lantern; the patch is 8 px larger.
        seed: of the creases.
    """
    rng = np.random.default_rng(seed)
    side = height_px + 8
    rows, columns = np.mgrid[:side, :side] - (side - 1) / 2
    v = rows / height_px + 0.5
    u = columns / height_px
    # A dome above, tapering to the opening below.
    dome = np.sqrt(np.clip(1 - ((0.42 - v) / 0.42) ** 2, 0, 1))
    taper = 1 - 0.38 * np.clip((v - 0.42) / 0.58, 0, 1) ** 1.4
    half = 0.37 * np.where(v < 0.42, dome, taper)
    edge_px = np.minimum(half - np.abs(u), np.minimum(v - 0.0, 1.0 - v)) * height_px
    alpha = np.clip(edge_px / 2.0 + 0.5, 0, 1)
    alpha[[0, -1]] = 0
    alpha[:, [0, -1]] = 0
    angle = np.arcsin(np.clip(u / np.maximum(half, 1e-3), -1, 1))
    ribs = np.abs(np.sin(angle * 4)) ** 0.35
    crease = np.cumsum(rng.standard_normal((side, side)), axis=0)
    crease = 1 + 0.02 * (crease - crease.mean(axis=0))
    flame = np.exp(-(((v - 0.92) / 0.30) ** 2) - (u / 0.22) ** 2)
    glow = (0.10 + 0.20 * np.clip(v, 0, 1) + 0.75 * flame) * (0.55 + 0.45 * ribs) * np.clip(crease, 0.7, 1.3)
    glow = glow * (0.65 + 0.35 * np.cos(angle))
    rim = v > 0.965
    tint = np.stack([np.ones_like(glow), 0.36 + 0.32 * flame, 0.05 + 0.30 * flame], axis=-1)
    colour = np.clip(glow[..., None] * tint, 0, 1)
    colour[rim] *= 0.12
    return colour.astype(np.float32), alpha.astype(np.float32)


def _soft_disc(distance: np.ndarray, radius: float) -> Float32[np.ndarray, "h w"]:
    alpha: Float32[np.ndarray, "h w"] = np.clip((radius - distance) / 3 + 0.5, 0, 1).astype(np.float32)
    return alpha
