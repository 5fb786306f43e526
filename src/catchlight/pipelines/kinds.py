"""The two kinds of frames that can be developed, RAW mosaics and finished RGB, behind one protocol."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, MosaicMerge, RgbMerge
from catchlight.camera import estimate_mosaic_noise, estimate_rgb_noise, interpolate_cfa
from catchlight.core import ColourSpace, Frame, InputError, LinearMosaic, NoiseModel, RawFrame
from catchlight.develop import (
    RESIDUAL_SHARE,
    NaturalLook,
    add_burst_detail,
    auto_white_balance,
    denoise_mosaic,
    linearise,
    render_display,
    render_linear,
    render_natural,
)
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings
from catchlight.pipelines.stopwatch import Stopwatch
from catchlight.pipelines.upright import upright

Triple = tuple[float, float, float]


@runtime_checkable
class Kind(Protocol):
    """One development in progress: begin with the reference, add the others, render."""

    noise: NoiseModel
    noise_from: str
    merged: LinearMosaic | None
    share: float
    exposure_known: bool

    @property
    def linear(self) -> Any:
        """The reference in linear light."""

    @property
    def linear_noise(self) -> NoiseModel:
        """Noise of one frame in the units of `linear`."""

    def half_size_grey(self, picture: Any, noise: NoiseModel | None) -> tuple[Float32[np.ndarray, "_ _"], NoiseModel]:
        """Grey picture to judge sharpness by, and the noise model to do it with (that of the first frame)."""

    def begin(self, reference: Any) -> None:
        """Takes the reference."""

    def linearise(self, picture: Any) -> Any:
        """Another frame, brought to the reference's terms."""

    def exposure_scale(self, picture: Picture) -> float:
        """Factor from the files' own exposure that brings a frame to the reference's brightness."""

    def add(self, linear: Any, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame; returns its weights."""

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""

    def render(self, watch: Stopwatch) -> Frame | None:
        """The picture."""

    def render_reference(self) -> Frame | None:
        """The reference alone."""


def _light(picture: Picture) -> float | None:
    """Exposure time times ISO, the light that a frame shows up to a constant; None when unknown."""
    metadata = picture.metadata
    return metadata.exposure_s * metadata.iso if metadata.exposure_s and metadata.iso else None


class MosaicKind:
    """RAW frames: linear, white-balanced mosaics are merged, cleaned, demosaiced and rendered."""

    merged: LinearMosaic | None
    share = 1.0
    exposure_known = False

    def __init__(self, settings: DevelopSettings) -> None:
        self._settings = settings
        self.noise = NoiseModel.same(shot=0.0, read=0.0)
        self.noise_from = "file"
        self.merged = None

    @property
    def linear(self) -> LinearMosaic:
        """The reference, linear and white-balanced."""
        return self._linear

    @property
    def linear_noise(self) -> NoiseModel:
        """Noise of one frame in the units of `linear`."""
        return self._linear.noise

    def half_size_grey(
        self, picture: RawFrame, noise: NoiseModel | None
    ) -> tuple[Float32[np.ndarray, "_ _"], NoiseModel]:
        """Grey picture, without white balance, and the noise model to judge it with (that of the first frame)."""
        if noise is None:
            noise = self._noise_of(picture)[0]
        h, w = picture.shape
        grey = cv2.resize(picture.mosaic, (w // 2, h // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
        grey -= np.float32(sum(picture.black_dn) / 4)
        grey *= np.float32(1 / picture.range_dn)
        return grey, noise

    def begin(self, reference: RawFrame) -> None:
        """Takes the reference: its noise, its white balance, its exposure."""
        self._reference = reference
        self.noise, self.noise_from = self._noise_of(reference)
        self._gains = self._white_balance(reference)
        self._light = _light(reference)
        self.exposure_known = self._light is not None
        self._linear = linearise(reference, noise=self.noise, gains=self._gains)
        self._merge: MosaicMerge | None = None
        self._frames, self._detailed = 1, False

    def exposure_scale(self, picture: Picture) -> float:
        """Factor from the files' own exposure and ISO that brings a frame to the reference's brightness."""
        light = _light(picture)
        return self._light / light if self._light and light else 1.0

    def linearise(self, picture: RawFrame) -> LinearMosaic:
        """Another frame, brought to the reference's white balance and stated exposure."""
        noise = self.noise if self._settings.noise is not None else _stated_noise(picture) or self.noise
        return linearise(picture, noise=noise, gains=self._gains, exposure_scale=self.exposure_scale(picture))

    def add(self, linear: LinearMosaic, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame; returns its weights."""
        if self._merge is None:
            self._merge = MosaicMerge(self._linear)
        if abs(brightness - 1) > 1e-3:
            values = linear.values * np.float32(brightness)
            linear = replace(linear, values=values, noise=linear.noise.scaled(brightness))
        level = max(float(np.mean(self._linear.values[::16, ::16])), 1e-4)
        mine, theirs = (sum(n.variance(level, channel=c) for c in range(3)) for n in (self._linear.noise, linear.noise))
        ratio = float(np.clip(theirs / max(mine, 1e-12), 1 / 64, 64))
        self._frames += 1
        return self._merge.add(linear, alignment, noise_ratio=ratio)

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""
        self.merged = self._merge.finish() if self._merge is not None else self._linear
        self._merge = None
        if self.merged.share is not None:
            self.share = float(self.merged.share.mean())

    def render(self, watch: Stopwatch) -> Frame | None:
        """Noise removal, demosaicing and rendering of the merged mosaic."""
        assert self.merged is not None
        if self._settings.render == "mosaic":
            return None
        with watch("denoise"):
            clean = denoise_mosaic(self.merged, strength=self._settings.denoise)
        with watch("demosaic"):
            rgb = self._demosaic(clean, self.share)
            del clean
        if self.merged.detail is not None:
            with watch("detail from the shake"):
                merged, self.merged = self.merged, replace(self.merged, detail=None)
                rgb = add_burst_detail(rgb, merged, in_place=True)
                self._detailed = True
                del merged
        with watch("render"):
            return self._render(rgb, self._settings.look, self._steps())

    def render_reference(self) -> Frame | None:
        """The reference alone, demosaiced and rendered, its noise left in: what the camera saw in one shot."""
        if self._settings.render == "mosaic":
            return None
        # Toned like the result, so that only noise and detail differ, and not sharpened: that would feed on the noise.
        look = replace(self._settings.look, sharpness=0.0)
        return self._render(self._demosaic(self._linear, 1.0), look, ())

    def _demosaic(self, mosaic: LinearMosaic, share: float) -> Float32[np.ndarray, "h w 3"]:
        level = max(float(mosaic.values[::8].mean()), 0.0)
        variance = sum(mosaic.noise.variance(level, channel=c) for c in (0, 1, 1, 2)) / 4
        return interpolate_cfa(mosaic.values, mosaic.cfa, noise_variance=variance * share)

    def _render(self, rgb: Float32[np.ndarray, "h w 3"], look: NaturalLook, steps: tuple[str, ...]) -> Frame:
        reference, settings = self._reference, self._settings
        if settings.render == "linear":
            return render_linear(
                rgb, wb=self._gains, colour=reference.colour, metadata=reference.metadata, provenance=steps
            )
        left = self.share * (RESIDUAL_SHARE if settings.denoise > 0 else 1.0)
        picture = render_natural(
            rgb,
            wb=self._gains,
            colour=replace(reference.colour, neutral=_neutral(self._gains)),
            noise=self.noise,
            noise_scale=float(np.sqrt(left)),
            look=look,
            metadata=reference.metadata,
            provenance=steps,
        )
        return upright(picture)

    def _steps(self) -> tuple[str, ...]:
        balance = " ".join(f"{g:.3f}" for g in self._gains)
        steps = [f"linearised, white balance {balance}"]
        if self._frames > 1:
            steps.append(f"{self._frames} frames merged, {self.share:.3f} of the noise variance left")
        if self._settings.denoise > 0:
            steps.append(f"noise removed on the mosaic, strength {self._settings.denoise:g}")
        steps.append("demosaiced" + (", detail from the shake of the burst added" if self._detailed else ""))
        return tuple(steps)

    def _noise_of(self, raw: RawFrame) -> tuple[NoiseModel, str]:
        if self._settings.noise is not None:
            return self._settings.noise, "settings"
        stated = _stated_noise(raw)
        if stated is not None:
            return stated, "file"
        none = NoiseModel.same(shot=0.0, read=0.0)
        plain = linearise(raw, noise=none, gains=(1.0, 1.0, 1.0), repair_defects=False)
        return estimate_mosaic_noise(plain.values, raw.cfa), "estimate"

    def _white_balance(self, raw: RawFrame) -> Triple:
        if raw.colour.neutral is not None:
            return raw.colour.white_balance()
        if self._settings.render != "natural":
            # What is measured must not depend on a guess.
            return 1.0, 1.0, 1.0
        plain = linearise(raw, noise=self.noise, gains=(1.0, 1.0, 1.0))
        h, w = raw.shape
        sites = raw.cfa.sites
        planes = [plain.values[s >> 1 :: 2, s & 1 :: 2] for s in range(4)]
        quads = np.zeros((h // 2, w // 2, 3), np.float32)
        for site, colour in enumerate(sites):
            quads[..., colour] += planes[site] * (0.5 if colour == 1 else 1.0)
        return auto_white_balance(quads)


def _stated_noise(raw: RawFrame) -> NoiseModel | None:
    """The file's own noise model, normalised; None where it has none, or one that says there is no noise."""
    if raw.noise is None or not any(v > 0 for v in (*raw.noise.shot, *raw.noise.read)):
        return None
    return raw.noise.to_normalised(range_dn=raw.range_dn)


def _neutral(gains: Triple) -> Triple:
    return gains[1] / gains[0], 1.0, gains[1] / gains[2]


def _with_rounding(noise: NoiseModel) -> NoiseModel:
    """The model plus what 8 bits and JPEG do to a picture that shows no noise any more.

    An error of σ in the encoded value is one of 2.4·x^(1.4/2.4)·σ in linear light x: nearly shot noise of slope 5.8 σ².
    """
    shot = 5.8 * _ENCODED_ERROR**2
    read = (_ENCODED_ERROR / 12.92) ** 2
    return NoiseModel(
        shot=(noise.shot[0] + shot, noise.shot[1] + shot, noise.shot[2] + shot),
        read=(noise.read[0] + read, noise.read[1] + read, noise.read[2] + read),
    )


# Deviation that rounding and compression leave in an encoded sRGB value: 1.2 of 255 levels.
_ENCODED_ERROR = 1.2 / 255


class RgbKind:
    """Frames that are RGB already (JPEG, HEIC, PNG, TIFF): merged in linear sRGB, rendered gently."""

    merged: LinearMosaic | None = None
    share = 1.0
    # Phones brighten each JPEG by itself, so the stated exposure is no guide.
    exposure_known = False

    def __init__(self, settings: DevelopSettings) -> None:
        if settings.render == "mosaic":
            raise InputError("a mosaic (DNG) can be written from RAW frames only; these are RGB: choose .tif instead")
        self._settings = settings
        self.noise = NoiseModel.same(shot=0.0, read=0.0)
        self.noise_from = "estimate"
        self._merge: RgbMerge | None = None

    @property
    def linear(self) -> Float32[np.ndarray, "h w 3"]:
        """The reference in linear sRGB, its size made even."""
        return self._linear

    @property
    def linear_noise(self) -> NoiseModel:
        """Noise of one frame."""
        return self.noise

    def half_size_grey(self, picture: Frame, noise: NoiseModel | None) -> tuple[Float32[np.ndarray, "_ _"], NoiseModel]:
        """Grey picture and the noise model to judge it with (that of the first frame)."""
        pixels = self.linearise(picture)
        h, w, _ = pixels.shape
        small = cv2.resize(pixels, (w // 2, h // 2), interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(small[..., 1]), noise or estimate_rgb_noise(pixels)

    def begin(self, reference: Frame) -> None:
        """Takes the reference and measures its noise."""
        self._reference = reference
        self._linear = self.linearise(reference)
        if self._settings.noise is not None:
            self.noise, self.noise_from = self._settings.noise, "settings"
        else:
            self.noise = _with_rounding(estimate_rgb_noise(self._linear))
        self._result = self._linear

    def exposure_scale(self, picture: Picture) -> float:
        """1: only what is measured counts."""
        return 1.0

    def linearise(self, picture: Frame) -> Float32[np.ndarray, "h w 3"]:
        """Linear sRGB; an odd last row or column is doubled."""
        pixels = picture.in_space(ColourSpace.SRGB, "linear").pixels
        h, w = picture.shape
        if h % 2 or w % 2:
            pixels = np.pad(pixels, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge")
        return np.ascontiguousarray(pixels)

    def add(
        self, linear: Float32[np.ndarray, "h w 3"], alignment: Alignment, brightness: float
    ) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame; returns its weights."""
        if self._merge is None:
            self._merge = RgbMerge(self._linear, self.noise)
        if abs(brightness - 1) > 1e-3:
            linear = linear * np.float32(brightness)
        return self._merge.add(linear, alignment)

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""
        if self._merge is not None:
            self._result, share = self._merge.finish()
            self.share = float(share.mean())
            self._merge = None

    def render(self, watch: Stopwatch) -> Frame:
        """Linear sRGB, or the gentle rendering of what was rendered once before."""
        with watch("render"):
            return self._render(self._result)

    def render_reference(self) -> Frame:
        """The reference alone."""
        return self._render(self._linear)

    def _render(self, pixels: Float32[np.ndarray, "h w 3"]) -> Frame:
        h, w = self._reference.shape
        linear = Frame(
            pixels=np.ascontiguousarray(pixels[:h, :w]),
            space=ColourSpace.SRGB,
            transfer="linear",
            white="display white",
            metadata=self._reference.metadata,
            provenance=self._reference.provenance,
        )
        if self._settings.render == "linear":
            return linear
        picture = render_display(
            linear.pixels, look=self._settings.look, metadata=linear.metadata, provenance=linear.provenance
        )
        return upright(picture)
