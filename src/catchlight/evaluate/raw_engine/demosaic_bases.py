"""Demosaicing as others do it, of any Bayer order: without noise in encoded values, with it from a noisy frame."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from catchlight.camera import interpolate_cfa, interpolate_mosaic
from catchlight.core import CfaPattern, LinearMosaic, RawFrame
from catchlight.io import write_dng_cfa
from catchlight.models.raw_engine.curve import EngineCurve

Picture = Float32[np.ndarray, "h w 3"]
Interpolation = Callable[[Float32[np.ndarray, "h w"], CfaPattern], Picture]

MENON, MALVAR, BILINEAR, CLASSICAL = "Menon 2007", "Malvar 2004", "bilinear", "catchlight demosaic"
AHD = "LibRaw AHD"


@cache
def interpolations() -> dict[str, Interpolation]:
    """Name → demosaicing of a mosaic with values 0…1; those of others need the extra `bench`."""
    found: dict[str, Interpolation] = {CLASSICAL: interpolate_cfa}
    peers = _colour_demosaicing()
    if peers is not None:
        found[MENON] = _of(peers.demosaicing_CFA_Bayer_Menon2007)
        found[MALVAR] = _of(peers.demosaicing_CFA_Bayer_Malvar2004)
        found[BILINEAR] = _of(peers.demosaicing_CFA_Bayer_bilinear)
    return found


def noisy_bases() -> dict[str, Callable[[RawFrame, LinearMosaic], Picture]]:
    """Name → white-balanced camera RGB of one noisy frame, its noise left in."""
    found: dict[str, Callable[[RawFrame, LinearMosaic], Picture]] = {}
    if MENON in interpolations():
        found[MENON] = lambda raw, linear: under_root(linear, interpolations()[MENON])
    found[CLASSICAL] = lambda raw, linear: interpolate_mosaic(linear)
    found[AHD] = lambda raw, linear: libraw_ahd(raw)
    return found


def under_root(linear: LinearMosaic, work: Interpolation) -> Picture:
    """Interpolated where noise is even, as Catchlight's own demosaicing is: worth a decibel and more to each."""
    curve = EngineCurve.of(linear.noise)
    return curve.inverse(work(curve.forward(linear.values), linear.cfa))


def libraw_ahd(raw: RawFrame) -> Picture:
    """White-balanced camera RGB as LibRaw's AHD makes it of the frame's DNG: linear, 1 is white, gains ≥ 1.

    Source: Hirakawa & Parks 2005, "Adaptive homogeneity-directed demosaicing algorithm", as LibRaw has it. It clips
    what noise takes below black.
    """
    import rawpy

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.dng"
        write_dng_cfa(path, raw, compress=False)
        with rawpy.imread(str(path)) as file:
            rgb = file.postprocess(
                demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD, use_camera_wb=True, output_color=rawpy.ColorSpace.raw,
                gamma=(1, 1), no_auto_bright=True, adjust_maximum_thr=0.0, output_bps=16, user_flip=0,
                highlight_mode=rawpy.HighlightMode.Clip,
            )  # fmt: skip
    return np.asarray(rgb, np.float32) / np.float32(65535)


def _of(work: Callable[..., np.ndarray]) -> Interpolation:
    return lambda mosaic, cfa: np.asarray(work(mosaic.astype(np.float64), cfa.name), np.float32)


def _colour_demosaicing() -> Any | None:
    try:
        with warnings.catch_warnings():
            # It tells of its own optional parts.
            warnings.simplefilter("ignore")
            import colour_demosaicing
    except ImportError:
        return None
    return colour_demosaicing
