"""How blurred each edge of an ordinary picture is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

from catchlight.core.errors import ContractError

Plane = Float32[np.ndarray, "h w"]

# Each about 1.5 times the one before: enough lever for the line through four points, and the largest is still narrow
# enough to leave neighbouring edges out. The smallest is the narrowest that samples without aliasing.
SCALES_PX = (1.0, 1.5, 2.2, 3.3)
# Half the length of the kernels in units of their scale; 4 σ leave 6e-5 of the weight out.
_REACH = 4
# Root mean square departure of 1/G² from its line, relative. An ideal edge stays below 0.002, two edges one scale
# apart reach 0.05; among 0.01, 0.02 and 0.04 the strictest gave the least bias on photos.
_STRAIGHT = 0.01
# An edge whose gradient is known to 3 % or better; below, the blur of single edges scatters by more than a half.
_SNR = 30.0
# Standard deviation of the gradient at scale 1 in white noise of 1: the root of ∫ (∂g/∂x)² = 1 / (8π).
_NOISE_GAIN = float(1 / np.sqrt(8 * np.pi))
# How much of the first scale's relative noise may be left as bend: the fit takes up all but 0.16 of it on ideal edges.
_NOISE_BEND = 0.4
# A ripple on an even surface is no edge: the gradient over one pixel as a share of the picture's mean.
_FAINTEST = 0.02
# As seen from white = 1: a clipped edge has lost one shoulder and looks sharper than it is.
_CLIPPED = 0.995


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeBlur:
    """Points on edges and the blur there.

    Args:
        y_px: row of each point; the centre of the first pixel is 0.5.
        x_px: column of each point.
        variance_px2: variance of the Gaussian that would have blurred an ideal step as much; noise and sharpening take
            it below 0.
        doubt_px2: standard deviation of each of these variances by the noise of the plane alone.
        contrast: height of each step, in the units of the plane.
        noise: standard deviation of the plane's noise, estimated.
    """

    y_px: Float64[np.ndarray, "n"]
    x_px: Float64[np.ndarray, "n"]
    variance_px2: Float64[np.ndarray, "n"]
    doubt_px2: Float64[np.ndarray, "n"]
    contrast: Float64[np.ndarray, "n"]
    noise: float

    @property
    def sigma_px(self) -> Float64[np.ndarray, "n"]:
        """Standard deviation of each blur; 0 for a step that is sharper than its pixels."""
        return np.sqrt(np.maximum(self.variance_px2, 0.0))


def edge_blur(plane: Plane) -> EdgeBlur:
    """Blur at every point of a plane that lies on a clean, isolated edge.

    The gradient of a step of height A, blurred by σ and by a Gaussian derivative of scale s, peaks at
    G = A / √(2π (σ² + s²)), so 1/G² is a straight line in s² and σ² its intercept over its slope. Peaks are followed
    over four scales; those whose 1/G² bends (thin lines, corners, texture, two edges together) are left out, and so
    are faint, noisy and clipped ones.

    Args:
        plane: one channel in linear light, white 1; in an encoded one dark shoulders look softer than bright ones.

    Raises:
        ContractError: smaller than 32×32, or NaN or infinity.

    Source: the idea of re-blurring: Zhuo and Sim 2011, "Defocus map estimation from a single image", eq. 3 to 7,
    there with two scales and without a test of the edge.
    """
    if min(plane.shape) < 32:
        raise ContractError(f"edge blur is of a plane of at least 32×32 px; found {plane.shape}")
    if not np.isfinite(plane).all():
        raise ContractError("edge blur needs finite numbers; found NaN or infinity")
    noise = _noise(plane)
    gradients = [_gradient(plane, scale) for scale in SCALES_PX]
    found = [_along(plane, gradients, noise, axis) for axis in (0, 1)]
    y, x = (np.concatenate([points[i] for points in found]) for i in (0, 1))
    peaks = np.concatenate([points[2] for points in found])
    variance, slope, bend = _line(peaks)
    contrast = np.sqrt(2 * np.pi / np.maximum(slope, 1e-12))
    doubt = _doubt(np.maximum(variance, 0.0), contrast, noise)
    # Noise bends the line too.
    bent = _NOISE_BEND * noise * _NOISE_GAIN / SCALES_PX[0] ** 2 / np.maximum(peaks[:, 0], 1e-12)
    # A slope that falls, or an intercept far below zero, is no step at all; a little below is one that was sharpened.
    kept = (bend < np.hypot(_STRAIGHT, bent)) & (slope > 0) & (variance > -0.25 - 3 * doubt)
    return EdgeBlur(
        y_px=y[kept] + 0.5,
        x_px=x[kept] + 0.5,
        variance_px2=variance[kept],
        doubt_px2=doubt[kept],
        contrast=contrast[kept],
        noise=noise,
    )


def _noise(plane: Plane) -> float:
    """Noise by the median size of a second difference in both directions, which edges hardly move.

    Source: Immerkær 1996, "Fast noise variance estimation", eq. 3; with the median in place of the mean.
    """
    mask = np.outer([1, -2, 1], [1, -2, 1]).astype(np.float32)
    return float(np.median(np.abs(cv2.filter2D(plane, -1, mask)))) / 0.6745 / 6


def _gradient(plane: Plane, scale_px: float) -> tuple[Plane, Plane]:
    reach = int(np.ceil(_REACH * scale_px))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    smooth = np.exp(-(x**2) / (2 * scale_px**2))
    smooth /= smooth.sum()
    derive = x * smooth
    derive /= (x * derive).sum()
    smooth, derive = smooth.astype(np.float32), derive.astype(np.float32)
    across: Plane = cv2.sepFilter2D(plane, -1, derive, smooth, borderType=cv2.BORDER_REPLICATE)
    down: Plane = cv2.sepFilter2D(plane, -1, smooth, derive, borderType=cv2.BORDER_REPLICATE)
    return across, down


def _along(
    plane: Plane, gradients: list[tuple[Plane, Plane]], noise: float, axis: int
) -> tuple[Int64[np.ndarray, "n"], Int64[np.ndarray, "n"], Float64[np.ndarray, "n 4"]]:
    """Points whose gradient is steepest along `axis` and has its peak there, and the peaks at all scales.

    Along a straight edge every line that crosses it meets the same peak, so no interpolation between rows is needed.
    """
    lengths = [cv2.magnitude(across, down) for across, down in gradients]
    across, down = gradients[1]
    steep = np.abs(across) >= np.abs(down) if axis == 1 else np.abs(across) < np.abs(down)
    middle = lengths[1]
    floor = max(_SNR * noise * _NOISE_GAIN / SCALES_PX[1] ** 2, _FAINTEST * float(plane.mean()), 1e-6)
    is_peak = steep & (middle > floor) & (middle >= np.roll(middle, 1, axis)) & (middle > np.roll(middle, -1, axis))
    is_peak &= ~_clipped(plane)
    border = int(np.ceil(_REACH * SCALES_PX[-1]))
    inside = np.zeros(plane.shape, bool)
    inside[border:-border, border:-border] = True
    y, x = np.nonzero(is_peak & inside)
    peaks, good = np.empty((len(y), len(SCALES_PX))), np.ones(len(y), bool)
    for i, length in enumerate(lengths):
        steps = range(-2, 3)
        around = np.stack([length[y + (axis == 0) * k, x + (axis == 1) * k] for k in steps]).astype(np.float64)
        # At another scale the peak may lie one pixel aside; further off it belongs to something else.
        top = 1 + np.argmax(around[1:4], axis=0)
        before, at, after = (np.log(np.maximum(around[top + k, np.arange(len(y))], 1e-12)) for k in (-1, 0, 1))
        curvature = before - 2 * at + after
        whole = (at >= before) & (at >= after) & (curvature < 0)
        # The profile of a blurred step's gradient is a Gaussian: its logarithm is a parabola through three points.
        peaks[:, i] = np.exp(at - (before - after) ** 2 / (8 * np.where(whole, curvature, -1.0)))
        good &= whole
    return y[good], x[good], peaks[good]


def _clipped(plane: Plane) -> Bool[np.ndarray, "h w"]:
    side = 2 * int(np.ceil(2 * SCALES_PX[-1])) + 1
    highest: Plane = cv2.dilate(plane, np.ones((side, side), np.uint8))
    return highest >= _CLIPPED


def _line(
    peaks: Float64[np.ndarray, "n 4"],
) -> tuple[Float64[np.ndarray, "n"], Float64[np.ndarray, "n"], Float64[np.ndarray, "n"]]:
    """Intercept over slope, slope and relative departure of the line through 1/G² over s²."""
    squared = np.square(SCALES_PX)
    # Weighted with G², so that every scale counts by its relative error: the model is (a + b s²) G² = 1.
    energy = np.square(peaks)
    design = np.stack([energy, energy * squared], axis=-1)
    # Normal equations of two unknowns, scaled by the first peak to keep them well-conditioned.
    design = design / energy[:, :1, None]
    first, second = design[..., 0], design[..., 1]
    aa, ab, bb = (first * first).sum(1), (first * second).sum(1), (second * second).sum(1)
    a_sum, b_sum = first.sum(1), second.sum(1)
    determinant = aa * bb - ab * ab
    intercept = (a_sum * bb - b_sum * ab) / determinant
    slope = (b_sum * aa - a_sum * ab) / determinant
    departure = intercept[:, None] * first + slope[:, None] * second - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = intercept / slope
    return variance, slope / energy[:, 0], np.sqrt(np.square(departure).mean(axis=1))


def _doubt(
    variance: Float64[np.ndarray, "n"], contrast: Float64[np.ndarray, "n"], noise: float
) -> Float64[np.ndarray, "n"]:
    """Standard deviation of intercept over slope in white noise, to first order."""
    squared = np.square(SCALES_PX)
    spread = variance[:, None] + squared
    peaks = contrast[:, None] / np.sqrt(2 * np.pi * spread)
    # Derivatives of Gaussians s and t overlap by 1 / (2π (s² + t²)²): how the noise of two scales goes together.
    together = noise**2 / (2 * np.pi * np.square(squared[:, None] + squared))
    relative = together / (peaks[:, :, None] * peaks[:, None, :])
    # The fit of `_line` with a = σ² and b = 1: G² off by 2 δ moves (a, b) by -(DᵀD)⁻¹Dᵀ 2 δ, and a/b by (1, -σ²) of it.
    design = np.stack([1 / spread, squared / spread], axis=-1)
    moved = -2 * np.linalg.pinv(design)
    to_variance = moved[:, 0] - variance[:, None] * moved[:, 1]
    return np.sqrt(np.einsum("ni,nij,nj->n", to_variance, relative, to_variance))
