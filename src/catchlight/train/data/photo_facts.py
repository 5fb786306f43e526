"""What the gates and the report want to know about one photo; small, so that the facts of a large set fit in memory."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core import srgb_decode
from catchlight.measure.no_reference import estimate_blur
from catchlight.pipelines.report.noise import local_noise
from catchlight.train.data.extra import needed

THUMBNAIL_PX, BINS = 32, 64
# Sharpness, noise and evenness are told by this much of the middle: more costs time and tells no more.
_MIDDLE_PX = 1024
# Colours are judged on this scale: single pixels carry the compression's and the sensor's own colours.
_COLOUR_PX = 256
# Of 255: below, nobody sees a tint; the photos that are known to be grey stay below 4 except in few pixels.
_TINT_DN = 12
# A full or an empty photosite after compression, of 255.
_WHITE_DN, _BLACK_DN = 250, 5
# 3×3 neighbourhoods that differ by no more count as even: what compression at high quality adds to a drawn area.
_EVEN_DN = 2
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotoFacts:
    """Facts about one photo.

    Args:
        height_px: of the upright photo.
        width_px: likewise.
        perceptual_hash: 64 bits of the lowest frequencies (pHash).
        mirrored_hash: that of its mirror image.
        thumbnail: brightness.
        white_share: pixels of which all channels are full.
        black_share: pixels of which all channels are empty.
        clipped_share: pixels of which any channel is 0 or 255.
        tinted_share: part that has a colour.
        even_share: part whose 3×3 neighbourhood is even to ±1 of 255.
        finest_dn: what the steepest thousandth of the pixels loses when the photo is halved and doubled, of 255.
        blur_px: blur of its steepest edges as a Gaussian's deviation; None: cannot be told.
        blur_low_px: lower end of that figure's interval (nine of ten).
        noise_dn: deviation in its flattest parts, of 255.
        brightness: histogram of the encoded brightness, sums to 1.
        saturation: histogram of (max - min)/max of the channels, sums to 1.
    """

    height_px: int
    width_px: int
    perceptual_hash: int
    mirrored_hash: int
    thumbnail: UInt8[np.ndarray, "32 32"]
    white_share: float
    black_share: float
    clipped_share: float
    tinted_share: float
    even_share: float
    finest_dn: float
    blur_px: float | None
    blur_low_px: float | None
    noise_dn: float
    brightness: Float32[np.ndarray, "64"]
    saturation: Float32[np.ndarray, "64"]

    @property
    def mean_brightness(self) -> float:
        """Mean encoded brightness, 0…1."""
        return _mean(self.brightness)

    @property
    def mean_saturation(self) -> float:
        """Mean saturation, 0…1."""
        return _mean(self.saturation)


def photo_facts(pixels: UInt8[np.ndarray, "h w 3"]) -> PhotoFacts:
    """Measures one photo.

    Args:
        pixels: upright sRGB code values.

    Source: pHash: Zauner 2010, "Implementation and benchmarking of perceptual image hash functions", section 3.2, in
    the library imagehash.
    """
    h, w, _ = pixels.shape
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    thumbnail = cv2.resize(grey, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA)
    top, left = max((h - _MIDDLE_PX) // 2, 0), max((w - _MIDDLE_PX) // 2, 0)
    middle = np.ascontiguousarray(pixels[top : top + _MIDDLE_PX, left : left + _MIDDLE_PX])
    plane = np.ascontiguousarray(grey[top : top + _MIDDLE_PX, left : left + _MIDDLE_PX])
    blur = estimate_blur(_LIGHT[plane])
    small = _small(pixels)
    brightest, darkest = small.max(axis=2), small.min(axis=2)
    spread = (brightest - darkest).astype(np.float32)
    lowest, highest = pixels.min(axis=2), pixels.max(axis=2)
    return PhotoFacts(
        height_px=h,
        width_px=w,
        perceptual_hash=_hash(grey),
        mirrored_hash=_hash(grey[:, ::-1]),
        thumbnail=thumbnail,
        white_share=float((lowest >= _WHITE_DN).mean()),
        black_share=float((highest <= _BLACK_DN).mean()),
        clipped_share=float(((lowest == 0) | (highest == 255)).mean()),
        tinted_share=float((spread > _TINT_DN).mean()),
        even_share=_even_share(middle),
        finest_dn=_finest_dn(plane),
        blur_px=blur.sigma_px,
        blur_low_px=blur.low_px,
        noise_dn=local_noise(plane.astype(np.float32)) if min(plane.shape) >= 8 else 0.0,
        brightness=_histogram(small.astype(np.float32) @ _LUMA / 255),
        saturation=_histogram(spread / np.maximum(brightest, 1)),
    )


def _hash(grey: UInt8[np.ndarray, "h w"]) -> int:
    from PIL import Image

    bits = needed("imagehash", "to find near-duplicates").phash(Image.fromarray(np.ascontiguousarray(grey))).hash
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _small(pixels: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "a b 3"]:
    h, w, _ = pixels.shape
    factor = min(_COLOUR_PX / max(h, w), 1.0)
    size = (max(round(w * factor), 1), max(round(h * factor), 1))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def _even_share(pixels: UInt8[np.ndarray, "h w 3"]) -> float:
    square = np.ones((3, 3), np.uint8)
    reach = (cv2.dilate(pixels, square) - cv2.erode(pixels, square)).max(axis=2)
    return float((reach <= _EVEN_DN).mean())


def _finest_dn(plane: UInt8[np.ndarray, "h w"]) -> float:
    h, w = plane.shape
    half = cv2.resize(plane, (max(w // 2, 1), max(h // 2, 1)), interpolation=cv2.INTER_AREA)
    back = cv2.resize(half, (w, h), interpolation=cv2.INTER_CUBIC)
    return float(np.quantile(cv2.absdiff(plane, back), 0.999))


def _histogram(values: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "64"]:
    at = np.clip((values * BINS).astype(np.int64), 0, BINS - 1)
    return (np.bincount(at.ravel(), minlength=BINS) / at.size).astype(np.float32)


def _mean(histogram: Float32[np.ndarray, "64"]) -> float:
    return float(histogram @ (np.arange(BINS) + 0.5) / BINS)


_LIGHT = np.asarray(srgb_decode(np.arange(256, dtype=np.float32) / np.float32(255)))
