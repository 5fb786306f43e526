"""Where a lens records a point that an ideal one would draw elsewhere: distortion and lateral colour."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.radial_map import RadialMap
from catchlight.core.errors import ContractError

Points = Float64[np.ndarray, "*n 2"]

_ROUNDS = 30
# A thousandth of the least step that anybody can see: 1e-9 of half a diagonal of 2500 px is 2.5e-6 px.
_TOLERANCE = 1e-9


def distort(lens: Lens, points_xy: Points, *, channel: int = 1) -> Points:
    """Field coordinates at which one colour of an ideally drawn point is recorded.

    Args:
        lens: its distortion, decentring and lateral colour.
        points_xy: (x, y) from the centre over half the diagonal, on the last axis.
        channel: 0 red, 1 green, 2 blue.

    Raises:
        ContractError: a channel that is none of the three, or lateral colour that folds the picture.

    Source: Brown 1966, "Decentering distortion of lenses"; here radii count in half diagonals, so OpenCV's k1 is ours
    times (focal length / half diagonal)².
    """
    k1, k2, k3 = lens.distortion
    p1, p2 = lens.decentring
    x, y = points_xy[..., 0], points_xy[..., 1]
    square = x * x + y * y
    radial = 1 + square * (k1 + square * (k2 + square * k3))
    bent = np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
            y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
        ],
        axis=-1,
    )
    result: Points = bent * _lateral(lens, channel).factor((bent**2).sum(axis=-1, keepdims=True))
    return result


def undistort(lens: Lens, points_xy: Points, *, channel: int = 1) -> Points:
    """The inverse of `distort`, by Newton's method: exact to 1e-9 of half the diagonal.

    Raises:
        ContractError: a channel that is none of the three; a point that this lens records nothing at.
    """
    green = _without_lateral(_lateral(lens, channel), points_xy)
    k1, k2, k3 = lens.distortion
    p1, p2 = lens.decentring
    x, y = green[..., 0].copy(), green[..., 1].copy()
    for _ in range(_ROUNDS):
        miss = distort(lens, np.stack([x, y], axis=-1)) - green
        if not miss.size or float(np.abs(miss).max()) < _TOLERANCE:
            return np.stack([x, y], axis=-1)
        square = x * x + y * y
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        slope = 2 * (k1 + square * (2 * k2 + square * 3 * k3))
        xx = radial + slope * x * x + 2 * p1 * y + 6 * p2 * x
        xy = slope * x * y + 2 * p1 * x + 2 * p2 * y
        yy = radial + slope * y * y + 6 * p1 * y + 2 * p2 * x
        determinant = xx * yy - xy * xy
        determinant = np.where(np.abs(determinant) < 1e-3, 1e-3, determinant)
        # Steps over half the half diagonal would leave the part of the plane in which the polynomial is monotone.
        x -= np.clip((miss[..., 0] * yy - miss[..., 1] * xy) / determinant, -0.5, 0.5)
        y -= np.clip((miss[..., 1] * xx - miss[..., 0] * xy) / determinant, -0.5, 0.5)
    raise ContractError(
        f"the lens's distortion {lens.distortion} records nothing in a part of the picture; give gentler coefficients"
    )


def distortion_map(
    lens: Lens, *, height: int, width: int, channel: int = 1, correcting: bool = False
) -> Float32[np.ndarray, "{height} {width} 2"]:
    """Where every pixel of a picture is read from, (x, y) with pixel centres at whole numbers, as `cv2.remap` wants.

    Args:
        lens: its distortion, decentring and lateral colour.
        height: rows.
        width: columns.
        channel: 0 red, 1 green, 2 blue.
        correcting: False: the picture to make is the recorded one and the ideal one is read; True: the ideal one is
            made from what was recorded.

    Raises:
        ContractError: no size, a channel that is none of the three, a lens that records nothing in a part of it.
    """
    if height < 1 or width < 1:
        raise ContractError(f"a picture has a size; found {height}×{width}")
    half = math.hypot(height, width) / 2
    x = (np.arange(width) + 0.5 - width / 2) / half
    y = (np.arange(height) + 0.5 - height / 2) / half
    move = distort if correcting else undistort
    read_from = np.empty((height, width, 2), np.float32)
    # Rows a few at a time: Newton's method needs a dozen arrays of them.
    for top in range(0, height, 32):
        points = np.stack(np.meshgrid(x, y[top : top + 32]), axis=-1)
        moved = move(lens, points, channel=channel)
        read_from[top : top + 32] = moved * half + np.array([width / 2, height / 2]) - 0.5
    return read_from


def _without_lateral(lateral: RadialMap, points_xy: Points) -> Points:
    """Where green is recorded when this colour is recorded at the points: they differ in their radius alone."""
    wanted = np.hypot(points_xy[..., 0], points_xy[..., 1])
    ratio = np.divide(lateral.unmoved(wanted), wanted, out=np.ones_like(wanted), where=wanted > 0)
    return points_xy * ratio[..., None]


def _lateral(lens: Lens, channel: int) -> RadialMap:
    if channel not in (0, 1, 2):
        raise ContractError(f"a channel is 0 red, 1 green or 2 blue; found {channel}")
    scale, cubic, quintic = (lens.lateral_red, (0.0, 0.0, 0.0), lens.lateral_blue)[channel]
    return RadialMap(scale=scale, cubic=cubic, quintic=quintic)
