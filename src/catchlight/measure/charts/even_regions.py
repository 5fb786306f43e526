"""Even regions of any photo: enough for noise where there is no chart."""

from __future__ import annotations

import cv2
import numpy as np

from catchlight.core.colour import srgb_encode
from catchlight.core.frame import Frame
from catchlight.measure.charts.flat_regions import flat_regions
from catchlight.measure.charts.patch_reading import PatchReading, read_patch

_SEARCHED_PX = 1400
# Texture and shading are alike from pixel to pixel, a sensor's own noise is not; 400 pixels know that to 0.05.
_TEXTURED, _LEAST_PIXELS = 0.25, 400


def even_regions(frame: Frame) -> tuple[PatchReading, ...]:
    """Readings of all regions without texture, darkest first; may be empty.

    What `noise_curves` makes of them is an upper bound of the noise: faint texture counts as noise. Files whose noise
    is correlated (demosaiced, denoised, compressed) yield few regions or none.

    Args:
        frame: the photo.
    """
    linear = frame.to_linear()
    h, w = frame.shape
    scale = min(1.0, _SEARCHED_PX / max(h, w))
    size = (max(1, round(w * scale)), max(1, round(h * scale)))
    small = linear if scale == 1.0 else cv2.resize(linear, size, interpolation=cv2.INTER_AREA)
    white = max(float(np.percentile(small, 99.5)), 1e-6)
    back = np.array([w / size[0], h / size[1]])
    readings = []
    for region in flat_regions(srgb_encode(np.clip(small / np.float32(white), 0, 1)), least_px=12.0, longest=4.0):
        reading = read_patch(frame, np.array(region.corners) * back, inner=0.7)
        if reading is not None and reading.pixels >= _LEAST_PIXELS and abs(reading.correlation) < _TEXTURED:
            readings.append(reading)
    return tuple(sorted(readings, key=lambda r: r.mean[1]))
