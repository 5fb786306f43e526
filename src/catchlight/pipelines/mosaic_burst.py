"""RAW frames of a Bayer sensor: merged, cleaned, demosaiced, refined by what shake has revealed, and rendered."""

from __future__ import annotations

import heapq
from dataclasses import replace
from functools import partial

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, MosaicMerge, grey_noise_variance, grey_pyramid
from catchlight.burst.exposure.exposure_merge import ExposureMerge
from catchlight.burst.light.flicker import RowGains, with_row_gains
from catchlight.burst.merge.lattice_news import lattice_news
from catchlight.burst.regress import HeldFrame, Step, refine
from catchlight.camera import interpolate_mosaic
from catchlight.core import Frame, LinearMosaic, RawFrame
from catchlight.develop import chroma_noise, clean_chroma, denoise_mosaic, residual_share
from catchlight.develop.denoise_dct import shrink_blocks
from catchlight.models.raw_engine import load_raw_engine
from catchlight.pipelines.burst_doubts import blur_note
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings
from catchlight.pipelines.raw_rendering import RawRendering, at_exposure
from catchlight.pipelines.stopwatch import Stopwatch

# Frames that are kept for the refinement, the reference included: those that agree with it most. All frames take part
# in the merge; more of them here add memory, and little that eight do not tell. No more than this many bytes of them,
# at two a sample: eight frames of 16 megapixels, five of 24, so that a burst of 24 needs no more than 1.2 GB.
_HELD_FRAMES, _HELD_BYTES = 8, 256_000_000
# Frames whose exposure differs by less are as good as equal.
_EQUAL_EV = 1 / 6
# The steps of the refinement. At the sensor's own sampling each colour's own samples fill what demosaicing guessed; at
# a higher one the colours first share the finest detail.
_STEPS = (Step(support=1.5),)
_SHARED = Step(support=1.0, shared=True)
_STEPS_SCALED = (_SHARED, _SHARED, Step(support=1.5), _SHARED, _SHARED, _SHARED)
# Mean news (see `lattice_news`) of the held frames below which a burst stood still: they say nothing that the merge of
# their mosaics does not, and what little noise they would add is seen (0.4 dB at gain 16).
_LEAST_NEWS = 0.1
# Shrinkage of what is added: more than for a mosaic, as most of it is noise; at the noise (deviation over signal) of
# the second pair the step from there to full. Measured at gains 1 and 16: smooth pictures gain 1 dB, textured lose 0.1.
_LAMBDA, _LAMBDA_ADDED, _LAMBDA_ADDED_SCALED = 2.4, 0.4, 1.2
_QUIET_NOISE, _STRONG_NOISE = 0.03, 0.12
# The refinement adds colour noise that cleaning does not expect: it expects this many times the variance then. Of
# 2 and 4 the latter is better: shown, dark and smooth pictures gain 0.7 to 1 dB at gain 16, leaves and flowers none.
_CHROMA_REFINED = 4.0

Pixels = Float32[np.ndarray, "h w 3"]


