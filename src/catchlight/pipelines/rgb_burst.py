"""Frames that are RGB already (JPEG, HEIC, PNG, TIFF): merged in linear sRGB, rendered gently."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, RgbMerge, grey_noise_variance, grey_pyramid, sharpness
from catchlight.camera import estimate_rgb_noise
from catchlight.core import ColourSpace, Frame, InputError, LinearMosaic, NoiseModel
from catchlight.develop import NaturalLook, render_display
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings, NoiseFrom
from catchlight.pipelines.stopwatch import Stopwatch
from catchlight.pipelines.upright import upright

# Deviation that rounding and compression leave in an encoded sRGB value: 1.2 of 255 levels.
_ENCODED_ERROR = 1.2 / 255
# Frames smaller than this cannot be aligned.
_LEAST_SIDE_PX = 16

Pixels = Float32[np.ndarray, "h w 3"]


class RgbBurst:
    """One burst of RGB frames, or a single one, in development; see `BurstInProgress`."""

    merged: LinearMosaic | None = None
    camera_rgb: Pixels | None = None

    def __init__(self, reference: Frame, settings: DevelopSettings) -> None:
        if settings.scale != 1:
            raise InputError(
                "more pixels than the camera has come from RAW frames only; these are RGB: leave --scale out"
            )
        if settings.render == "mosaic":
            raise InputError("a mosaic (DNG) can be written from RAW frames only; these are RGB: choose .tif instead")
        self._settings = settings
        self._shape, self._metadata, self._provenance = reference.shape, reference.metadata, reference.provenance
        # How the camera meant its highlights to be shown still holds for a merge in the same geometry and tone.
        self._gain_map = reference.in_space(ColourSpace.SRGB, "linear").gain_map if settings.gain_map else None
        self._linear = self.linearise(reference)
        self.noise, self.noise_from = _noise_of(self._linear, settings)
        self._result, self.share = self._linear, 1.0
        self._merge: RgbMerge | None = None
        self._frames = 1

    def grey(self, linear: Pixels | None = None) -> list[Float32[np.ndarray, "_ _"]]:
        """Grey pyramid of a frame, or of the reference."""
        return grey_pyramid(self._linear if linear is None else linear)

    def grey_variance(self) -> float:
        """Noise variance of the reference's finest grey picture."""
        return grey_noise_variance(self.grey()[0], self.noise, rgb=True)

    def exposure_scale(self, picture: Picture) -> float | None:
        """None: phones brighten each JPEG by itself, so the stated exposure is no guide."""
        return None

    def linearise(self, picture: Frame) -> Pixels:
        """Linear sRGB; an odd last row or column is doubled."""
        pixels = picture.in_space(ColourSpace.SRGB, "linear").pixels
        h, w = picture.shape
        if h % 2 or w % 2:
            pixels = np.pad(pixels, ((0, h % 2), (0, w % 2), (0, 0)), mode="edge")
        return np.ascontiguousarray(pixels)

    def add(self, linear: Pixels, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame, made `brightness` times as bright; returns its weights."""
        if self._merge is None:
            self._merge = RgbMerge(self._linear, self.noise)
        if abs(brightness - 1) > 1e-3:
            linear = linear * np.float32(brightness)
        self._frames += 1
        return self._merge.add(linear, alignment)

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""
        if self._merge is not None:
            self._result, share = self._merge.finish()
            self.share = float(share.mean())
            self._merge = None

    def render(self, watch: Stopwatch) -> Frame:
        """Linear sRGB, or the gentle rendering of what was rendered once before."""
        steps = (f"{self._frames} frames merged, {self.share:.3f} of the noise variance left",)
        with watch("render"):
            return self._render(self._result, self._settings.look, steps if self._frames > 1 else ())

    def render_reference(self) -> Frame:
        """The reference alone."""
        return self._render(self._linear, self._settings.look, ())

    def _render(self, pixels: Pixels, look: NaturalLook, steps: tuple[str, ...]) -> Frame:
        h, w = self._shape
        pixels = np.ascontiguousarray(pixels[:h, :w])
        provenance = (*self._provenance, *steps)
        if self._settings.render == "natural":
            if self._gain_map is not None:
                provenance = (*provenance, "the gain map of the reference kept")
            shown = render_display(pixels, look=look, metadata=self._metadata, provenance=provenance)
            return upright(replace(shown, gain_map=self._gain_map))
        return Frame(
            pixels=pixels,
            space=ColourSpace.SRGB,
            transfer="linear",
            white="display white",
            metadata=self._metadata,
            provenance=provenance,
        )


def rgb_sharpness(frame: Frame, settings: DevelopSettings, fallback: NoiseModel | None) -> tuple[float, NoiseModel]:
    """Sharpness of an RGB frame, and the noise it was judged with: `fallback`, else the settings', else an estimate."""
    if min(frame.shape) < _LEAST_SIDE_PX:
        h, w = frame.shape
        raise InputError(f"frames of a burst are at least {_LEAST_SIDE_PX} px on each side; found {w}×{h}")
    pixels = frame.in_space(ColourSpace.SRGB, "linear").pixels
    noise = fallback or _noise_of(pixels, settings)[0]
    grey = grey_pyramid(pixels)[0]
    return sharpness(grey, noise_variance=grey_noise_variance(grey, noise, rgb=True)), noise


def _noise_of(pixels: Pixels, settings: DevelopSettings) -> tuple[NoiseModel, NoiseFrom]:
    if settings.noise is not None:
        return settings.noise, "settings"
    return _with_rounding(estimate_rgb_noise(pixels)), "estimate"


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
