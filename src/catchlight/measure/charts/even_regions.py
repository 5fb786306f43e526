"""Even regions of any photo: enough for noise where there is no chart."""

from __future__ import annotations

import numpy as np

from catchlight.core.colour import srgb_encode
from catchlight.core.frame import Frame
from catchlight.measure.charts.flat_regions import flat_regions
from catchlight.measure.charts.patch_reading import PatchReading, read_patch
from catchlight.measure.charts.searched_picture import searched_picture

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
    small = searched_picture(frame.to_linear(), longest_px=_SEARCHED_PX)
    readings = []
    for region in flat_regions(srgb_encode(small.relative), least_px=12.0, longest=4.0):
        reading = read_patch(frame, np.array(region.corners) * small.back, inner=0.7)
        if reading is not None and reading.pixels >= _LEAST_PIXELS and abs(reading.correlation) < _TEXTURED:
            readings.append(reading)
    return tuple(sorted(readings, key=lambda r: r.mean[1]))
