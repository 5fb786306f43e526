"""The little that is kept of a picture while pictures are sorted into bursts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.core import ContractError, Frame, Metadata, RawFrame

# Two scenes are told apart by what is left at this size; noise and ordinary blur are not.
THUMBNAIL_PX = 64
# Blind to slopes; white noise passes with its own deviation. Source: Immerkær 1996, "Fast noise variance estimation".
_ACROSS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / np.float32(6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShotRecord:
    """Facts and a small picture of one shot.

    Args:
        name: what messages call it, the file's name say.
        thumbnail: grey in linear light, black 0, white (or the full photosite) 1, `THUMBNAIL_PX` along its longer side;
            as stored, not turned upright: while a camera points down its orientation tag jumps.
        size_px: height and width of the picture itself.
        camera: make and model; empty when unknown.
        time_s: when the exposure began, seconds since 1970 without a time zone; None when unknown.
        exposure_s: exposure time; None when unknown.
        light_ev: log₂ of exposure time × ISO / f-number²: what the camera was set to; None when unknown.
        noise: standard deviation of the thumbnail's own noise, at most: fine texture reads as noise, too.

    Raises:
        ContractError: an empty or non-finite thumbnail, or a negative exposure time.
    """

    name: str
    thumbnail: Float32[np.ndarray, "h w"]
    size_px: tuple[int, int]
    camera: str = ""
    time_s: float | None = None
    exposure_s: float | None = None
    light_ev: float | None = None
    noise: float = 0.0

    def __post_init__(self) -> None:
        if self.thumbnail.size == 0 or not np.isfinite(self.thumbnail).all():
            raise ContractError(f"{self.name}: a thumbnail holds finite numbers; found {self.thumbnail.shape}")
        if self.exposure_s is not None and not self.exposure_s > 0:
            raise ContractError(f"{self.name}: an exposure time is > 0 or unknown (None); found {self.exposure_s}")

    @property
    def end_s(self) -> float | None:
        """When the shutter closed; None when unknown."""
        return None if self.time_s is None else self.time_s + (self.exposure_s or 0.0)


def shot_record(name: str, picture: RawFrame | Frame) -> ShotRecord:
    """The record of a picture in memory."""
    if isinstance(picture, RawFrame):
        grey = linear_grey(picture)
    else:
        grey = cv2.transform(picture.to_linear(), np.array([[0.25, 0.5, 0.25]], np.float32))
    return record_of(name, grey, size_px=picture.shape, metadata=picture.metadata)


def record_of(
    name: str, grey: Float32[np.ndarray, "h w"], *, size_px: tuple[int, int], metadata: Metadata
) -> ShotRecord:
    """The record of a shot from a grey picture of any size, in linear light, and what its file tells."""
    time = metadata.timestamp_ns
    light = (metadata.exposure_s or 0.0) * (metadata.iso or 0.0) / (metadata.aperture_f or 1.0) ** 2
    return ShotRecord(
        name=name,
        thumbnail=thumbnail_of(grey),
        size_px=size_px,
        camera=f"{metadata.make} {metadata.model}".strip(),
        time_s=None if time is None else time / 1e9,
        exposure_s=metadata.exposure_s,
        light_ev=math.log2(light) if light > 0 else None,
        noise=_noise_of(grey),
    )


def thumbnail_of(grey: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "_ _"]:
    """A grey picture in linear light, its longer side brought down to `THUMBNAIL_PX` by area means."""
    h, w = grey.shape
    factor = THUMBNAIL_PX / max(h, w)
    size = (max(round(w * factor), 1), max(round(h * factor), 1))
    small: Float32[np.ndarray, "_ _"] = np.maximum(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.float32(0))
    return small


def _noise_of(grey: Float32[np.ndarray, "h w"]) -> float:
    """Noise of a thumbnail from that of the picture: the median of second differences, over what each pixel gathers."""
    if min(grey.shape) < 3:
        return 0.0
    across = np.abs(cv2.filter2D(grey, -1, _ACROSS)[1:-1, 1:-1])
    # Of a normal distribution half lies within 0.6745 standard deviations.
    sigma = float(np.median(across)) / 0.6745
    return sigma * min(THUMBNAIL_PX / max(grey.shape), 1.0)


def linear_grey(picture: RawFrame) -> Float32[np.ndarray, "_ _"]:
    """A mosaic at half size, all colours together, black 0, full 1."""
    h, w = picture.shape
    half = cv2.resize(picture.mosaic, (w // 2, h // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    half -= np.float32(sum(picture.black_dn) / 4)
    half *= np.float32(1 / picture.range_dn)
    return half
