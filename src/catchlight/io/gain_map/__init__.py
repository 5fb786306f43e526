"""Gain maps in files: Ultra HDR JPEG, and ISO 21496-1 in JPEG, HEIC and AVIF."""

from catchlight.io.gain_map.heif import pack_heif, read_heif_gain_map, without_gain_map
from catchlight.io.gain_map.jpeg import pack_jpeg, read_jpeg_gain_map
from catchlight.io.gain_map.read_gain_map import optional_gain_map, read_gain_map

__all__ = [
    "optional_gain_map",
    "pack_heif",
    "pack_jpeg",
    "read_gain_map",
    "read_heif_gain_map",
    "read_jpeg_gain_map",
    "without_gain_map",
]
