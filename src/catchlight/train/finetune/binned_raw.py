"""A RAW file of low sensitivity as a clean picture of half the size."""

from __future__ import annotations

import numpy as np

from catchlight.core import ColourSpace, Frame, InputError, RawFrame

# Up to here the noise of a photo is below its detail once it is brought down to the size that is trained on.
_MOST_ISO = 400.0


def binned_raw(name: str, raw: RawFrame) -> Frame:
    """Linear sRGB at half size: of every quad its red, the mean of its greens, its blue; no demosaicing.

    Raises:
        InputError: another mosaic than Bayer, or a sensitivity that is high or not told: to be developed first.

    The three colours are half a sample apart, which vanishes where the picture is then made smaller still.
    """
    iso = raw.metadata.iso
    if not raw.cfa.is_bayer or iso is None or iso > _MOST_ISO:
        found = f"ISO {iso:g}" if iso is not None else "no ISO speed"
        raise InputError(
            f"{name}: a RAW file is clean truth as Bayer mosaic up to ISO {_MOST_ISO:g} only; "
            f"found {raw.cfa.name} at {found}; develop it first"
        )
    signal, (h, w) = raw.normalised(), raw.shape
    gains = raw.colour.white_balance()
    pixels = np.zeros((h // 2, w // 2, 3), np.float32)
    for colour, plane in raw.cfa.planes:
        pixels[..., colour] += signal[plane] * np.float32(gains[colour] * (0.5 if colour == 1 else 1.0))
    # A full photosite is white whatever its colour: otherwise clipped lights turn magenta.
    np.minimum(pixels, 1, out=pixels)
    linear = pixels @ raw.colour.rgb_from_camera(ColourSpace.SRGB).T.astype(np.float32)
    return Frame(pixels=linear, transfer="linear", metadata=raw.metadata)
