"""Bursts: choose a reference, align the others to it, merge what agrees."""

from catchlight.burst.align import align
from catchlight.burst.alignment import Alignment
from catchlight.burst.grey import brightness_ratio, grey_noise_variance, grey_pyramid
from catchlight.burst.merge import MosaicMerge, RgbMerge
from catchlight.burst.reference import sharpness

__all__ = [
    "Alignment",
    "MosaicMerge",
    "RgbMerge",
    "align",
    "brightness_ratio",
    "grey_noise_variance",
    "grey_pyramid",
    "sharpness",
]
