"""The RAW engine: noise removal and demosaicing of Bayer mosaics by one small network, in two sizes."""

from catchlight.models.raw_engine.curve import EngineCurve
from catchlight.models.raw_engine.engine import Precision, RawEngine, Size
from catchlight.models.raw_engine.load_raw_engine import load_raw_engine

__all__ = ["EngineCurve", "Precision", "RawEngine", "Size", "load_raw_engine"]
