"""Which denoiser, domain and strength is best for a demosaicing at a gain: found on other photos than are scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catchlight.evaluate.develop.part import fingerprint, loaded
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.code_of import prediction_code
from catchlight.evaluate.raw_engine.demosaic_bases import noisy_bases
from catchlight.evaluate.raw_engine.denoisers import Denoising, denoised, denoisings
from catchlight.evaluate.raw_engine.noisy_case import NoisyCase
from catchlight.evaluate.result_cache import Figures, ResultCache
from catchlight.measure import psnr

BORDER_PX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """The best of the grid for one demosaicing at one gain.

    Args:
        way: filter, domain and strength.
        psnr_db: mean over the photos it was found on.
        without_db: the same with the noise left in.
    """

    way: Denoising
    psnr_db: float
    without_db: float


def tune(
    gains: Sequence[float],
    photos: Sequence[Path | Photo],
    *,
    side_px: int,
    quick: bool,
    cache: ResultCache,
    tell: Callable[[str], None],
) -> Mapping[tuple[str, float], Tuned]:
    """The best way for every demosaicing and gain, by mean PSNR of the encoded picture.

    Args:
        gains: noise levels.
        photos: none of them is scored.
        side_px: of the frames that are searched on.
        quick: the small grid.
        cache: keeps what was found.
        tell: told what is being searched.
    """
    grid = denoisings(quick=quick)
    where = "+".join(fingerprint(photo)[:6] for photo in photos)
    version = f"{prediction_code().frame} {side_px} {where} {len(grid)}"
    found: dict[tuple[str, float], Tuned] = {}
    for gain in gains:
        for base in noisy_bases():
            tell(f"tune {base}, gain {gain:g}")

            def measure(gain: float = gain, base: str = base) -> Figures:
                return _search(base, gain, grid, photos, side_px)

            scores = cache.get(f"tuned {base} gain {gain:g} {version}", measure)
            best = max(grid, key=lambda way: scores[way.text])
            found[base, gain] = Tuned(way=best, psnr_db=scores[best.text], without_db=scores["none"])
    return found


def _search(base: str, gain: float, grid: Sequence[Denoising], photos: Sequence[Path | Photo], side_px: int) -> Figures:
    scores: dict[str, list[float]] = {way.text: [] for way in grid}
    for source in photos:
        case = NoisyCase(loaded(source), gain, 1, side_px)
        truth, rgb = case.truth(), noisy_bases()[base](case.raw, case.mosaic)
        for way in grid:
            picture = denoised(rgb, way, case.mosaic, case.raw.colour)
            scores[way.text].append(psnr(np.clip(picture, 0, 1), truth, border_px=BORDER_PX))
    return {text: float(np.mean(values)) for text, values in scores.items()}
