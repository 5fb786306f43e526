"""What all RAW bursts share: noise and white balance of the reference, and its rendering."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst import grey_noise_variance, grey_pyramid, sharpness
from catchlight.burst.regress import coarse_colours
from catchlight.camera import estimate_mosaic_noise
from catchlight.core import Frame, LinearMosaic, NoiseModel, RawFrame
from catchlight.core.camera_colour import Triple
from catchlight.develop import NaturalLook, auto_white_balance, linearise, render_linear, render_natural
from catchlight.pipelines.burst_source import Picture
from catchlight.pipelines.development import DevelopSettings, NoiseFrom
from catchlight.pipelines.upright import upright


class RawRendering:
    """Everything about one reference frame that does not depend on how the burst is merged.

    Args:
        reference: the frame that gives geometry, exposure and colour.
        settings: dials.
    """

    def __init__(self, reference: RawFrame, settings: DevelopSettings) -> None:
        self.reference, self.settings = reference, settings
        self.noise, self.noise_from = noise_of(reference, settings)
        self.gains = self._white_balance(reference)
        self.linear: LinearMosaic | None = linearise(reference, noise=self.noise, gains=self.gains)

    def exposure_scale(self, picture: Picture) -> float | None:
        """Factor from the files' own exposure that brings a frame to the reference's; None when they do not tell."""
        return self.reference.metadata.light_ratio(picture.metadata)

    def linearise(self, picture: RawFrame) -> LinearMosaic:
        """Another frame, brought to the reference's white balance and stated exposure."""
        noise = self.noise if self.settings.noise is not None else stated_noise(picture) or self.noise
        return linearise(picture, noise=noise, gains=self.gains, exposure_scale=self.exposure_scale(picture) or 1.0)

    def render(
        self,
        rgb: Float32[np.ndarray, "h w 3"],
        *,
        look: NaturalLook,
        steps: tuple[str, ...],
        noise_left: float,
        clip: float = 1.0,
    ) -> Frame:
        """The picture of white-balanced camera RGB.

        Args:
            rgb: the reference's geometry, at any scale; given up by the caller.
            look: dials of the natural rendering.
            steps: what was done to it.
            noise_left: share of one frame's noise variance that is left in it.
            clip: largest value as a multiple of what one frame holds.
        """
        reference, settings = self.reference, self.settings
        if settings.camera is not None:
            rgb = settings.camera.without_shading(rgb)
        if settings.render == "linear":
            if clip > 1:
                # A file of 16 bits ends at 1: everything that the bracket saw lies below.
                rgb = rgb * np.float32(1 / clip)
                steps = (*steps, f"1.0 is {clip:.4g} times the reference's white")
            return render_linear(
                rgb, wb=self.gains, colour=reference.colour, metadata=reference.metadata, provenance=steps
            )
        picture = render_natural(
            rgb,
            wb=self.gains,
            colour=reference.colour,
            noise=self.noise,
            clip=clip,
            noise_scale=float(np.sqrt(noise_left)),
            scale=settings.scale,
            look=look,
            metadata=reference.metadata,
            provenance=steps,
            with_gain_map=settings.gain_map,
            in_place=True,
        )
        return upright(picture)

    def first_steps(self) -> list[str]:
        """Lines of what was done before merging."""
        balance = " ".join(f"{g:.3f}" for g in self.gains)
        steps = [f"linearised, white balance {balance}"]
        camera = self.settings.camera
        if camera is not None:
            shaded = camera.shading and camera.profile.shading is not None
            steps.append(f"camera profile {camera.profile.name}" + (", shading corrected" if shaded else ""))
        return steps

    def _white_balance(self, raw: RawFrame) -> Triple:
        if raw.colour.neutral is not None:
            return raw.colour.white_balance()
        if self.settings.render != "natural" or raw.cfa.name == "MONO":
            # What is measured must not depend on a guess.
            return 1.0, 1.0, 1.0
        plain = linearise(raw, noise=self.noise, gains=(1.0, 1.0, 1.0))
        return auto_white_balance(_colour_cells(plain), raw.colour)


def mosaic_sharpness(raw: RawFrame, settings: DevelopSettings, fallback: NoiseModel | None) -> tuple[float, NoiseModel]:
    """Sharpness of a RAW frame, and the noise it was judged with: its own, else `fallback`, else an estimate."""
    noise = stated_noise(raw) if settings.noise is None else settings.noise
    if noise is None:
        noise = fallback or noise_of(raw, settings)[0]
    grey = half_grey(raw)
    # The soft grey of other filters has next to no noise left.
    variance = grey_noise_variance(grey, noise) if raw.cfa.side <= 2 else 0.0
    return sharpness(grey, noise_variance=variance), noise


def half_grey(raw: RawFrame) -> Float32[np.ndarray, "_ _"]:
    """Half-size grey picture of a RAW frame, black 0 and a full photosite 1, not white-balanced."""
    h, w = raw.shape
    if raw.cfa.side > 2:
        none = NoiseModel.same(shot=0.0, read=0.0)
        plain = linearise(raw, noise=none, gains=(1.0, 1.0, 1.0), repair_defects=False)
        return grey_pyramid(coarse_colours(plain))[0]
    grey = cv2.resize(raw.mosaic, (w // 2, h // 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    grey -= np.float32(sum(raw.black_dn) / 4)
    grey *= np.float32(1 / raw.range_dn)
    return grey


def noise_of(raw: RawFrame, settings: DevelopSettings) -> tuple[NoiseModel, NoiseFrom]:
    """Normalised noise of one frame: from the settings, else from the camera profile or the file, else estimated."""
    if settings.noise is not None:
        return settings.noise, "settings"
    stated = stated_noise(raw)
    if stated is not None:
        return stated, "file" if settings.camera is None else "camera profile"
    none = NoiseModel.same(shot=0.0, read=0.0)
    plain = linearise(raw, noise=none, gains=(1.0, 1.0, 1.0), repair_defects=False)
    return estimate_mosaic_noise(plain.values, raw.cfa), "estimate"


def stated_noise(raw: RawFrame) -> NoiseModel | None:
    """The file's own noise model, normalised; None where it has none, or one that says there is no noise."""
    if raw.noise is None or not any(v > 0 for v in (*raw.noise.shot, *raw.noise.read)):
        return None
    return raw.noise.to_normalised(range_dn=raw.range_dn)


def at_exposure(linear: LinearMosaic, factor: float) -> LinearMosaic:
    """A frame made `factor` times as bright; the same object for a factor of about 1."""
    if abs(factor - 1) <= 1e-3:
        return linear
    return replace(
        linear,
        values=linear.values * np.float32(factor),
        noise=linear.noise.scaled(factor),
        exposure=linear.exposure * factor,
    )


def _colour_cells(mosaic: LinearMosaic) -> Float32[np.ndarray, "rows columns 3"]:
    """Mean of each colour over every whole tile of the filters."""
    side = mosaic.cfa.side
    h, w = (n // side * side for n in mosaic.shape)
    cells = np.zeros((h // side, w // side, 3), np.float32)
    counts = np.zeros(3)
    for colour, plane in mosaic.cfa.planes:
        cells[..., colour] += mosaic.values[:h, :w][plane]
        counts[colour] += 1
    cells /= counts.astype(np.float32)
    return cells
