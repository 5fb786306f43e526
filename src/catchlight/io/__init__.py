"""Pictures in and out: RAW, DNG, TIFF, PNG, JPEG, WebP, HEIC and AVIF, with their metadata."""

from catchlight.io.atomic_output import atomic_output, check_writable, same_file
from catchlight.io.expand_inputs import IMAGE_SUFFIXES, RAW_SUFFIXES, READABLE_SUFFIXES, expand_inputs
from catchlight.io.read_picture import read_picture
from catchlight.io.write_dng import write_dng_cfa, write_dng_linear
from catchlight.io.write_frame import WRITABLE_SUFFIXES, write_frame

__all__ = [
    "IMAGE_SUFFIXES",
    "RAW_SUFFIXES",
    "READABLE_SUFFIXES",
    "WRITABLE_SUFFIXES",
    "atomic_output",
    "check_writable",
    "expand_inputs",
    "read_picture",
    "same_file",
    "write_dng_cfa",
    "write_dng_linear",
    "write_frame",
]
