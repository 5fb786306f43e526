"""A shutter that reads row after row: when each row is exposed, and what motion makes of a frame meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Float64

from catchlight.core.errors import ContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingShutter:
    """Rows that begin their exposure one after the other, the top row first.

    Args:
        rows: rows of the frame.
        readout_s: from the start of the first row to what would be the start of row number `rows`; 0 is a global
            shutter.

    Raises:
        ContractError: no rows, or a time that is negative or not finite.
    """

    rows: int
    readout_s: float

    def __post_init__(self) -> None:
        if not (self.rows >= 1 and 0 <= self.readout_s < math.inf):
            raise ContractError(f"a shutter reads 1 row or more in 0 s or more; found {self.rows}, {self.readout_s} s")

    @property
    def line_s(self) -> float:
        """Time from one row to the next."""
        return self.readout_s / self.rows

    def row_time_s(self, y_px: Float[np.ndarray, "..."], *, exposure_s: float = 0.0) -> Float64[np.ndarray, "..."]:
        """Middle of the exposure at height y in the frame, counted from the moment the top row's exposure begins.

        Args:
            y_px: y of points, pixel centres at 0.5: the middle of row i is i + 0.5.
            exposure_s: exposure time of a row.
        """
        if not 0 <= exposure_s < math.inf:
            raise ContractError(f"an exposure takes 0 s or more; found {exposure_s} s")
        return np.asarray((y_px - 0.5) * self.line_s + exposure_s / 2, np.float64)

    def row_times_s(self, *, exposure_s: float = 0.0) -> Float64[np.ndarray, "rows"]:
        """`row_time_s` of the middle of every row."""
        return self.row_time_s(np.arange(self.rows) + 0.5, exposure_s=exposure_s)


def camera_homographies(
    rotation_rad: Float64[np.ndarray, "n 3"],
    translation_m: Float64[np.ndarray, "n 3"],
    *,
    plane_d: float,
    focal_px: float,
    centre_px: tuple[float, float],
) -> Float64[np.ndarray, "n 3 3"]:
    """Maps from the frames of a moving camera to the frame of a camera at rest, for a plane that faces the latter.

    Args:
        rotation_rad: rotation vectors (axis times angle) of the poses, camera to world; x right, y down, z forward.
        translation_m: positions of the camera.
        plane_d: the plane's distance from the camera at rest in dioptres; 0 is infinity, where only rotation shows.
        focal_px: image distance in pixels.
        centre_px: (x, y) of the optical axis; pixel centres at 0.5.

    Returns:
        Matrices that take (x, y, 1) in a pose's frame to the frame at rest; identity for a pose of zeros.

    Raises:
        ContractError: no image distance, a plane behind the camera, or one that a pose has passed through.

    Source: Hartley and Zisserman, "Multiple view geometry", 2nd ed., equation 13.2, with the rays run backwards.
    """
    if not (focal_px > 0 and plane_d >= 0):
        raise ContractError(f"an image distance is > 0 px and a plane at ≥ 0 d; found {focal_px} and {plane_d}")
    ahead = 1 - translation_m[:, 2] * plane_d
    if not (ahead > 0).all():
        raise ContractError("the plane stays in front of the camera; found a pose beyond it")
    turned = np.stack([cv2.Rodrigues(r)[0] for r in rotation_rad]) if len(rotation_rad) else np.zeros((0, 3, 3))
    towards = np.zeros((len(rotation_rad), 3, 3))
    towards[:, :, 2] = translation_m * (plane_d / ahead)[:, None]
    pixels = np.array([[focal_px, 0.0, centre_px[0]], [0.0, focal_px, centre_px[1]], [0.0, 0.0, 1.0]])
    result: Float64[np.ndarray, "n 3 3"] = pixels @ (np.eye(3) + towards) @ turned @ np.linalg.inv(pixels)
    return result


def row_map(scene_from_row: Float64[np.ndarray, "h 3 3"], *, width: int) -> Float32[np.ndarray, "h {width} 2"]:
    """Where a frame whose rows see the scene under their own transform reads it, as `cv2.remap` wants it.

    Args:
        scene_from_row: for every row, what takes its points (x, y, 1) to the scene's picture; pixel centres at 0.5.
        width: columns of the frame.

    Returns:
        (x, y) of every pixel with pixel centres at whole numbers.

    Raises:
        ContractError: no columns, or a transform that takes a pixel to infinity.
    """
    if width < 1:
        raise ContractError(f"a frame has columns; found {width}")
    height = len(scene_from_row)
    x = np.arange(width) + 0.5
    y = np.arange(height) + 0.5
    # (h, 3, w): the transform's first column times x, plus what the row is fixed to.
    fixed = scene_from_row[:, :, 1] * y[:, None] + scene_from_row[:, :, 2]
    points = scene_from_row[:, :, 0, None] * x + fixed[:, :, None]
    if not (points[:, 2] > 0).all():
        raise ContractError("a transform keeps the frame in front of the camera; found a pixel sent to infinity")
    read = points[:, :2] / points[:, 2:]
    return np.ascontiguousarray(np.moveaxis(read, 1, 2) - 0.5, np.float32)


def warp_rows(
    picture: Float32[np.ndarray, "ph pw *c"], scene_from_row: Float64[np.ndarray, "h 3 3"], *, width: int
) -> Float32[np.ndarray, "h {width} *c"]:
    """The frame that rows under their own transforms record of a still picture; its edge is repeated outside.

    Bilinear; OpenCV 4 rounds positions to 1/32 px.

    Raises:
        ContractError: as `row_map`.
    """
    read_from = row_map(scene_from_row, width=width)
    x, y = (np.ascontiguousarray(read_from[..., axis]) for axis in (0, 1))
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
