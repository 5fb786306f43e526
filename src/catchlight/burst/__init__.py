"""Bursts: choose a reference, align the others to it, merge what agrees."""

from catchlight.burst.align.align import align
from catchlight.burst.align.verdict import AlignmentVerdict, align_verdict
from catchlight.burst.alignment import Alignment
from catchlight.burst.grey import brightness_ratio, grey_noise_variance, grey_pyramid
from catchlight.burst.merge.merge import MosaicMerge, RgbMerge
from catchlight.burst.merge.residual_variance import residual_variance
from catchlight.burst.reference import sharpness

__all__ = [
    "Alignment",
    "AlignmentVerdict",
    "MosaicMerge",
    "RgbMerge",
    "align",
    "align_verdict",
    "brightness_ratio",
    "grey_noise_variance",
    "grey_pyramid",
    "residual_variance",
    "sharpness",
]
