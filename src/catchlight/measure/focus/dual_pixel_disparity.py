"""How far apart the two views of a dual pixel are, measured on the pictures themselves."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.core.errors import ContractError

Patch = Float32[np.ndarray, "_ _"]

# Polynomials through 2·4 pixels shift what the prefilter leaves by the right amount to 1e-4 px; Lanczos of the same
# reach does not reproduce a ramp and is off by up to 0.02 px.
_REACH = 4
_ROUNDS = 12
# Blur before gradients are taken: at σ = 1 px less than a hundredth of the contrast is left at Nyquist's frequency.
_SIGMA_PX = 1.0
# Two views through mirrored kernels hardly agree to better than one per cent of their contrast.
_MIRRORED = 0.01
DEFAULT = DualPixel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disparity:
    """A disparity of one patch.

    Args:
        px: x(left) - x(right); > 0 is nearer than the focus. 0 where nothing can be told.
        sd_px: its standard error as the differences that remain suggest; infinite without texture.
        confidence: 0…1: how much less the best match leaves unexplained than the runner-up does, halved by a standard
            error of one pixel.
        correlation: of the two views after the shift.
    """

    px: float
    sd_px: float
    confidence: float
    correlation: float


NONE = Disparity(px=0.0, sd_px=math.inf, confidence=0.0, correlation=0.0)


def disparity_between(
    left: Patch, right: Patch, *, largest_px: float = 16.0, dual_pixel: DualPixel | None = DEFAULT
) -> Disparity:
    """Horizontal shift between the two views of one patch, x(left) - x(right), with a fraction of a pixel.

    The best whole shift by normalised correlation, then least squares (Gauss–Newton) over shift, gain and offset of
    the brightness. Yet the two views are blurred by mirrored kernels, whose phase grows faster than linearly with
    frequency: as a mere shift, detail looks up to 15 % farther apart than the kernels' centroids are. So the last step
    looks for the blur c whose kernels, left's view through right's and right's through left's, make both views alike;
    the disparity is what the dual pixel says of c. A slope that is wrong by a tenth changes it by about four per cent:
    fit it and measure again, as `measure_dual_pixel` does.

    Args:
        left: linear light or any smooth function of it; at least 16 px plus twice `largest_px` wide.
        right: the same patch of the other view.
        largest_px: largest disparity to look for.
        dual_pixel: the kernels' shape; None takes the views for a mere shift, as in stereo.

    Raises:
        ContractError: shapes that differ, a patch too small for the search, NaN.

    Source: Lucas and Kanade 1981, "An iterative image registration technique", with the shift split between both views;
    the crossed blur: Punnappurath et al. 2020, "Modeling defocus-disparity in dual-pixel sensors".
    """
    if left.shape != right.shape:
        raise ContractError(f"two views of a patch share one shape; found {left.shape} and {right.shape}")
    if not (math.isfinite(largest_px) and largest_px > 0):
        raise ContractError(f"a search is finite and > 0 px; found {largest_px}")
    reach = math.ceil(largest_px)
    h, w = left.shape
    if h < 4 or w < 2 * reach + 16:
        raise ContractError(f"a patch for ±{reach} px is 4×{2 * reach + 16} at least; found {h}×{w}")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ContractError("a patch is finite; found NaN or infinity")
    left, right = (cv2.GaussianBlur(v, (0, 0), _SIGMA_PX, borderType=cv2.BORDER_REFLECT) for v in (left, right))
    found = _measure(left, right, reach)
    if dual_pixel is None or found.confidence == 0:
        return found
    return replace(found, px=_through_kernels(left, right, found.px, dual_pixel))


def _through_kernels(left: Patch, right: Patch, start_px: float, dual_pixel: DualPixel) -> float:
    """The disparity of the blur whose crossed kernels make the views most alike, near a first guess."""
    guess = dual_pixel.coc_px(start_px)
    # A mere shift overestimates by 5 to 15 %, and more only for a shape far from the kernels'; near the focus a pixel
    # of blur either way covers what sampling does to it.
    towards_focus, away = 0.7 * guess, 1.15 * guess
    low, high = min(towards_focus, away) - 1, max(towards_focus, away) + 1
    margin = math.ceil(max(abs(low), abs(high)) / 2 + abs(dual_pixel.offset_px) / 2) + 2
    h, w = left.shape
    if 2 * margin + 8 > min(h, w):
        return start_px
    inner = np.s_[margin : h - margin, margin : w - margin]

    def unlike(coc_px: float) -> float:
        of_left, of_right = (k[::-1, ::-1] for k in dual_pixel_kernels(dual_pixel, coc_px))
        a, b = cv2.filter2D(left, -1, of_right)[inner], cv2.filter2D(right, -1, of_left)[inner]
        return 1 - _correlation(np.asarray(a), np.asarray(b))

    best = _least(unlike, low, high)
    return dual_pixel.disparity_px(best)


def _least(of: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is least: golden sections to an eighth, then the parabola through three."""
    golden = (math.sqrt(5) - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = of(a), of(b)
    width = (high - low) / 8
    while high - low > width:
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = of(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = of(b)
    middle, at_middle = (a, at_a) if at_a < at_b else (b, at_b)
    step = (high - low) / 2
    before, after = of(middle - step), of(middle + step)
    bend = before + after - 2 * at_middle
    if bend <= 0:
        return middle
    return middle + step * min(max((before - after) / (2 * bend), -1.0), 1.0)


def _measure(left: Patch, right: Patch, reach: int) -> Disparity:
    whole, correlation, runner_up = _search(left, right, reach)
    if correlation <= 0:
        return NONE
    shift, sse, information, count = _refine(left, right, float(whole), reach)
    if not (abs(shift - whole) <= 1.5 and information > 0):
        return NONE
    # Neighbours that share the blur count once: the blur's autocorrelation covers 4πσ² pixels.
    sd = math.sqrt(sse / count / information * 4 * math.pi * _SIGMA_PX**2)
    distinct = (correlation - runner_up) / (1 - runner_up + _MIRRORED)
    confidence = min(max(distinct, 0.0), 1.0) / (1 + sd * sd)
    return Disparity(px=shift, sd_px=sd, confidence=confidence, correlation=correlation)


def _search(left: Patch, right: Patch, reach: int) -> tuple[int, float, float]:
    """Best whole shift, its correlation, and the best one of another peak (0 at least)."""
    w = left.shape[1]
    curve = np.zeros(2 * reach + 1)
    for place, shift in enumerate(range(-reach, reach + 1)):
        # x(left) - x(right) = shift: what left shows at x, right shows at x - shift.
        a = left[:, max(shift, 0) : w + min(shift, 0)]
        b = right[:, max(-shift, 0) : w - max(shift, 0)]
        curve[place] = _correlation(a, b)
    best = int(curve.argmax())
    if best in (0, 2 * reach):
        return 0, 0.0, 0.0
    inner = curve[1:-1]
    peaks = np.flatnonzero((inner >= curve[:-2]) & (inner >= curve[2:])) + 1
    others = [float(curve[p]) for p in peaks if abs(int(p) - best) > 1]
    return best - reach, float(curve[best]), max([0.0, *others])


def _correlation(a: Patch, b: Patch) -> float:
    a = a - a.mean()
    b = b - b.mean()
    energy = float(np.vdot(a, a)) * float(np.vdot(b, b))
    # Contrast below float32's rounding is no texture.
    return float(np.vdot(a, b)) / math.sqrt(energy) if energy > (1e-10 * a.size) ** 2 else 0.0


def _refine(left: Patch, right: Patch, start: float, reach: int) -> tuple[float, float, float, int]:
    """Shift, squared differences, Σ gradient² (of the shift, brightness fitted too), and count of pixels."""
    shift = start
    margin = reach // 2 + 1 + _REACH
    inner = slice(margin, left.shape[1] - margin)
    sse, information, count = 0.0, 0.0, 1
    for _ in range(_ROUNDS):
        a = _shifted(left, -shift / 2)
        b = _shifted(right, shift / 2)
        slope_a, slope_b = (np.gradient(v, axis=1)[:, inner].ravel() for v in (a, b))
        a, b = a[:, inner].ravel(), b[:, inner].ravel()
        # a - gain·b - offset, linear in the shift's change, the gain and the offset.
        gain = math.sqrt(float(np.var(a)) / max(float(np.var(b)), 1e-30))
        design = np.stack([-(slope_a + gain * slope_b) / 2, b, np.ones_like(b)], axis=1).astype(np.float64)
        normal = design.T @ design
        try:
            change = np.linalg.solve(normal, design.T @ a.astype(np.float64))
        except np.linalg.LinAlgError:
            return start, 0.0, 0.0, 1
        left_over = a - design[:, 1:] @ change[1:]
        sse, count = float(np.vdot(left_over, left_over)), a.size
        information = float(1 / max(np.linalg.inv(normal)[0, 0], 1e-300))
        step = float(np.clip(change[0], -1, 1))
        shift += step
        if abs(step) < 1e-4 or abs(shift - start) > 2:
            break
    return shift, sse, information, count


def _shifted(values: Patch, by_px: float) -> Patch:
    """The patch moved right by `by_px`, its edge repeated; a filter, since every pixel moves by the same fraction."""
    read = -by_px
    whole = math.floor(read)
    taps = np.arange(1 - _REACH, _REACH + 1)
    part = read - whole
    weight = [np.prod([(part - j) / (k - j) for j in taps if j != k]) for k in taps]
    # Correlation: out(x) = Σ kernel(k)·in(x + k), the taps placed around the whole part.
    reach = _REACH + abs(whole)
    kernel: Float64[np.ndarray, "1 k"] = np.zeros((1, 2 * reach + 1))
    kernel[0, reach + whole + taps] = weight
    moved: Patch = cv2.filter2D(values, cv2.CV_32F, kernel, borderType=cv2.BORDER_REPLICATE)
    return moved
