"""Types that every part of the camera shares. Depends on numpy alone."""

from catchlight.core.camera_colour import CameraColour
from catchlight.core.cfa import BLUE, GREEN, RED, BayerName, CfaName, CfaPattern
from catchlight.core.colour import ColourSpace, adaptation, convert, matrix, srgb_decode, srgb_encode
from catchlight.core.depth import MetricDepth, RelativeDepth
from catchlight.core.errors import (
    CatchlightError,
    ContractError,
    InputError,
    OutputError,
    UnsupportedError,
    UsageError,
)
from catchlight.core.flow import Flow
from catchlight.core.frame import Frame
from catchlight.core.gain_map import GainMap
from catchlight.core.linear_mosaic import LinearMosaic
from catchlight.core.metadata import Metadata
from catchlight.core.noise_model import NoiseModel
from catchlight.core.raw_frame import RawFrame

__all__ = [
    "BLUE",
    "GREEN",
    "RED",
    "BayerName",
    "CameraColour",
    "CatchlightError",
    "CfaName",
    "CfaPattern",
    "ColourSpace",
    "ContractError",
    "Flow",
    "Frame",
    "GainMap",
    "InputError",
    "LinearMosaic",
    "Metadata",
    "MetricDepth",
    "NoiseModel",
    "OutputError",
    "RawFrame",
    "RelativeDepth",
    "UnsupportedError",
    "UsageError",
    "adaptation",
    "convert",
    "matrix",
    "srgb_decode",
    "srgb_encode",
]
