"""RAW frames: linear, white-balanced mosaics are merged, cleaned, demosaiced and rendered."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment, MosaicMerge, grey_noise_variance, grey_pyramid, sharpness
from catchlight.camera import estimate_mosaic_noise, interpolate_cfa
from catchlight.core import GREEN, Frame, LinearMosaic, NoiseModel, RawFrame
from catchlight.core.camera_colour import Triple
from catchlight.develop import (
    NaturalLook,
    add_burst_detail,
    auto_white_balance,
    denoise_mosaic,
    linearise,
    render_linear,
    render_natural,
    residual_share,
)
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings, NoiseFrom
from catchlight.pipelines.stopwatch import Stopwatch
from catchlight.pipelines.upright import upright


class MosaicBurst:
    """One RAW burst, or a single RAW, in development; see `BurstInProgress`."""

    def __init__(self, reference: RawFrame, settings: DevelopSettings) -> None:
        self._reference, self._settings = reference, settings
        self.noise, self.noise_from = noise_of(reference, settings)
        self._gains = self._white_balance(reference)
        self._linear = linearise(reference, noise=self.noise, gains=self._gains)
        self._merge: MosaicMerge | None = None
        self.merged: LinearMosaic | None = None
        self.share = 1.0
        self._frames, self._detailed = 1, False

    def grey(self, linear: LinearMosaic | None = None) -> list[Float32[np.ndarray, "_ _"]]:
        """Grey pyramid of a frame, or of the reference."""
        return grey_pyramid(linear or self._linear)

    def grey_variance(self) -> float:
        """Noise variance of the reference's finest grey picture."""
        return grey_noise_variance(self.grey()[0], self._linear.noise)

    def exposure_scale(self, picture: Picture) -> float | None:
        """Factor from the files' own exposure that brings a frame to the reference's; None when they do not tell."""
        return self._reference.metadata.light_ratio(picture.metadata)

    def linearise(self, picture: RawFrame) -> LinearMosaic:
        """Another frame, brought to the reference's white balance and stated exposure."""
        noise = self.noise if self._settings.noise is not None else _stated_noise(picture) or self.noise
        return linearise(picture, noise=noise, gains=self._gains, exposure_scale=self.exposure_scale(picture) or 1.0)

    def add(self, linear: LinearMosaic, alignment: Alignment, brightness: float) -> Float32[np.ndarray, "_ _"]:
        """Merges one frame, made `brightness` times as bright; returns its weights."""
        if self._merge is None:
            self._merge = MosaicMerge(self._linear)
        if abs(brightness - 1) > 1e-3:
            linear = replace(
                linear,
                values=linear.values * np.float32(brightness),
                noise=linear.noise.scaled(brightness),
                exposure=linear.exposure * brightness,
            )
        # At the same signal: what the two would make of the reference's typical sample.
        level = max(self._linear.typical_level(), 1e-4)
        mine, theirs = (
            sum(n.variance(level, channel=c) for c in (0, 1, 1, 2)) + 1e-12 for n in (self._linear.noise, linear.noise)
        )
        self._frames += 1
        return self._merge.add(linear, alignment, noise_ratio=float(np.clip(theirs / mine, 1 / 64, 64)))

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
            self.merged = replace(self.merged, detail=None)
            return None
        with watch("denoise"):
            clean = denoise_mosaic(self.merged, strength=self._settings.denoise)
        with watch("demosaic"):
            rgb = _demosaic(clean, self.share)
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
        return self._render(_demosaic(self._linear, 1.0), look, ())

    def _render(self, rgb: Float32[np.ndarray, "h w 3"], look: NaturalLook, steps: tuple[str, ...]) -> Frame:
        reference, settings = self._reference, self._settings
        if settings.camera is not None:
            rgb = settings.camera.without_shading(rgb)
        if settings.render == "linear":
            return render_linear(
                rgb, wb=self._gains, colour=reference.colour, metadata=reference.metadata, provenance=steps
            )
        left = self.share * residual_share(settings.denoise)
        picture = render_natural(
            rgb,
            wb=self._gains,
            colour=reference.colour,
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
        camera = self._settings.camera
        if camera is not None:
            shaded = camera.shading and camera.profile.shading is not None
            steps.append(f"camera profile {camera.profile.name}" + (", shading corrected" if shaded else ""))
        if self._frames > 1:
            steps.append(f"{self._frames} frames merged, {self.share:.3f} of the noise variance left")
        if self._settings.denoise > 0:
            steps.append(f"noise removed on the mosaic, strength {self._settings.denoise:g}")
        steps.append("demosaiced" + (", detail from the shake of the burst added" if self._detailed else ""))
        return tuple(steps)

    def _white_balance(self, raw: RawFrame) -> Triple:
        if raw.colour.neutral is not None:
            return raw.colour.white_balance()
        if self._settings.render != "natural":
            # What is measured must not depend on a guess.
            return 1.0, 1.0, 1.0
        plain = linearise(raw, noise=self.noise, gains=(1.0, 1.0, 1.0))
        h, w = raw.shape
        quads = np.zeros((h // 2, w // 2, 3), np.float32)
        for colour, plane in raw.cfa.planes:
            quads[..., colour] += plain.values[plane] * (0.5 if colour == GREEN else 1.0)
        return auto_white_balance(quads)


def mosaic_sharpness(raw: RawFrame, settings: DevelopSettings, fallback: NoiseModel | None) -> tuple[float, NoiseModel]:
    """Sharpness of a RAW frame, and the noise it was judged with: its own, else `fallback`, else an estimate."""
    noise = _stated_noise(raw) if settings.noise is None else settings.noise
    if noise is None:
        noise = fallback or noise_of(raw, settings)[0]
    h, w = raw.shape
    grey = cv2.resize(raw.mosaic, (w // 2, h // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey -= np.float32(sum(raw.black_dn) / 4)
    grey *= np.float32(1 / raw.range_dn)
    return sharpness(grey, noise_variance=grey_noise_variance(grey, noise)), noise


def noise_of(raw: RawFrame, settings: DevelopSettings) -> tuple[NoiseModel, NoiseFrom]:
    """Normalised noise of one frame: from the settings, else from the camera profile or the file, else estimated."""
    if settings.noise is not None:
        return settings.noise, "settings"
    stated = _stated_noise(raw)
    if stated is not None:
        return stated, "file" if settings.camera is None else "camera profile"
    none = NoiseModel.same(shot=0.0, read=0.0)
    plain = linearise(raw, noise=none, gains=(1.0, 1.0, 1.0), repair_defects=False)
    return estimate_mosaic_noise(plain.values, raw.cfa), "estimate"


def _demosaic(mosaic: LinearMosaic, share: float) -> Float32[np.ndarray, "h w 3"]:
    return interpolate_cfa(mosaic.values, mosaic.cfa, noise_variance=mosaic.typical_variance() * share)


def _stated_noise(raw: RawFrame) -> NoiseModel | None:
    """The file's own noise model, normalised; None where it has none, or one that says there is no noise."""
    if raw.noise is None or not any(v > 0 for v in (*raw.noise.shot, *raw.noise.read)):
        return None
    return raw.noise.to_normalised(range_dn=raw.range_dn)
