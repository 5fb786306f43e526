"""Alignment and trust of a development as the finished, upright picture shows them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment
from catchlight.core import Frame, Metadata
from catchlight.pipelines.upright import upright


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MotionField:
    """Motion of one frame at the tiles' centres, in the orientation of the finished picture.

    Args:
        place: (x, y) of each tile's centre as shares of width and height, 0…1.
        motion_px: (dx, dy) in pixels, `frame_from_reference`.
        local_px: length of the part that the rigid motion does not explain.
        confidence: 0…1.
    """

    place: Float32[np.ndarray, "rows columns 2"]
    motion_px: Float32[np.ndarray, "rows columns 2"]
    local_px: Float32[np.ndarray, "rows columns"]
    confidence: Float32[np.ndarray, "rows columns"]


def turned_map(values: Float32[np.ndarray, "h w"], orientation: int) -> Float32[np.ndarray, "_ _"]:
    """A map over the stored picture as a map over the upright one."""
    stacked = np.repeat(values[..., None], 3, axis=2)
    return np.ascontiguousarray(
        upright(Frame(pixels=stacked, metadata=Metadata(orientation=orientation))).pixels[..., 0]
    )


def motion_field(alignment: Alignment, shape: tuple[int, int], orientation: int) -> MotionField:
    """The whole motion of one frame of stored `shape`, turned upright."""
    flow = alignment.at_tiles().vectors
    rows, columns = alignment.confidence.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    # The last tiles reach over the edge; their centres are drawn inside.
    x = np.minimum((x + 0.5) * alignment.cell_px / shape[1], 0.995).astype(np.float32)
    y = np.minimum((y + 0.5) * alignment.cell_px / shape[0], 0.995).astype(np.float32)
    dx, dy = np.ascontiguousarray(flow[..., 0]), np.ascontiguousarray(flow[..., 1])
    if orientation in (5, 6, 7, 8):
        x, y, dx, dy = y, x, dy, dx
    if orientation in (2, 3, 6, 7):
        x, dx = 1 - x, -dx
    if orientation in (3, 4, 7, 8):
        y, dy = 1 - y, -dy
    planes = [turned_map(np.ascontiguousarray(p), orientation) for p in (x, y, dx, dy)]
    local = np.hypot(alignment.shifts[..., 0], alignment.shifts[..., 1])
    return MotionField(
        place=np.stack(planes[:2], axis=-1),
        motion_px=np.stack(planes[2:], axis=-1),
        local_px=turned_map(local, orientation),
        confidence=turned_map(alignment.confidence, orientation),
    )
