"""Kernel regression from mosaics: more detail than one mosaic holds, from any filter array, at any scale."""

from catchlight.burst.regress.coarse import coarse_colours
from catchlight.burst.regress.held_frame import HeldFrame
from catchlight.burst.regress.refine import Shrink, Step, refine

__all__ = ["HeldFrame", "Shrink", "Step", "coarse_colours", "refine"]
