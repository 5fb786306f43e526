"""Catchlight: an open computational camera."""

from catchlight.core import CatchlightError, Frame, NoiseModel, RawFrame

__version__ = "0.1.0"

__all__ = ["CatchlightError", "Frame", "NoiseModel", "RawFrame", "__version__"]
