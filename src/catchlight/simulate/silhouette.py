"""Random outlines for things that are cut out of photos."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.errors import ContractError


def silhouette(side_px: int, rng: np.random.Generator) -> Float32[np.ndarray, "side side"]:
    """Alpha of a blob, a polygon or a lattice, 0…1, with an edge about two pixels wide; 0 along the border.

    Args:
        side_px: height and width, at least 16.
        rng: decides on the kind and its form.

    Raises:
        ContractError: smaller than that.
    """
    if side_px < 16:
        raise ContractError(f"a silhouette is 16 px wide at least; found {side_px}")
    fine = 4
    mask = np.zeros((side_px * fine, side_px * fine), np.uint8)
    middle, radius = side_px * fine / 2, side_px * fine / 2 - 3 * fine
    kind = int(rng.integers(3))
    if kind == 2:
        # A lattice: many depth edges, and much to see through the holes.
        pitch, bar = (int(v * side_px * fine) for v in (rng.uniform(0.14, 0.25), rng.uniform(0.04, 0.08)))
        for at in range(int(middle - radius), int(middle + radius), pitch):
            mask[at : at + bar, int(middle - radius) : int(middle + radius)] = 255
            mask[int(middle - radius) : int(middle + radius), at : at + bar] = 255
    else:
        corners = int(rng.integers(3, 8)) if kind == 0 else 96
        # Corners of a polygon keep away from each other, so that it is no sliver.
        jitter = rng.uniform(-0.35, 0.35, corners) if kind == 0 else 0.0
        angle = (np.arange(corners) + jitter) * 2 * np.pi / corners + rng.uniform(0, 6)
        wave = rng.uniform(0, 0.3) * np.sin(angle * int(rng.integers(2, 7)) + rng.uniform(0, 6)) if kind == 1 else 0.0
        reach = radius * (rng.uniform(0.8, 1.0, corners) if kind == 0 else (1 + wave) / 1.3)
        points = middle + np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
        cv2.fillPoly(mask, [points.round().astype(np.int32)], 255)
    alpha: np.ndarray = cv2.resize(mask, (side_px, side_px), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.7)
    for border in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]):
        border[:] = 0
    soft: Float32[np.ndarray, "side side"] = np.clip(alpha, 0, 1)
    return soft
