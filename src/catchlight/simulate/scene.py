"""Scenes of any size for bursts: a photo continued by its mirror images, or one made from nothing."""

from __future__ import annotations

import cv2
import numpy as np

from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame


def mirrored(photo: Frame, *, height_px: int, width_px: int) -> Frame:
    """The photo continued by its mirror images to the size asked for: seamless, with real texture throughout.

    Raises:
        ContractError: a size below 1 px.
    """
    if min(height_px, width_px) < 1:
        raise ContractError(f"a scene has at least one pixel; found {height_px}×{width_px}")
    rows, columns = _bounce(photo.shape[0], height_px), _bounce(photo.shape[1], width_px)
    return Frame(
        pixels=photo.pixels[rows][:, columns],
        space=photo.space,
        transfer=photo.transfer,
        white=photo.white,
        metadata=photo.metadata,
        provenance=(*photo.provenance, f"mirrored to {width_px}×{height_px}"),
    )


def _bounce(length: int, wanted: int) -> np.ndarray:
    there_and_back = np.concatenate([np.arange(length), np.arange(length)[::-1]])
    return there_and_back[np.arange(wanted) % (2 * length)]


def night_city(*, height_px: int, width_px: int, seed: int = 0) -> Frame:
    """A synthetic town at night, linear sRGB 0…1: smooth sky, dark textured houses, lit windows, thin bright wires.

    It needs no file, has detail at every scale and large dark areas, so that alignment, merge and demosaic all have
    work to do; it is not a substitute for photos when quality is judged.

    Args:
        height_px: rows, at least 16.
        width_px: columns, at least 16.
        seed: of everything random.

    Raises:
        ContractError: a size below 16 px.
    """
    if min(height_px, width_px) < 16:
        raise ContractError(f"a night scene is at least 16×16 px; found {height_px}×{width_px}")
    rng = np.random.default_rng(seed)
    sky = np.linspace(0.012, 0.05, height_px, dtype=np.float32)[:, None, None]
    pixels = np.broadcast_to(sky * np.array([0.8, 0.9, 1.3], np.float32), (height_px, width_px, 3)).copy()
    left = 0
    while left < width_px:
        width = int(rng.integers(60, 220))
        top = int(height_px * rng.uniform(0.25, 0.7))
        house = pixels[top:, left : left + width]
        if house.size:
            _build(house, rng)
        left += width + int(rng.integers(0, 12))
    for _ in range(max(4, width_px // 300)):
        start, end = (int(v) for v in rng.integers(0, height_px, 2))
        grey = float(rng.uniform(0.02, 0.4))
        cv2.line(pixels, (0, start), (width_px - 1, end), (grey, grey, grey), 1, cv2.LINE_AA)
    return Frame(pixels=np.clip(pixels, 0, 1), transfer="linear", provenance=(f"synthetic night town, seed {seed}",))


def _build(house: np.ndarray, rng: np.random.Generator) -> None:
    """Fills one house in place: the caller owns the new picture."""
    h, w, _ = house.shape
    wall = rng.uniform(0.01, 0.06, 3).astype(np.float32)
    plaster = rng.standard_normal((h, w, 1), dtype=np.float32)
    house[:] = wall * np.clip(1 + 0.25 * plaster, 0.2, 2)
    # Courses of bricks: a fine regular pattern, the hard case for demosaicing.
    house[:: int(rng.integers(4, 9))] *= 0.6
    pitch_x, pitch_y = (int(v) for v in rng.integers(18, 40, 2))
    for top in range(pitch_y // 2, h - 12, pitch_y):
        for left in range(pitch_x // 2, w - 10, pitch_x):
            if rng.random() < 0.4:
                light = np.array([1.0, 0.75, 0.4], np.float32) * rng.uniform(0.1, 1.0)
                house[top : top + 12, left : left + 9] = light
                house[top : top + 12, left + 4] *= 0.2
                house[top + 6, left : left + 9] *= 0.2
