"""Dual-pixel kernels of a published Pixel-4-like sensor against ours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, Float64
from scipy.io import loadmat

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.camera.dual_pixel_fit import fit_dual_pixel, kernel_disparity_px
from catchlight.core import Frame
from catchlight.evaluate.result_cache import Figures
from catchlight.measure.focus.dual_pixel_disparity import disparity_between

# Circular apertures with the circles of confusion of the table; the other files hold coded apertures, no discs.
FILES = {
    "nocode": "blur_kernels_simulated_pixel4_nocode.mat",
    "nocode, half the aperture": "blur_kernels_simulated_pixel4_nocode51percent.mat",
}
_COC = "circle_of_confusion_v1.npy"
_PATCH_PX = 320
_LARGEST_COC_PX = 29.0
"""Planes beyond this are left out of the reading from texture: their kernels fill their windows."""


def kernel_slopes(folder: Path, name: str, photos: Sequence[Frame]) -> Figures:
    """Slope, straightness and sign of the kernels' own disparity, and how ours compare on textures.

    Args:
        folder: `focus/dual_pixel_psfs` of the data.
        name: one of FILES.
        photos: textures that both sets of kernels blur.
    """
    stack = np.asarray(loadmat(folder / FILES[name])["PSFstack"], np.float64)
    coc = np.load(folder / _COC).astype(np.float64)
    centre = len(coc) // 2
    # The table has no sign; the kernels' first planes are nearer than the focus, the centre belongs to the far half.
    signed = np.where(np.arange(len(coc)) < centre, coc, -coc)
    theirs = kernel_disparity_px(stack[0], stack[1])
    fit = fit_dual_pixel(signed, theirs)
    ours = np.array([_our_disparity(fit.dual_pixel, float(c)) for c in signed])
    figures: Figures = {
        "slope": float(np.polyfit(signed, theirs, 1)[0]),
        "correlation": float(np.corrcoef(signed, theirs)[0, 1]),
        "our slope": float(np.polyfit(signed, ours, 1)[0]),
    }
    used = [i for i, c in enumerate(signed) if 0 < abs(c) <= _LARGEST_COC_PX]
    slopes: dict[str, list[float]] = {"theirs": [], "ours": []}
    for photo in photos:
        grey = np.ascontiguousarray(photo.to_linear()[..., 1])
        for kind in slopes:
            found = []
            for i in used:
                pair = (
                    (stack[0, i], stack[1, i])
                    if kind == "theirs"
                    else dual_pixel_kernels(fit.dual_pixel, float(signed[i]))
                )
                left, right = (_blurred(grey, np.asarray(k, np.float64)) for k in pair)
                found.append(disparity_between(left, right, dual_pixel=None).px)
            slopes[kind].append(float(np.polyfit(signed[used], found, 1)[0]))
    figures["texture slope, theirs"] = float(np.mean(slopes["theirs"]))
    figures["texture slope, ours"] = float(np.mean(slopes["ours"]))
    return figures


def _our_disparity(dual_pixel: DualPixel, coc_px: float) -> float:
    left, right = dual_pixel_kernels(dual_pixel, coc_px)
    return float(kernel_disparity_px(left, right))


def _blurred(plane: Float32[np.ndarray, "h w"], kernel: Float64[np.ndarray, "k l"]) -> Float32[np.ndarray, "r c"]:
    # filter2D correlates; a blur convolves. The border, which is made up, is cut.
    wide = cv2.filter2D(plane, -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT)
    cut = kernel.shape[0] // 2
    inside = wide[cut:-cut, cut:-cut]
    top, left = ((side - _PATCH_PX) // 2 for side in inside.shape)
    return np.ascontiguousarray(inside[top : top + _PATCH_PX, left : left + _PATCH_PX])
