"""What reaches the file when a chart is photographed: noise, white balance, curve, rounding, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core.bands import for_bands
from catchlight.core.colour import srgb_encode
from catchlight.core.errors import ContractError
from catchlight.core.noise_model import NoiseModel
from catchlight.simulate.noisy_plane import noisy_plane

# Rows that share one random stream: fixed, so that the noise does not depend on the number of cores.
_ROWS = 64


def recording(
    light: Float32[np.ndarray, "h w 3"],
    *,
    exposure: float = 1.0,
    cast: tuple[float, float, float] = (1.0, 1.0, 1.0),
    noise: NoiseModel | None = None,
    encode: bool = False,
    bits: int | None = None,
    jpeg_quality: int | None = None,
    seed: int = 0,
) -> Float32[np.ndarray, "h w 3"]:
    """A photo of `light`: full colour at every pixel, so neither mosaic nor demosaicing stands between.

    Args:
        light: linear, 1 is the level at which the sensor clips at exposure 1.
        exposure: factor on the light.
        cast: factors on red, green and blue: what an uncorrected illuminant leaves.
        noise: normalised; photons arrive by Poisson's law, read noise is Gaussian. None: no noise, no clipping of it.
        encode: applies the sRGB curve.
        bits: rounds and clips to this depth; None leaves floats (clipped at 1, negative noise kept).
        jpeg_quality: 1…100: encodes and decodes an 8-bit JPEG with chroma at half size, the usual
            camera file; needs `encode`.
        seed: of the noise; the same on any machine.

    Returns:
        values nominally 0…1.

    Raises:
        ContractError: JPEG without `encode`, a noise model in DN, or values out of range.
    """
    if jpeg_quality is not None and not (encode and 1 <= jpeg_quality <= 100):
        raise ContractError("a JPEG is encoded and of quality 1…100; set encode=True, or leave jpeg_quality out")
    if noise is not None and noise.domain != "normalised":
        raise ContractError("charts are recorded with a normalised noise model; use NoiseModel.to_normalised")
    if not exposure > 0 or min(cast) <= 0 or (bits is not None and not 1 <= bits <= 16):
        raise ContractError("exposure and cast are > 0, bits 1…16; found others")
    scale = np.asarray(cast, np.float32) * np.float32(exposure)
    out = np.empty_like(light)

    def work(top: int, bottom: int) -> None:
        for first in range(top, bottom, _ROWS):
            last = min(first + _ROWS, bottom)
            band = light[first:last] * scale
            if noise is not None:
                rng = np.random.default_rng((seed, first // _ROWS))
                band = np.dstack(
                    [noisy_plane(band[..., c], shot=noise.shot[c], read=noise.read[c], rng=rng) for c in range(3)]
                )
            band = np.minimum(band, 1)
            out[first:last] = srgb_encode(band) if encode else band

    for_bands(work, light.shape[0], step=_ROWS, at_most=4 * _ROWS)
    if bits is not None and jpeg_quality is None:
        top_dn = np.float32(2**bits - 1)
        return np.rint(np.clip(out, 0, 1) * top_dn) / top_dn
    return _through_jpeg(out, jpeg_quality) if jpeg_quality is not None else out


def _through_jpeg(picture: Float32[np.ndarray, "h w 3"], quality: int) -> Float32[np.ndarray, "h w 3"]:
    eight = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", eight[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:  # a picture that was just encoded always decodes; the type checker cannot know
        raise ContractError("a JPEG could not be decoded again")
    return decoded[..., ::-1].astype(np.float32) / np.float32(255)
