"""Pictures for the report page, small and embedded in it."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core import ColourSpace, ContractError, Frame, convert, srgb_encode
from catchlight.pipelines.report.crops import Crop

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
# Linear light is shown with its brightest half per cent at this level.
_BRIGHTEST, _MOST_GAIN = 0.9, 64.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screen:
    """Shows frames as 8-bit sRGB; those in linear light get `gain` first.

    Args:
        gain: factor on linear light; 1 for encoded frames.
    """

    gain: float = 1.0

    @classmethod
    def for_frame(cls, frame: Frame) -> Screen:
        """The gain that makes a linear frame look well exposed; none for a finished picture."""
        if frame.transfer != "linear":
            return cls()
        brightest = float(np.quantile(reduced(frame, 400).max(axis=2), 0.995))
        return cls(gain=float(np.clip(_BRIGHTEST / max(brightest, 1e-4), 1.0, _MOST_GAIN)))

    def shown(self, frame: Frame, pixels: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
        """Pixels of `frame` (a part or a smaller copy) in encoded sRGB, 0…1."""
        if frame.transfer == "linear":
            pixels = convert(pixels * np.float32(self.gain), target=ColourSpace.SRGB, source=frame.space)
            pixels = srgb_encode(clipped(pixels))
        return clipped(pixels)

    def whole(self, frame: Frame, side_px: int) -> UInt8[np.ndarray, "h w 3"]:
        """The picture with its longer side at most `side_px`."""
        return eight_bits(self.shown(frame, reduced(frame, side_px)))

    def crop(self, frame: Frame, crop: Crop) -> UInt8[np.ndarray, "side side 3"]:
        """A part at its own size."""
        part = frame.pixels[crop.top : crop.top + crop.side, crop.left : crop.left + crop.side]
        return eight_bits(self.shown(frame, part))


def reduced(frame: Frame, side_px: int) -> Float32[np.ndarray, "_ _ 3"]:
    """The pixels with their longer side at most `side_px`, averaged."""
    return shrunk(frame.pixels, side_px)


def shrunk(pixels: Float32[np.ndarray, "..."], side_px: int) -> Float32[np.ndarray, "..."]:
    """A picture or map with its longer side at most `side_px`, averaged."""
    h, w = pixels.shape[:2]
    factor = side_px / max(h, w)
    if factor >= 1:
        return pixels
    return cv2.resize(pixels, (max(1, round(w * factor)), max(1, round(h * factor))), interpolation=cv2.INTER_AREA)


def clipped(pixels: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    """The pixels within 0…1."""
    within: Float32[np.ndarray, "h w 3"] = np.clip(pixels, 0, 1)
    return within


def eight_bits(pixels: Float32[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """0…1 as 0…255, rounded."""
    return (clipped(pixels) * np.float32(255) + np.float32(0.5)).astype(np.uint8)


def luma_of(pixels: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    """Brightness of encoded sRGB."""
    return cv2.transform(pixels, _LUMA[None, :])


def trust_picture(
    base: UInt8[np.ndarray, "h w 3"] | None, trust: Float32[np.ndarray, "_ _"]
) -> UInt8[np.ndarray, "_ _ 3"]:
    """The picture in grey where a frame was trusted, glowing where it was not.

    Args:
        base: the finished picture, small; None leaves the map alone.
        trust: 0…1.
    """
    h, w = trust.shape if base is None else base.shape[:2]
    if trust.shape != (h, w):
        trust = cv2.resize(trust, (w, h), interpolation=cv2.INTER_LINEAR)
    grey = np.full((h, w), 0.35, np.float32) if base is None else luma_of(base.astype(np.float32) / np.float32(255))
    # Dark pictures are lifted, so that one sees what the map lies over.
    grey = np.float32(0.06) + np.float32(0.62) * np.sqrt(np.clip(grey, 0, 1))
    doubt = np.clip(1 - trust, 0, 1)
    alpha = np.minimum(doubt * np.float32(1.15), np.float32(0.9))[..., None]
    return eight_bits(grey[..., None] * (1 - alpha) + glow(doubt) * alpha)


def glow(doubt: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"]:
    """Amber at low, red at high values of 0…1; legible with red-green blindness, as brightness changes too."""
    stops = np.array([0.0, 0.5, 1.0])
    colours = np.array([[0.98, 0.80, 0.42], [0.95, 0.52, 0.22], [0.72, 0.13, 0.20]])
    planes = [np.interp(doubt, stops, colours[:, c]).astype(np.float32) for c in range(3)]
    return np.stack(planes, axis=-1)


def data_uri(picture: UInt8[np.ndarray, "h w 3"], *, quality: int = 86) -> str:
    """The picture as WebP inside a `data:` address.

    Raises:
        ContractError: the picture is larger than WebP allows (16383 px).
    """
    done, encoded = cv2.imencode(".webp", picture[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, quality])
    if not done:
        raise ContractError(f"a picture for the report is at most 16383 px a side; found {picture.shape}")
    return "data:image/webp;base64," + b64encode(encoded.tobytes()).decode("ascii")
