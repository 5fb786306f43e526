"""A picture with a depth map becomes layers whose hidden parts are filled in."""

from __future__ import annotations

import math

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from catchlight.core.depth import MetricDepth
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.simulate.defocus.depth_layers import DepthLayer, DepthLayers

# Share of the range of dioptres within which slices are parts of one surface, and beyond which one hides the other: a
# disc on a slanted surface reaches across less, and the edges of things are mostly larger steps.
_TOUCHING = 1 / 8


def slice_depth(picture: Frame, depth: MetricDepth, *, slices: int = 24, reach_px: int = 40) -> DepthLayers:
    """Layers of equal thickness in dioptres.

    Each goes on for `reach_px` under those that are clearly nearer, in the colours of its rim, so that blurring them
    shows something behind their edges. Pixels without a valid depth take that of the nearest valid one.

    Args:
        picture: any RGB space; becomes linear.
        depth: of every pixel.
        slices: how many at most; the defocus of a slice is that of its middle.
        reach_px: radius of the largest blur that is to come.

    Raises:
        ContractError: sizes that differ, no valid depth, or no slice.
    """
    if picture.shape != depth.metres.shape:
        raise ContractError(f"picture and depth have one size; found {picture.shape} and {depth.metres.shape}")
    if slices < 1 or reach_px < 0 or not depth.valid.any():
        raise ContractError("slicing takes one slice or more, a reach ≥ 0 and a depth that is valid somewhere")
    colour = picture.to_linear()
    dioptres = _completed(depth)
    low, high = float(dioptres.min()), float(dioptres.max())
    step_d = (high - low) / slices
    index = np.zeros(dioptres.shape, np.int64)
    if step_d > 0:
        index = np.minimum(((dioptres - low) / step_d).astype(np.int64), slices - 1)
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach_px + 1, 2 * reach_px + 1))
    touching = max(round(slices * _TOUCHING), 1)
    # Two pixels around: depth cameras smear their edges.
    around = cv2.dilate(index.astype(np.float32), np.ones((5, 5), np.uint8))
    at_edge = around - index > touching
    layers: list[DepthLayer] = []
    for k in np.unique(index):
        own = index == k
        rim = (own & at_edge).astype(np.uint8)
        alpha = own | ((cv2.dilate(rim, ellipse) > 0) & (index > k + touching))
        filled = _extended(colour, own)
        rgba = np.where(alpha[..., None], np.dstack([filled, np.ones(own.shape, np.float32)]), np.float32(0))
        middle = np.float32(dioptres[own].mean())
        layers.append(
            DepthLayer(
                colour=rgba.astype(np.float32),
                dioptres=np.full(own.shape, middle, np.float32),
                seen=own.astype(np.float32),
            )
        )
    known = MetricDepth.from_dioptres(dioptres, np.ones(dioptres.shape, np.bool_))
    believed = MetricDepth(metres=known.metres, valid=depth.valid.copy())
    # A step's part more, so that equal distances of slices compare as equal.
    return DepthLayers(layers=tuple(layers), touching_d=(touching + 0.5) * step_d, depth=believed)


def _completed(depth: MetricDepth) -> Float32[np.ndarray, "h w"]:
    dioptres = depth.dioptres
    if depth.valid.all():
        return dioptres
    _, label = cv2.distanceTransformWithLabels(
        (~depth.valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(label.max()) + 1, np.float32)
    of_label[label[depth.valid]] = dioptres[depth.valid]
    completed: Float32[np.ndarray, "h w"] = of_label[label]
    return completed


def _extended(colour: Float32[np.ndarray, "h w 3"], known: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"]:
    """The colours where they are known, and smooth ones made of them elsewhere.

    Source: Gortler et al. 1996, "The Lumigraph", section 3.4.2 (pull-push).
    """
    tiny = np.float32(1e-6)
    share: np.ndarray = known.astype(np.float32)[..., None]
    part: np.ndarray = colour * share
    levels = [(part, share)]
    while min(share.shape[:2]) > 1:
        half = tuple(math.ceil(side / 2) for side in share.shape[1::-1])
        part, share = cv2.pyrDown(part, dstsize=half), cv2.pyrDown(share, dstsize=half)[..., None]
        # A pixel that was known in part counts as known in full: what is far away shall not bleed into it.
        known_share = np.minimum(share * 4, 1)
        part, share = part / np.maximum(share, tiny) * known_share, known_share
        levels.append((part, share))
    filled = part / np.maximum(share, tiny)
    for part, share in reversed(levels[:-1]):
        h, w = share.shape[:2]
        filled = part + cv2.resize(filled, (w, h), interpolation=cv2.INTER_LINEAR).reshape(h, w, 3) * (1 - share)
    result: Float32[np.ndarray, "h w 3"] = filled
    return result
