"""Distortion and lateral colour of a lens from a photographed grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float64
from scipy.optimize import least_squares

from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.measure.charts.grid_nodes import GridNodes, Kind, find_grid_nodes
from catchlight.measure.similarity.luma import luma

# A radius beyond this share of the half diagonal must have been seen before two coefficients can be told apart.
_WIDE = 0.6
# Nodes farther from the fitted lattice than this share of a pitch are not of a plane grid.
_IRREGULAR = 0.04
# Full-colour pictures with a sensor's noise have 0.78 and more, JPEGs with half-size colour 0.66 and less (grids of 0.2
# and 2e-3 lateral colour, blur of 0.4 to 3 px, quality of 80 to 100).
_COARSE = 0.7
_REPORTED_RADII = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateralColour:
    """How one colour is displaced against green.

    Args:
        scale: relative difference of magnification at the centre.
        cubic: its growth: outward shift = radius · (scale + cubic · r²), r in half diagonals.
        shift_px: displacement of the whole colour (x, y).
        at_radius_px: outward shift in px at radii of 0.25, 0.5, 0.75 and 1 half diagonal.
        worst_px: largest outward or inward shift within the radius that was seen.
        residual_px: root mean square of what the fit leaves, both axes together.
    """

    scale: float
    cubic: float
    shift_px: tuple[float, float]
    at_radius_px: tuple[float, float, float, float]
    worst_px: float
    residual_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GridGeometry:
    """What a grid says about a lens.

    Radii are in half diagonals about the picture's centre: seen = ideal · (1 + k1 · ideal² + k2 · ideal⁴). OpenCV's k1
    is this one times (f / half diagonal)², with the focal length f in px, and its k2 this one times the fourth power.

    Args:
        kind: of the grid.
        nodes: how many were measured.
        k1: cubic coefficient; < 0 is barrel distortion.
        k2: quintic coefficient; 0 where the grid does not reach far enough out to tell it from k1.
        seen_radius: the largest radius of a node.
        worst_pct: largest radial distortion up to that radius, in percent of the ideal radius, with its sign.
        tv_pct: SMIA TV distortion: how much the picture's height at its left and right border exceeds that in the
            middle, in percent; > 0 is pincushion.
        residual_px: root mean square distance of the nodes from the fit, in green.
        red: lateral colour of red.
        blue: lateral colour of blue.
        warnings: why a number may be off, each one line.
    """

    kind: Kind
    nodes: int
    k1: float
    k2: float
    seen_radius: float
    worst_pct: float
    tv_pct: float
    residual_px: float
    red: LateralColour
    blue: LateralColour
    warnings: tuple[str, ...]


def grid_geometry(frame: Frame) -> GridGeometry | None:
    """Finds a dot grid or checkerboard and measures distortion and lateral colour; None where there is none.

    Args:
        frame: the photo.

    Source: Brown 1971 (radial terms); SMIA Characterisation Specification 1.0, section 5.20 (TV distortion).
    """
    nodes = find_grid_nodes(frame.to_linear())
    found = None if nodes is None else fit_grid(nodes, shape=frame.shape)
    if found is None:
        return None
    share = _colour_detail(frame)
    if share >= _COARSE:
        return found
    much = "a third" if found.kind == "checkerboard" else "a tenth"
    warning = (
        f"colour has {share:.2f} of the fine detail of brightness: compressed, demosaiced or free of noise. A JPEG's "
        f"lateral colour is too small or too large by up to {much} on a {found.kind} chart; measure a RAW or PNG"
    )
    return replace(found, warnings=(*found.warnings, warning))


def fit_grid(nodes: GridNodes, *, shape: tuple[int, int]) -> GridGeometry | None:
    """Homography, distortion and lateral colour through measured nodes; None where they are no plane grid.

    Args:
        nodes: at least 12.
        shape: height and width of the picture in px.

    Raises:
        ContractError: too few nodes.
    """
    if len(nodes.index) < 12:
        raise ContractError(f"geometry needs 12 nodes at least; found {len(nodes.index)}")
    centre = np.array([shape[1] / 2, shape[0] / 2])
    half = math.hypot(*shape) / 2
    green = (nodes.xy[1] - centre) / half
    radius = np.linalg.norm(green, axis=1)
    seen = float(radius.max())
    lattice = nodes.index[:, ::-1] - nodes.index[:, ::-1].mean(axis=0)
    wide = seen >= _WIDE
    homography, k1, k2 = _fit(lattice, green, two=wide)
    if nodes.radius_pitches > 0:
        # The middle of a dot's picture is not the picture of its middle; once the view is known, neither is unknown.
        shift = _dot_shift(homography, k1, k2, lattice, nodes.radius_pitches)
        homography, k1, k2 = _fit(lattice, green - shift, two=wide)
        green = green - shift
    left = (green - _seen_from(homography, k1, k2, lattice)) * half
    residual = float(np.sqrt((left * left).sum(axis=1).mean()))
    if residual > _IRREGULAR * nodes.pitch_px:
        return None
    warnings = []
    if not wide:
        warnings.append(f"the grid reaches {seen:.2f} half diagonals; fill the frame: k2 is left out, corners unknown")
    steps = np.linspace(0.02, seen, 200)
    relative = k1 * steps**2 + k2 * steps**4
    # `seen` is a radius in the picture; the ideal one differs by the distortion itself, which changes no digit here.
    return GridGeometry(
        kind=nodes.kind,
        nodes=len(nodes.index),
        k1=k1,
        k2=k2,
        seen_radius=seen,
        worst_pct=float(100 * relative[np.abs(relative).argmax()]),
        tv_pct=_tv_distortion(k1, k2, shape),
        residual_px=residual,
        red=_lateral(nodes.xy[0], nodes.xy[1], centre, half),
        blue=_lateral(nodes.xy[2], nodes.xy[1], centre, half),
        warnings=tuple(warnings),
    )


def _colour_detail(frame: Frame) -> float:
    """Energy near the sampling limit of blue minus luma, relative to that of luma."""
    high = np.array([1, -4, 6, -4, 1], np.float32) / 16
    same = np.ones(1, np.float32)
    brightness = luma(frame.pixels)
    energies = []
    for plane in (frame.pixels[..., 2] - brightness, brightness):
        across, down = cv2.sepFilter2D(plane, -1, high, same), cv2.sepFilter2D(plane, -1, same, high)
        energies.append(float((across * across + down * down).mean(dtype=np.float64)))
    return math.sqrt(energies[0] / energies[1]) if energies[1] > 0 else 1.0


def _seen_from(
    homography: Float64[np.ndarray, "3 3"], k1: float, k2: float, lattice: Float64[np.ndarray, "*n 2"]
) -> Float64[np.ndarray, "*n 2"]:
    mapped = np.concatenate([lattice, np.ones_like(lattice[..., :1])], axis=-1) @ homography.T
    ideal = mapped[..., :2] / mapped[..., 2:]
    r2 = (ideal * ideal).sum(axis=-1, keepdims=True)
    return ideal * (1 + r2 * (k1 + r2 * k2))


def _fit(
    lattice: Float64[np.ndarray, "n 2"], seen: Float64[np.ndarray, "n 2"], *, two: bool
) -> tuple[Float64[np.ndarray, "3 3"], float, float]:
    start, _ = cv2.findHomography(lattice, seen)
    flat = (start / start[2, 2]).ravel()[:8]
    unknown = np.concatenate([flat, np.zeros(2 if two else 1)])

    def model(p: Float64[np.ndarray, "m"]) -> Float64[np.ndarray, "n 2"]:
        return _seen_from(np.append(p[:8], 1.0).reshape(3, 3), p[8], p[9] if two else 0.0, lattice)

    # A node that was measured wrongly pulls linearly, not with its square, beyond a thousandth of the half diagonal.
    found = least_squares(
        lambda p: (model(p) - seen).ravel(),
        unknown,
        loss="soft_l1",
        f_scale=1e-3,
        x_scale="jac",
        xtol=1e-14,
        ftol=1e-14,
    ).x
    return np.append(found[:8], 1.0).reshape(3, 3), float(found[8]), float(found[9]) if two else 0.0


def _dot_shift(
    homography: Float64[np.ndarray, "3 3"], k1: float, k2: float, lattice: Float64[np.ndarray, "n 2"], radius: float
) -> Float64[np.ndarray, "n 2"]:
    angle = np.arange(24) * (2 * np.pi / 24)
    ring = lattice[:, None] + radius * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    outline = _seen_from(homography, k1, k2, ring)
    middle = _seen_from(homography, k1, k2, lattice)
    # Areas and moments about the middle, so that no digits are lost.
    p = outline - middle[:, None]
    q = np.roll(p, -1, axis=1)
    cross = p[..., 0] * q[..., 1] - p[..., 1] * q[..., 0]
    shift: Float64[np.ndarray, "n 2"] = ((p + q) * cross[..., None]).sum(axis=1) / (3 * cross.sum(axis=1))[:, None]
    return shift


def _tv_distortion(k1: float, k2: float, shape: tuple[int, int]) -> float:
    """From the ideal horizontal line that passes through the picture's corners."""
    half = math.hypot(*shape) / 2
    corner = np.array([shape[1] / 2, shape[0] / 2]) / half
    ideal = 1.0
    for _ in range(30):
        ideal = 1.0 / (1 + k1 * ideal**2 + k2 * ideal**4)
    height = corner[1] * ideal
    middle = height * (1 + k1 * height**2 + k2 * height**4)
    return float(100 * (corner[1] - middle) / middle)


