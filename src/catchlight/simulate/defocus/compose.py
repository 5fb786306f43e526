"""Blurs every layer by its own defocus and lays them over each other."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.simulate.defocus.depth_layers import DepthLayers

# A slanted surface is blurred with discs this far apart in diameter, and mixed between them: the mixture of two differs
# from the disc between them by half a per cent of an edge's height at most (at 1.75 px; measured over 0 to 30 px).
_STEP_PX = 0.5
# More discs than this cost time and show nothing: the steps are then a few per cent of the diameter.
_MOST_DISCS = 32

# Cover below this is a rounding error of the Fourier transform.
_NOTHING = np.float32(1e-4)

Kernel = Callable[[float], Float32[np.ndarray, "k k"]]
Confusion = Callable[[Float32[np.ndarray, "h w"]], Float32[np.ndarray, "h w"]]


def defocused(layers: DepthLayers, *, confusion: Confusion, kernel: Kernel) -> Float32[np.ndarray, "h w 3"]:
    """The picture of a lens, linear RGB, without margin.

    Light of a near layer spreads over what is behind it; what is behind a sharp layer does not shine through, nor does
    the sharp layer's absence darken its surroundings, because the surfaces behind go on where they are hidden.
    It is exact where all layers but one are in focus at an edge; where two blurred layers meet, the blurs of edge and
    background are taken as independent.

    Args:
        layers: from back to front.
        confusion: signed diameter of the circle of confusion, in pixels, of an array of dioptres.
        kernel: point spread function (sum 1, odd size) of a signed diameter.

    Source: Kraus and Strengert 2007, "Depth-of-Field Rendering by Pyramidal Image Processing", section 3 (layers,
    extended where hidden); here with discs, and without their pyramid.
    """
    blur = _sliced if layers.touching_d is not None else _stacked
    return np.ascontiguousarray(blur(layers, confusion, kernel)[layers.inner])


def _stacked(layers: DepthLayers, confusion: Confusion, kernel: Kernel) -> Float32[np.ndarray, "h w 3"]:
    """Surfaces that are whole behind each other."""
    result = np.zeros((*layers.layers[0].dioptres.shape, 3), np.float32)
    for layer in layers.layers:
        blurred = _blurred(layer.colour, confusion(layer.dioptres), kernel)
        result *= 1 - blurred[..., 3:]
        result += blurred[..., :3]
    return result


def _sliced(layers: DepthLayers, confusion: Confusion, kernel: Kernel) -> Float32[np.ndarray, "h w 3"]:
    """Slices of a depth map: those that touch add up, as parts of a surface do; the others hide what is behind them.

    What was filled in behind shows only where all that a pinhole sees, blurred, leaves a gap.
    """
    assert layers.touching_d is not None
    shape = layers.layers[0].dioptres.shape
    own, filled = np.zeros((*shape, 4), np.float32), np.zeros((*shape, 4), np.float32)
    nearer = np.zeros((*shape, 1), np.float32)
    waiting: list[tuple[float, Float32[np.ndarray, "h w 1"]]] = []
    for layer in reversed(layers.layers):
        assert layer.seen is not None
        dioptres, coc_px, seen = float(layer.dioptres.mean()), confusion(layer.dioptres), layer.seen[..., None]
        while waiting and waiting[0][0] > dioptres + layers.touching_d:
            nearer += waiting.pop(0)[1]
        free = np.clip(1 - nearer, 0, 1)
        visible = _blurred(layer.colour * seen, coc_px, kernel)
        own += free * visible
        filled += free * _blurred(layer.colour * (1 - seen), coc_px, kernel)
        waiting.append((dioptres, visible[..., 3:]))
    gap = np.where(filled[..., 3:] > _NOTHING, np.clip(1 - own[..., 3:], 0, 1), 0)
    light = own[..., :3] + filled[..., :3] * (gap / np.maximum(filled[..., 3:], _NOTHING))
    # Slices of different blur overlap a little at their seams; a picture does not.
    result: Float32[np.ndarray, "h w 3"] = light / np.maximum(own[..., 3:] + gap, _NOTHING)
    return result


def _blurred(
    colour: Float32[np.ndarray, "h w c"], coc_px: Float32[np.ndarray, "h w"], kernel: Kernel
) -> Float32[np.ndarray, "h w c"]:
    """Light and cover (the last channel) spread by the disc of each place."""
    covered = np.nonzero(colour[..., -1])
    out = np.zeros_like(colour)
    if not len(covered[0]):
        return out
    h, w = coc_px.shape
    # As far as the layer's own light reaches; its largest disc may lie outside it, where no light comes from.
    inside = coc_px[covered]
    reach = math.ceil(np.abs(inside).max() / 2) + 2
    top, bottom = max(int(covered[0].min()) - reach, 0), min(int(covered[0].max()) + reach + 1, h)
    left, right = max(int(covered[1].min()) - reach, 0), min(int(covered[1].max()) + reach + 1, w)
    window = (slice(top, bottom), slice(left, right))
    source, coc = colour[window], np.clip(coc_px[window], inside.min(), inside.max())
    low, high = float(coc.min()), float(coc.max())
    count = min(math.ceil((high - low) / _STEP_PX) + 1, _MOST_DISCS) if high - low > 0.05 else 1
    if count == 1:
        out[window] = _convolved(source, kernel((low + high) / 2))
        return out
    step = (high - low) / (count - 1)
    for k in range(count):
        weight = np.maximum(1 - np.abs(coc - np.float32(low + k * step)) / np.float32(step), 0)
        rows, columns = np.nonzero(weight.any(axis=1))[0], np.nonzero(weight.any(axis=0))[0]
        spread = kernel(low + k * step)
        pad = len(spread) // 2
        # Only where this disc is used, and what it gathers from.
        y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
        yy0, yy1 = max(y0 - pad, 0), min(y1 + pad, source.shape[0])
        xx0, xx1 = max(x0 - pad, 0), min(x1 + pad, source.shape[1])
        part = _convolved(source[yy0:yy1, xx0:xx1], spread)[y0 - yy0 : y1 - yy0, x0 - xx0 : x1 - xx0]
        out[top + y0 : top + y1, left + x0 : left + x1] += part * weight[y0:y1, x0:x1, None]
    return out


def _convolved(
    source: Float32[np.ndarray, "h w c"], kernel: Float32[np.ndarray, "k k"]
) -> Float32[np.ndarray, "h w c"]:
    if kernel.shape == (1, 1):
        return source
    # cv2 correlates; a point spread function is convolved. Beyond the border the picture goes on as it ends.
    flipped = np.ascontiguousarray(kernel[::-1, ::-1])
    filtered = cv2.filter2D(source, -1, flipped, borderType=cv2.BORDER_REPLICATE)
    result: Float32[np.ndarray, "h w c"] = filtered.reshape(source.shape)
    # The Fourier transform of a large kernel leaves rounding errors around 0 and 1.
    np.clip(result, 0, None, out=result)
    np.minimum(result[..., -1], 1, out=result[..., -1])
    return result
