"""A picture as the measurements take it: linear light by channel, and what its file says about how it was stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32

from catchlight.camera.cfa_interpolation import interpolate_cfa
from catchlight.core import ColourSpace, Frame, Metadata, RawFrame, UnsupportedError, UsageError, convert, matrix
from catchlight.measure.sfr.measure_edges import Channel
from catchlight.measure.similarity.luma import luma

CHANNELS = ("Y", "R", "G", "B")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredLight:
    """One picture, ready to be measured, in stored pixels (an EXIF orientation is not applied).

    Args:
        channels: linear planes by name; Y comes first where there is one.
        guide: a plane in which to look for edges where no channel has a sample at every pixel; None otherwise.
        rgb: linear sRGB, 1 = white; a RAW file's is demosaiced and white-balanced.
        encoded: brightness as stored, for what compression leaves; None where nothing was encoded.
        frame: the same picture to be shown.
        metadata: of the file.
        domain: in words, how the values became linear.
        clipped: shares of the samples at the file's lower and upper limit.
        raw: whether the channels are photosites of a mosaic.
        doubts: what is not certain about the way the values were made linear, one line each.
    """

    channels: dict[str, Channel]
    guide: Float32[np.ndarray, "h w"] | None
    rgb: Float32[np.ndarray, "h w 3"]
    encoded: Float32[np.ndarray, "h w"] | None
    frame: Frame
    metadata: Metadata
    domain: str
    clipped: tuple[float, float]
    raw: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        h, w, _ = self.rgb.shape
        return h, w


def measured_light(picture: RawFrame | Frame, *, linear: bool = False, channels: Sequence[str] = ()) -> MeasuredLight:
    """Linear planes of a picture.

    A RAW file gives G, R and B, each on its own photosites with black at 0 and white at 1, neither demosaiced nor
    white-balanced. Any other picture gives Y (luminance), R, G and B, or Y alone when its channels are equal; its
    values are decoded by its own transfer curve.

    Args:
        picture: as read.
        linear: the numbers of a picture that is not RAW are linear light, whatever its file says.
        channels: names wanted; empty for all.

    Raises:
        UsageError: none of the wanted channels exists.
        UnsupportedError: a RAW file of another sensor than Bayer's.
    """
    light = _of_raw(picture) if isinstance(picture, RawFrame) else _of_frame(picture, linear=linear)
    if not channels:
        return light
    kept = {name: channel for name, channel in light.channels.items() if name in channels}
    if not kept:
        raise UsageError(
            f"--channel {' '.join(channels)}: this picture has {' '.join(light.channels)}; choose of those"
        )
    return replace(light, channels=kept)


def _of_raw(raw: RawFrame) -> MeasuredLight:
    if not raw.cfa.is_bayer:
        raise UnsupportedError(
            f"RAW is measured on Bayer mosaics only; found {raw.cfa.name}: develop it and measure the TIFF"
        )
    linear = raw.normalised()
    # Digital number 0 is the lower limit; the black level lies above it by the file's own offset.
    black = max(raw.black_dn)
    limits = (-black / (raw.white_dn - black), 1.0)
    channels = {}
    # Green first: with the most photosites it places the edges best.
    for name in "GRB":
        index = "RGB".index(name)
        sites: Bool[np.ndarray, "h w"] = np.zeros(raw.shape, np.bool_)
        for colour, plane in raw.cfa.planes:
            if colour == index:
                sites[plane] = True
        channels[name] = Channel(plane=linear, sites=sites, limits=limits)
    gains = raw.colour.white_balance()
    balanced = linear.copy()
    for colour, plane in raw.cfa.planes:
        balanced[plane] *= np.float32(gains[colour])
    camera = interpolate_cfa(balanced, raw.cfa)
    to_srgb = raw.colour.rgb_from_camera(ColourSpace.SRGB).astype(np.float32)
    rgb = cv2.transform(camera, to_srgb)
    return MeasuredLight(
        channels=channels,
        # The mean of balanced colours is as sharp in all three and has the contrast of each.
        guide=np.ascontiguousarray(camera.mean(axis=2, dtype=np.float32)),
        rgb=rgb,
        encoded=None,
        frame=Frame(pixels=rgb, white="sensor clip", metadata=raw.metadata),
        metadata=raw.metadata,
        domain=f"RAW, {raw.cfa.name} photosites as they are, no demosaicing",
        clipped=(float((raw.mosaic == 0).mean()), float((raw.mosaic >= raw.white_dn).mean())),
        raw=True,
    )


def _of_frame(frame: Frame, *, linear: bool) -> MeasuredLight:
    stored = frame.pixels
    grey = bool(np.array_equal(stored[..., 0], stored[..., 1]) and np.array_equal(stored[..., 1], stored[..., 2]))
    if linear:
        frame = replace(frame, transfer="linear")
    light = frame.to_linear()
    within = float(stored.max()) <= 1.0 and float(stored.min()) >= 0.0
    limits = (0.0, 1.0) if within else None
    channels: dict[str, Channel] = {}
    if grey:
        channels["Y"] = Channel(plane=np.ascontiguousarray(light[..., 0]), limits=limits)
    else:
        weights = matrix(ColourSpace.XYZ_D65, frame.space)[1].astype(np.float32)
        channels["Y"] = Channel(plane=cv2.transform(light, weights[None, :]), limits=limits)
        for index, name in enumerate("RGB"):
            channels[name] = Channel(plane=np.ascontiguousarray(light[..., index]), limits=limits)
    return MeasuredLight(
        channels=channels,
        guide=None,
        rgb=convert(light, target=ColourSpace.SRGB, source=frame.space),
        # As JPEG has it (ITU-T T.871, section 7): blocks are made in it.
        encoded=None if frame.transfer == "linear" else luma(stored),
        frame=frame,
        metadata=frame.metadata,
        domain=_domain(frame, asked_linear=linear),
        clipped=(float((stored <= 0).mean()), float((stored >= 1).mean())) if within else (0.0, 0.0),
        doubts=_transfer_doubts(frame, asked_linear=linear),
    )


def _domain(frame: Frame, *, asked_linear: bool) -> str:
    if asked_linear:
        return "numbers taken for linear light, as asked"
    if frame.transfer == "linear":
        return f"linear {frame.space.label}, as the file says"
    return f"{frame.space.label}, decoded with the sRGB curve"


def _transfer_doubts(frame: Frame, *, asked_linear: bool) -> tuple[str, ...]:
    if asked_linear:
        return ()
    return tuple(f"{n}: its transfer curve may be another" for n in frame.provenance if n.endswith("taken for sRGB"))