def _lateral(
    colour: Float64[np.ndarray, "n 2"],
    green: Float64[np.ndarray, "n 2"],
    centre: Float64[np.ndarray, "2"],
    half: float,
) -> LateralColour:
    shift = colour - green
    # Beyond five times the usual distance from the median shift a node was measured wrongly in one colour.
    distance = np.linalg.norm(shift - np.median(shift, axis=0), axis=1)
    kept = distance <= 5 * max(float(np.median(distance)), 0.02)
    shift, offset = shift[kept], (green - centre)[kept]
    r2 = (offset * offset).sum(axis=1, keepdims=True) / half**2
    one, none = np.ones(len(offset)), np.zeros(len(offset))
    along_x = np.stack([offset[:, 0], offset[:, 0] * r2[:, 0], one, none], axis=-1)
    along_y = np.stack([offset[:, 1], offset[:, 1] * r2[:, 0], none, one], axis=-1)
    columns = np.concatenate([along_x, along_y])
    wanted = np.concatenate([shift[:, 0], shift[:, 1]])
    fit = np.linalg.lstsq(columns, wanted, rcond=None)[0]
    left = wanted - columns @ fit
    radii = np.linspace(0, float(np.sqrt(r2.max())), 100)
    outward = radii * half * (fit[0] + fit[1] * radii**2)
    at = [float(r * half * (fit[0] + fit[1] * r * r)) for r in _REPORTED_RADII]
    return LateralColour(
        scale=float(fit[0]),
        cubic=float(fit[1]),
        shift_px=(float(fit[2]), float(fit[3])),
        at_radius_px=(at[0], at[1], at[2], at[3]),
        worst_px=float(outward[np.abs(outward).argmax()]),
        residual_px=float(np.sqrt(2 * (left * left).mean())),
    )
