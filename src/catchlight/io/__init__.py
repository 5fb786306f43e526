"""Pictures in and out: RAW, DNG, TIFF, PNG, JPEG, WebP, HEIC and AVIF, with their metadata."""

from catchlight.io.atomic_output import atomic_output, check_writable, same_file
from catchlight.io.expand_inputs import IMAGE_SUFFIXES, RAW_SUFFIXES, READABLE_SUFFIXES, expand_inputs
from catchlight.io.gain_map import read_gain_map
from catchlight.io.read_picture import read_picture
from catchlight.io.write_dng import write_dng_cfa, write_dng_linear
from catchlight.io.write_frame import WRITABLE_SUFFIXES, write_frame
from catchlight.io.xmp_sidecar import read_rating, sidecar_places, write_rating

__all__ = [
    "IMAGE_SUFFIXES",
    "RAW_SUFFIXES",
    "READABLE_SUFFIXES",
    "WRITABLE_SUFFIXES",
    "atomic_output",
    "check_writable",
    "expand_inputs",
    "read_gain_map",
    "read_picture",
    "read_rating",
    "same_file",
    "sidecar_places",
    "write_dng_cfa",
    "write_dng_linear",
    "write_frame",
    "write_rating",
]