class MosaicBurst:
    """One Bayer burst, or a single RAW, in development; see `BurstInProgress`.

    Args:
        reference: the frame that gives geometry and exposure.
        settings: dials.
        mixed: the frames were exposed differently: they are merged into more light and shade than one frame holds.
    """

    def __init__(self, reference: RawFrame, settings: DevelopSettings, *, mixed: bool = False) -> None:
        self._raw, self._settings = RawRendering(reference, settings), settings
        self.noise, self.noise_from = self._raw.noise, self._raw.noise_from
        self._linear: LinearMosaic | None = self._raw.linear
        self._mixed = mixed
        self._merge: MosaicMerge | ExposureMerge | None = None
        self._bands: RowGains | None = None
        self.merged: LinearMosaic | None = None
        self.camera_rgb: Pixels | None = None
        self.share = 1.0
        # (mean weight, index, frame) of the others that are kept; the least trusted first.
        self._held: list[tuple[float, int, HeldFrame]] = []
        self._first: HeldFrame | None = None
        self._frames, self._refined = 1, False

    def grey(self, linear: LinearMosaic | None = None) -> list[Float32[np.ndarray, "_ _"]]:
        """Grey pyramid of a frame, or of the reference."""
        return grey_pyramid(linear or self._still())

    def grey_variance(self) -> float:
        """Noise variance of the reference's finest grey picture."""
        return grey_noise_variance(self.grey()[0], self._still().noise)

    def exposure_scale(self, picture: Picture) -> float | None:
        """Factor from the files' own exposure that brings a frame to the reference's; None when they do not tell."""
        return self._raw.exposure_scale(picture)

    def linearise(self, picture: RawFrame) -> LinearMosaic:
        """Another frame, brought to the reference's white balance and stated exposure."""
        return self._raw.linearise(picture)

    def add(self, linear: LinearMosaic, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame, made `brightness` times as bright; returns its weights."""
        still = self._still()
        linear = at_exposure(linear, brightness)
        self._frames += 1
        if self._mixed:
            if not isinstance(self._merge, ExposureMerge):
                self._merge = ExposureMerge(still)
            weights = self._merge.add(linear, alignment)
            if abs(np.log2(linear.exposure)) < _EQUAL_EV:
                self._hold(linear, alignment, float(weights.mean()))
            return weights
        if not isinstance(self._merge, MosaicMerge):
            self._merge = MosaicMerge(still)
        # At the same signal: what the two would make of the reference's typical sample.
        level = max(still.typical_level(), 1e-4)
        mine, theirs = (
            sum(n.variance(level, channel=c) for c in (0, 1, 1, 2)) + 1e-12 for n in (still.noise, linear.noise)
        )
        weights = self._merge.add(linear, alignment, noise_ratio=float(np.clip(theirs / mine, 1 / 64, 64)))
        self._hold(linear, alignment, float(weights.mean()))
        return weights

    def even_out(self, bands: RowGains) -> None:
        """The reference's own bands of flicker, to be taken out of the result."""
        self._bands = bands

    def blur_note(self, frames: int) -> str | None:
        """The note that the reference, the sharpest of so many frames, is blurred; None when it is not."""
        return blur_note(self._still(), frames)

    def finish_merge(self) -> None:
        """Closes the merge and frees what it held."""
        if self._held and self._mean_news() < _LEAST_NEWS:
            self._held = []
        if self._held:
            still = self._still()
            self._first = HeldFrame.of(still, Alignment.identity(still.shape), clips=self._mixed)
        self.merged = self._merge.finish() if self._merge is not None else self._still()
        self._merge = None
        if self.merged is not self._linear:
            # A full-size picture less; `render_reference` makes it again in the rare case that it is asked for.
            self._linear = self._raw.linear = None
        if self.merged.share is not None:
            self.share = float(self.merged.share.mean())

    def render(self, watch: Stopwatch) -> Frame | None:
        """Noise removal, demosaicing, refinement and rendering of the merged mosaic."""
        assert self.merged is not None
        as_raw = self._settings.render == "mosaic"
        if as_raw and self._settings.scale == 1:
            if self._bands is not None:
                self.merged = with_row_gains(self.merged, self._bands)
            return None
        strength = 0.0 if as_raw else self._settings.denoise
        with watch("denoise"):
            colour_noise = chroma_noise(self.merged)
        rgb = self._scaled(self._demosaiced(strength, watch))
        if self._first is not None:
            with watch("refine"):
                self._refine(rgb, strength)
        if strength > 0:
            with watch("clean colours"):
                chroma = min(strength, 1.0) * (_CHROMA_REFINED if self._refined else 1.0)
                rgb = clean_chroma(rgb, colour_noise, strength=chroma, in_place=True)
        if self._bands is not None:
            rgb *= self._bands.for_height(rgb.shape[0])[:, None, None]
        if as_raw:
            self.camera_rgb = rgb
            return None
        with watch("render"):
            left = self.share * residual_share(self._settings.denoise)
            return self._raw.render(
                rgb, look=self._settings.look, steps=self._steps(), noise_left=left, clip=max(self.merged.exposure, 1.0)
            )

    def render_reference(self) -> Frame | None:
        """The reference alone, demosaiced and rendered, its noise left in: what the camera saw in one shot."""
        if self._settings.render == "mosaic":
            return None
        # Toned like the result, so that only noise and detail differ, and not sharpened: that would feed on the noise.
        look = replace(self._settings.look, sharpness=0.0)
        rgb = self._scaled(interpolate_mosaic(self._still()))
        noise_left = residual_share(self._settings.denoise) * self.share
        return self._raw.render(rgb, look=look, steps=(), noise_left=noise_left)

    def _demosaiced(self, strength: float, watch: Stopwatch) -> Pixels:
        """White-balanced camera RGB of the merged mosaic, noise removed."""
        assert self.merged is not None
        engine = self._settings.engine
        # An engine that is told of no noise where there is some takes it for detail.
        if engine != "classical" and strength > 0:
            with watch("RAW engine"):
                return load_raw_engine(engine).develop(self.merged, strength=strength)
        with watch("denoise"):
            clean = replace(denoise_mosaic(self.merged, strength=strength), exposure=self.merged.exposure)
        with watch("demosaic"):
            return interpolate_mosaic(clean)

    def _hold(self, linear: LinearMosaic, alignment: Alignment, trust: float) -> None:
        if self._settings.render == "mosaic" and self._settings.scale == 1:
            return
        # The reference is one of them. With one other at least, there is something to compare.
        most = max(min(_HELD_FRAMES, _HELD_BYTES // (2 * linear.values.size)) - 1, 1)
        if len(self._held) < most:
            heapq.heappush(self._held, (trust, self._frames, HeldFrame.of(linear, alignment, clips=self._mixed)))
        elif trust > self._held[0][0]:
            heapq.heapreplace(self._held, (trust, self._frames, HeldFrame.of(linear, alignment, clips=self._mixed)))

    def _mean_news(self) -> float:
        return float(np.mean([lattice_news(frame.alignment).mean() for _, _, frame in self._held]))

    def _refine(self, rgb: Pixels, strength: float) -> None:
        assert self._first is not None
        frames = [self._first, *(frame for _, _, frame in self._held)]
        scale = self._settings.scale
        # Most of what is added is noise even where the picture shall keep its own.
        shrink = partial(shrink_blocks, threshold=self._threshold() * (strength or 1.0), stride=8)
        for step in _STEPS if scale == 1 else _STEPS_SCALED:
            refine(rgb, frames, step, scale=scale, share=self.share, shrink=shrink)
        self._first, self._held, self._refined = None, [], True

    def _threshold(self) -> float:
        assert self.merged is not None
        noise = self.merged.typical_variance() ** 0.5 / max(self.merged.typical_level(), 1e-6)
        strong = float(np.clip((noise - _QUIET_NOISE) / (_STRONG_NOISE - _QUIET_NOISE), 0, 1))
        return _LAMBDA + strong * (_LAMBDA_ADDED if self._settings.scale == 1 else _LAMBDA_ADDED_SCALED)

    def _scaled(self, rgb: Pixels) -> Float32[np.ndarray, "_ _ 3"]:
        h, w, _ = rgb.shape
        scale = self._settings.scale
        if scale == 1:
            return rgb
        return cv2.resize(rgb, (round(w * scale), round(h * scale)), interpolation=cv2.INTER_CUBIC)

    def _still(self) -> LinearMosaic:
        """The reference alone."""
        return self._raw.linearise(self._raw.reference) if self._linear is None else self._linear

    def _steps(self) -> tuple[str, ...]:
        steps = self._raw.first_steps()
        if self._frames > 1:
            steps.append(f"{self._frames} frames merged, {self.share:.3f} of the noise variance left")
        if self._settings.denoise > 0 and self._settings.engine != "classical":
            how = f"the RAW engine ({self._settings.engine})"
            steps.append(f"noise removed and demosaiced by {how}, strength {self._settings.denoise:g}")
        else:
            if self._settings.denoise > 0:
                steps.append(f"noise removed on the mosaic, strength {self._settings.denoise:g}")
            steps.append("demosaiced")
        if self._refined:
            steps.append("refined by kernel regression from the frames' mosaics")
        if self._settings.scale != 1:
            steps.append(f"at {self._settings.scale:g} times the sensor's sampling")
        return tuple(steps)
