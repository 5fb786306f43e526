"""From one mosaic to one picture: linearise, clean, balance, rebuild highlights, render."""

from catchlight.develop.chroma_cleanup import chroma_noise, clean_chroma
from catchlight.develop.denoise_dct import denoise_mosaic, residual_share
from catchlight.develop.gain_map import hdr_gain
from catchlight.develop.highlights import reconstruct_highlights
from catchlight.develop.linearise import linearise
from catchlight.develop.looks import LOOKS, LookName, look_named
from catchlight.develop.natural_look import NaturalLook
from catchlight.develop.render import render_display, render_linear, render_natural
from catchlight.develop.white_balance import auto_white_balance

__all__ = [
    "LOOKS",
    "LookName",
    "NaturalLook",
    "auto_white_balance",
    "chroma_noise",
    "clean_chroma",
    "denoise_mosaic",
    "hdr_gain",
    "linearise",
    "look_named",
    "reconstruct_highlights",
    "render_display",
    "render_linear",
    "render_natural",
    "residual_share",
]
