"""From demosaiced camera RGB to a finished picture, or to exact linear light."""

from __future__ import annotations

import math
from functools import partial

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import CameraColour, ColourSpace, ContractError, Frame, Metadata, NoiseModel
from catchlight.core.camera_colour import Triple
from catchlight.core.colour import WHITE_D65
from catchlight.develop.auto_exposure import MID_GREY, auto_exposure
from catchlight.develop.gain_map import hdr_gain
from catchlight.develop.highlights import rebuild, surrounding_colour
from catchlight.develop.low_light_white import shown_white, tint
from catchlight.develop.natural_look import NaturalLook
from catchlight.develop.scene_light import luminance_of_one_cd_m2
from catchlight.develop.sharpen import noise_of_luma, sharpen
from catchlight.develop.tone_curve import filmic_tables, plain_tables
from catchlight.develop.tone_local import local_gain_ev, map_tones, plan_local_tone, shrink

_LUMA: Float64[np.ndarray, "3"] = np.array([0.2126, 0.7152, 0.0722])
# A picture that was finished once gets this share of the lift and of the sharpening that a RAW file gets.
_DISPLAY_SHADOWS, _DISPLAY_SHARPNESS = 0.25, 0.5


def render_natural(
    rgb: Float32[np.ndarray, "h w 3"],
    *,
    wb: Triple,
    colour: CameraColour,
    clip: float = 1.0,
    noise: NoiseModel | None = None,
    noise_scale: float = 1.0,
    scale: float = 1.0,
    look: NaturalLook | None = None,
    metadata: Metadata | None = None,
    provenance: tuple[str, ...] = (),
    with_gain_map: bool = False,
    in_place: bool = False,
) -> Frame:
    """A finished photo in encoded sRGB, 1 = display white.

    Clipped highlights are rebuilt, colours go through the camera's matrix, the scene gets an exposure (night stays
    night), local tone mapping and a film-like curve, colours beyond sRGB are drawn in, luma is sharpened.

    Args:
        rgb: linear camera RGB after white balance, black 0, channel c clipping at clip · wb[c].
        wb: the gains already applied, the smallest 1.
        colour: matrices of the camera. Without a neutral the white balance is taken for a guess from the picture, and
            low light keeps some warmth (see `NaturalLook.warmth`).
        clip: factor by which the largest value exceeds what one frame can hold, ≥ 1: more than 1 for merged exposures.
        noise: noise of one photosite before white balance, normalised; None when unknown.
        noise_scale: standard deviation left after merging and denoising, as a share of `noise`.
        scale: pixels of the picture per pixel of the sensor; sets the radius of sharpening.
        look: the dials; None for the defaults.
        metadata: exposure, ISO and aperture help to tell day from night; carried into the frame.
        provenance: lines of the steps before.
        with_gain_map: also tell how a display with headroom shows what is brighter than white (see `hdr_gain`).
        in_place: the result takes the place of `rgb`, which the caller gives up: a third of the memory less.

    Raises:
        ContractError: gains or noise in other units than said above, or a clip below 1.
    """
    look, metadata = look or NaturalLook(), metadata or Metadata()
    if not (math.isfinite(clip) and clip >= 1):
        raise ContractError(f"clip is the largest value against one frame's, ≥ 1; found {clip}")
    matrix = _matrix(wb, colour)
    slope, read = _luminance_noise(matrix, wb, noise, noise_scale)
    out = rgb if in_place else np.empty_like(rgb)
    prior = surrounding_colour(rgb, wb=wb, clip=clip)
    whole = rgb if prior is None else rebuild(rgb, prior, wb=wb, clip=clip, out=out)
    small = shrink(whole, matrix)
    one_cd_m2 = luminance_of_one_cd_m2(metadata)
    warm = _low_light_tint(wb, colour, look, one_cd_m2, float(small.brightness.mean(dtype=np.float64)))
    if warm is not None:
        matrix = warm @ matrix
        small = shrink(whole, matrix)
    exposure = auto_exposure(
        small.brightness,
        small.peak,
        clip=clip * max(wb),
        highlights=clip,
        dark_noise=math.sqrt(read),
        metadata=metadata,
    )
    gain_ev = exposure.gain_ev + look.exposure_ev
    # Darkened by the dial, the scene's white goes along; brightened, half of it may run into white.
    white = max(1.0, exposure.white * 2.0 ** (look.exposure_ev * (0.5 if look.exposure_ev > 0 else 1.0)))
    white_ev = math.log2(white)
    plan = partial(
        plan_local_tone,
        small,
        gain_ev=gain_ev,
        black=exposure.black,
        shadows=look.shadows,
        saturation=look.saturation,
        noise=(slope, read),
        one_cd_m2=one_cd_m2,
    )
    tone = plan(white_ev=white_ev)
    # The curve's white is where the local gain leaves the scene's white.
    held_ev = float(local_gain_ev(np.array([white_ev - math.log2(MID_GREY)]), white_ev=white_ev, shadows=0.0)[0])
    tables = filmic_tables(white=max(1.0, 2.0 ** (white_ev + held_ev)), contrast=look.contrast)
    gains = hdr_gain(whole, matrix, tone, tables, unheld=plan(white_ev=0.0)) if with_gain_map else None
    luma, sigma = map_tones(whole, matrix, tone, tables, out=out)
    sharpen(out, luma, sigma, sharpness=look.sharpness, scale=scale, out=out)
    rebuilt = () if prior is None else ("clipped highlights rebuilt",)
    return Frame(
        pixels=out,
        space=ColourSpace.SRGB,
        transfer="srgb",
        white="display white",
        metadata=metadata,
        provenance=(*provenance, *rebuilt, f"natural rendering, exposure {gain_ev:+.1f} EV, white {white_ev:+.1f} EV"),
        gain_map=gains,
    )


