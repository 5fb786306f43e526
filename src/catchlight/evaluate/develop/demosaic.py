"""Demosaicing against its baselines, as the literature measures it: RGGB mosaics of finished photos."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Float64

from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.result_cache import Figures
from catchlight.measure import cpsnr
from catchlight.simulate import mirrored

CPSNR = "CPSNR"
BORDER_PX = 10
# The mosaic for the time: 12 megapixels.
_HEIGHT_PX, _WIDTH_PX = 3000, 4000
_RGGB = CfaPattern(name="RGGB")

Mosaic = Float32[np.ndarray, "h w"]
Method = Callable[[Mosaic], Float32[np.ndarray, "h w 3"]]


@cache
def _peers() -> Any | None:
    try:
        with warnings.catch_warnings():
            # It tells of its own optional parts.
            warnings.simplefilter("ignore")
            import colour_demosaicing
    except ImportError:
        return None
    return colour_demosaicing


def methods() -> dict[str, Method]:
    """Name → demosaicing of an RGGB mosaic with values 0…1; those that are not installed are missing."""
    found: dict[str, Method] = {"catchlight": lambda m: interpolate_cfa(m, _RGGB), "OpenCV VNG": _opencv_vng}
    peers = _peers()
    if peers is not None:
        found["Menon 2007 (DDFAPD)"] = lambda m: _single(peers.demosaicing_CFA_Bayer_Menon2007(_double(m), "RGGB"))
        found["Malvar 2004"] = lambda m: _single(peers.demosaicing_CFA_Bayer_Malvar2004(_double(m), "RGGB"))
        found["bilinear"] = lambda m: _single(peers.demosaicing_CFA_Bayer_bilinear(_double(m), "RGGB"))
    return found


def demosaic_scores(photo: Photo) -> Figures:
    """CPSNR in dB of every method on one photo: encoded values, 8 bits in and out, 10 px of border cut."""
    h, w = (side // 2 * 2 for side in photo.frame.shape)
    truth = _rounded(photo.frame.pixels[:h, :w])
    mosaic = _RGGB.sample(truth)
    return {name: cpsnr(_rounded(work(mosaic)), truth, border_px=BORDER_PX) for name, work in methods().items()}


def demosaic_times(photo: Photo, *, runs: int = 3) -> list[Row]:
    """Seconds for 12 MP, the best of `runs` (of two for Menon), and how many times faster Catchlight is than Menon."""
    scene = mirrored(photo.frame, height_px=_HEIGHT_PX, width_px=_WIDTH_PX)
    mosaic = _RGGB.sample(scene.pixels)
    known = methods()
    best = {name: _best_s(known[name], mosaic, runs) for name in ("catchlight", "OpenCV VNG")}
    menon = next((name for name in known if name.startswith("Menon")), None)
    if menon is not None:
        best[menon] = _best_s(known[menon], mosaic, min(runs, 2))
    case = f"{_WIDTH_PX}×{_HEIGHT_PX} mosaic"
    rows = [
        Row(method=m, case=case, metric="demosaic time", value=s, ci95=None, unit="s", higher_is_better=False)
        for m, s in best.items()
    ]
    if menon is not None:
        times = best[menon] / best["catchlight"]
        rows.append(
            Row(method="catchlight", case=case, metric="times faster than Menon", value=times, ci95=None, unit="×",
                higher_is_better=True)
        )  # fmt: skip
    return rows


def _best_s(work: Method, mosaic: Mosaic, runs: int) -> float:
    # Compiles, or loads, what the method needs before the clock runs.
    work(np.ascontiguousarray(mosaic[:64, :64]))
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        work(mosaic)
        best = min(best, time.perf_counter() - start)
    return best


def _opencv_vng(mosaic: Mosaic) -> Float32[np.ndarray, "h w 3"]:
    # OpenCV names a pattern by the second row's second and third photosite: its BG is RGGB. VNG takes 8 bits only.
    rgb = cv2.demosaicing(np.rint(np.clip(mosaic, 0, 1) * 255).astype(np.uint8), cv2.COLOR_BayerBG2RGB_VNG)
    return np.asarray(rgb, np.float32) / np.float32(255)


def _rounded(values: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    rounded: Float32[np.ndarray, "h w 3"] = np.rint(np.clip(values, 0, 1) * np.float32(255)) / np.float32(255)
    return rounded


def _double(mosaic: Mosaic) -> Float64[np.ndarray, "h w"]:
    return mosaic.astype(np.float64)


def _single(rgb: Float64[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w 3"]:
    return rgb.astype(np.float32)
