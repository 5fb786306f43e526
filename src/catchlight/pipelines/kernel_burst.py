"""RAW frames with other filters than Bayer's: kernel regression makes three colours of the mosaics, one or many."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, grey_noise_variance, grey_pyramid
from catchlight.burst.regress import HeldFrame, Shrink, Step, coarse_colours, refine
from catchlight.burst.regress.frame_trust import frame_trust_of
from catchlight.core import Frame, LinearMosaic, RawFrame
from catchlight.develop.denoise_dct import LAMBDA, residual_share, shrink_blocks
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings
from catchlight.pipelines.raw_rendering import RawRendering, at_exposure
from catchlight.pipelines.stopwatch import Stopwatch

# Photosites in a row that see one colour; the kernels must reach beyond them.
_BLOCK = {"QUAD": 2, "NONA": 3}
# A picture of one frame lacks detail that the others have: they may differ by this part of its local range.
_OTHER_DETAIL = 0.5
# More frames than this would not fit beside the picture in the memory of a small computer.
_MOST_FRAMES = 16
# Variance of a cleaned picture of one frame, and of a merged one before its last step, as parts of a sample's.
_ONE_SHARE, _MERGED_SHARE = 0.3, 0.15

Pixels = Float32[np.ndarray, "h w 3"]


class KernelBurst:
    """One burst of X-Trans, Quad-Bayer, nona or monochrome frames, or a single one; see `BurstInProgress`."""

    def __init__(self, reference: RawFrame, settings: DevelopSettings) -> None:
        self._raw, self._settings = RawRendering(reference, settings), settings
        self.noise, self.noise_from = self._raw.noise, self._raw.noise_from
        linear = self._raw.linear
        assert linear is not None
        self._linear = linear
        self._mono = linear.cfa.name == "MONO"
        self._block = _BLOCK.get(linear.cfa.name[:4], 1)
        self._held = [HeldFrame.of(linear, Alignment.identity(linear.shape))]
        self._trusts: list[Float32[np.ndarray, "_ _"]] = []
        self._one: Pixels | None = None
        self._rgb: Pixels | None = None
        self.camera_rgb: Pixels | None = None
        self.merged: LinearMosaic | None = None
        self.share = 1.0

    def grey(self, linear: LinearMosaic | None = None) -> list[Float32[np.ndarray, "_ _"]]:
        """Grey pyramid of a frame, or of the reference."""
        return grey_pyramid(coarse_colours(linear or self._linear))

    def grey_variance(self) -> float:
        """Noise variance of the reference's finest grey picture, at most."""
        return grey_noise_variance(self.grey()[0], self._linear.noise)

    def exposure_scale(self, picture: Picture) -> float | None:
        """Factor from the files' own exposure that brings a frame to the reference's; None when they do not tell."""
        return self._raw.exposure_scale(picture)

    def linearise(self, picture: RawFrame) -> LinearMosaic:
        """Another frame, brought to the reference's white balance and stated exposure."""
        return self._raw.linearise(picture)

    def add(self, linear: LinearMosaic, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Takes one frame, made `brightness` times as bright; returns its weights."""
        if self._one is None:
            self._one = self._from_reference()
        held = HeldFrame.of(at_exposure(linear, brightness), alignment)
        weights = frame_trust_of(held, self._one, share=_ONE_SHARE, detail=_OTHER_DETAIL)
        if len(self._held) < _MOST_FRAMES:
            self._held.append(held)
            self._trusts.append(weights)
        return weights

    def finish_merge(self) -> None:
        """Makes three colours of all frames, at the scale that is asked for, and frees them."""
        linear, one = self._linear, self._one if self._one is not None else self._from_reference()
        self._one = None
        h, w = linear.shape
        total = np.ones((h // 2, w // 2), np.float32)
        for weights in self._trusts:
            total += weights
        share = 1 / total
        self.share = float(share.mean())
        scale, one = self._settings.scale, self._scaled(one)
        self._rgb = self._merged(one, scale) if self._trusts else one
        values = linear.values
        if self._trusts and scale == 1:
            values = linear.cfa.sample(self._rgb)
        self.merged = LinearMosaic(values=values, cfa=linear.cfa, gains=linear.gains, noise=linear.noise, share=share)
        self._held = self._held[:1]

    def render(self, watch: Stopwatch) -> Frame | None:
        """The picture; None where only the mosaic is asked for."""
        assert self._rgb is not None
        if self._settings.render == "mosaic":
            self.camera_rgb = self._rgb if self._settings.scale != 1 else None
            return None
        steps = self._raw.first_steps()
        if self._trusts:
            steps.append(f"{len(self._trusts) + 1} frames merged by kernel regression from their mosaics")
        else:
            steps.append("three colours by kernel regression from the mosaic")
        if self._settings.scale != 1:
            steps.append(f"at {self._settings.scale:g} times the sensor's sampling")
        left = self.share * residual_share(self._settings.denoise)
        with watch("render"):
            rgb, self._rgb = self._rgb, None
            return self._raw.render(rgb, look=self._settings.look, steps=tuple(steps), noise_left=left)

    def render_reference(self) -> Frame | None:
        """The reference alone, three colours made of its mosaic and its noise left in."""
        if self._settings.render == "mosaic":
            return None
        # Toned like the result, so that only noise and detail differ, and not sharpened: that would feed on the noise.
        look = replace(self._settings.look, sharpness=0.0)
        rgb = self._scaled(self._from_reference(clean=False))
        noise_left = residual_share(self._settings.denoise) * self.share
        return self._raw.render(rgb, look=look, steps=(), noise_left=noise_left)

    def _from_reference(self, *, clean: bool = True) -> Pixels:
        rgb = coarse_colours(self._linear)
        frames = self._held[:1]
        work = partial(refine, rgb, frames, scale=1.0, share=0.0, shrink=self._shrink(LAMBDA) if clean else None)
        if self._mono:
            # Every place has its own sample: none is interpolated, only noise removed.
            work(Step(support=1.0, shared=True, prior=0.01))
        else:
            work(Step(support=1.5, shared=True))
            if self._block == 1:
                work(Step(support=2.5 + self._block))
                work(Step(support=1.5, shared=True))
        return rgb

    def _merged(self, one: Pixels, scale: float) -> Pixels:
        """All frames: first their broad colours, then the detail that the colours share, then each colour's own."""
        rgb = np.zeros_like(one)
        work = partial(refine, rgb, self._held, scale=scale)
        wide = 1.5 if self._mono else 2.5 + self._block
        work(
            Step(support=wide, shared=self._mono, prior=1e-3, detail=_OTHER_DETAIL),
            share=_ONE_SHARE, shrink=None, guide=one,
        )  # fmt: skip
        shrink = self._shrink(LAMBDA)
        work(Step(support=1.0, shared=True, detail=_OTHER_DETAIL), share=_ONE_SHARE, shrink=shrink, guide=one)
        if not self._mono:
            work(Step(support=1.0 + self._block), share=_MERGED_SHARE, shrink=shrink)
        work(Step(support=1.0, shared=True), share=_MERGED_SHARE, shrink=shrink)
        return rgb

    def _scaled(self, rgb: Pixels) -> Float32[np.ndarray, "rows columns 3"]:
        h, w, _ = rgb.shape
        scale = self._settings.scale
        if scale == 1:
            return rgb
        return cv2.resize(rgb, (round(w * scale), round(h * scale)), interpolation=cv2.INTER_CUBIC)

    def _shrink(self, threshold: float) -> Shrink | None:
        strength = self._settings.denoise
        if strength <= 0 or self._settings.render == "mosaic":
            return None
        return partial(shrink_blocks, threshold=threshold * strength, stride=8)