def render_linear(
    rgb: Float32[np.ndarray, "h w 3"],
    *,
    wb: Triple,
    colour: CameraColour,
    metadata: Metadata | None = None,
    provenance: tuple[str, ...] = (),
) -> Frame:
    """The exact camera matrix and nothing else: linear sRGB, 1 = clip of the channel with the smallest gain.

    Values below 0 (noise, gamut) and above 1 (highlights of the other channels) are kept. Arguments as for
    `render_natural`.
    """
    pixels = cv2.transform(rgb, _matrix(wb, colour).astype(np.float32))
    return Frame(
        pixels=pixels,
        space=ColourSpace.SRGB,
        transfer="linear",
        white="sensor clip",
        metadata=metadata or Metadata(),
        provenance=(*provenance, "camera matrix → linear sRGB"),
    )


def render_display(
    rgb: Float32[np.ndarray, "h w 3"],
    *,
    look: NaturalLook | None = None,
    metadata: Metadata | None = None,
    provenance: tuple[str, ...] = (),
) -> Frame:
    """Encoded sRGB of a picture that was finished before (JPEG, HEIC): it keeps its exposure, colours and contrast.

    Args:
        rgb: linear sRGB, display white 1.
        look: the dials, of which contrast does nothing here; lift and sharpening are much milder than for RAW.
        metadata: carried into the frame.
        provenance: lines of the steps before.
    """
    look = look or NaturalLook()
    identity = np.eye(3)
    tone = plan_local_tone(
        shrink(rgb, identity),
        gain_ev=look.exposure_ev,
        black=0.0,
        white_ev=0.0,
        shadows=_DISPLAY_SHADOWS * look.shadows,
        saturation=look.saturation,
    )
    out = np.empty_like(rgb)
    luma, sigma = map_tones(rgb, identity, tone, plain_tables(), out=out)
    sigma.fill(noise_of_luma(luma))
    sharpen(out, luma, sigma, sharpness=_DISPLAY_SHARPNESS * look.sharpness, out=out)
    return Frame(
        pixels=out,
        space=ColourSpace.SRGB,
        transfer="srgb",
        white="display white",
        metadata=metadata or Metadata(),
        provenance=(*provenance, "gentle rendering of a finished picture"),
    )


def _matrix(wb: Triple, colour: CameraColour) -> Float64[np.ndarray, "3 3"]:
    if not (all(math.isfinite(g) and g > 0 for g in wb) and abs(min(wb) - 1) < 1e-3):
        raise ContractError(f"white balance gains are three finite numbers of which the smallest is 1; found {wb}")
    neutral = (wb[1] / wb[0], 1.0, wb[1] / wb[2])
    return colour.rgb_from_camera(ColourSpace.SRGB, neutral)


def _low_light_tint(
    wb: Triple, colour: CameraColour, look: NaturalLook, one_cd_m2: float | None, mean: float
) -> Float64[np.ndarray, "3 3"] | None:
    """The warmth that dim scenes keep, as a matrix on linear sRGB; None where they keep none."""
    warmth = min(max(look.warmth + (1.0 if colour.neutral is None else 0.0), 0.0), 1.0)
    if one_cd_m2 is None or warmth <= 0 or (colour.matrix_1 is None and colour.matrix_2 is None):
        return None
    light = colour.white_xy((wb[1] / wb[0], 1.0, wb[1] / wb[2]))
    white = shown_white(light, luminance_cd_m2=one_cd_m2 * max(mean, 0.0), warmth=warmth)
    return None if white == WHITE_D65 else tint(white)


def _luminance_noise(
    matrix: Float64[np.ndarray, "3 3"], wb: Triple, noise: NoiseModel | None, scale: float
) -> tuple[float, float]:
    """(A, B) such that the luminance noise of a grey surface has variance A · luminance + B."""
    if noise is None:
        return 0.0, 0.0
    if noise.domain != "normalised":
        raise ContractError("rendering takes a normalised noise model; found one in DN; call its to_normalised first")
    gains = np.asarray(wb)
    share = (_LUMA @ matrix) ** 2 * scale**2
    return float(share @ (gains * noise.shot)), float(share @ (gains**2 * noise.read))
