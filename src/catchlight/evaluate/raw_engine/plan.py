"""What is measured: photos, gains, sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catchlight.core import BayerName
from catchlight.evaluate.develop.burst_case import EXPOSURE
from catchlight.evaluate.develop.part import fingerprint, name_of
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, photo_files
from catchlight.evaluate.raw_engine.noisy_case import BURST_FRAMES, GAINS, SENSOR
from catchlight.simulate import night_city

_TOWN_PX = 576
_OTHER_ORDERS: tuple[BayerName, ...] = ("BGGR", "GRBG", "GBRG")

Sources = tuple[Path | Photo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEnginePlan:
    """Everything that decides the figures but the code.

    Args:
        demosaic: by case, order of the colours and photos.
        noisy: photos under noise.
        tuning: photos on which denoisers are tuned; none is among `noisy`.
        gains: of the noise.
        demosaic_px: side that is demosaiced; None for whole photos.
        side_px: of noisy frames, at most.
        tuning_px: the same for tuning.
        seeds: of each flat grey.
        quick: a small part.
    """

    demosaic: Mapping[str, tuple[BayerName, Sources]]
    noisy: Sources
    tuning: Sources
    gains: tuple[float, ...]
    demosaic_px: int | None
    side_px: int
    tuning_px: int
    seeds: int
    quick: bool

    def config(self) -> dict[str, Any]:
        """As JSON values: a cache belongs to it."""
        return {
            "quick": self.quick,
            "demosaic": {
                case: {"order": cfa, "photos": _named(photos)} for case, (cfa, photos) in self.demosaic.items()
            },
            "noisy": _named(self.noisy),
            "tuning": _named(self.tuning),
            "gains": list(self.gains),
            "sides_px": [self.demosaic_px, self.side_px, self.tuning_px],
            "seeds": self.seeds,
        }

    @property
    def how(self) -> list[str]:
        """How the cases are made, in sentences."""
        return [
            f"SYNTHETIC noise: {SENSOR}, frames of at most {self.side_px}×{self.side_px} px of clean photos, photo "
            f"white at {EXPOSURE:g} of sensor white; {BURST_FRAMES} frames shaken by at most ±24 px, one merge for all "
            "methods. Noise-free demosaicing: encoded values, 8 bits in and out, 10 px of border cut.",
            f"Denoisers (NLM, wavelet, bilateral; on the encoded picture or under the root of the noise) are tuned for "
            f"each gain and demosaicing on {len(self.tuning)} other photos. Slices are terciles of all 32×32 px "
            "patches of the truth; a photo counts in a slice with four patches or more.",
        ]


def plan_of(folder: Path | None, *, quick: bool) -> RawEnginePlan:
    """The plan for the data folder, or for procedural night towns without one.

    Raises:
        InputError: a set of photos is missing.
    """
    few = 2
    noisy: Sources
    tuning: Sources
    ordered: Sources
    if folder is None:
        photos: Sources = _towns(range(few if quick else 6))
        demosaic: dict[str, tuple[BayerName, Sources]] = {"demosaic, night towns, RGGB": ("RGGB", photos)}
        noisy, tuning = photos, _towns((7, 8))
        ordered, of = photos[:1] if quick else photos[:2], "night towns"
    else:
        kodak: Sources = tuple(photo_files(folder, "kodak24", at_most=few if quick else None))
        gb82: Sources = tuple(photo_files(folder, "gb82", without=GB82_NO_PHOTOS, at_most=few if quick else None))
        demosaic = {"demosaic, kodak24, RGGB": ("RGGB", kodak), "demosaic, gb82, RGGB": ("RGGB", gb82)}
        ordered, of = (kodak[:1] if quick else kodak[::6]), "of kodak24"
        noisy = gb82 if quick else (*gb82, *kodak[::4])
        tuning = tuple(photo_files(folder, "cid22_512/validation", at_most=few if quick else 6))
    for cfa in _OTHER_ORDERS[-1:] if quick else _OTHER_ORDERS:
        demosaic[f"demosaic, {len(ordered)} {of}, {cfa}"] = (cfa, ordered)
    return RawEnginePlan(
        demosaic=demosaic,
        noisy=noisy,
        tuning=tuning,
        gains=(1.0, 16.0) if quick else GAINS,
        demosaic_px=256 if quick else None,
        side_px=192 if quick else 384,
        tuning_px=128 if quick else 192,
        seeds=2 if quick else 4,
        quick=quick,
    )


def _towns(seeds: Sequence[int]) -> Sources:
    """Procedural night towns, for a machine without the data."""
    return tuple(
        Photo(name=f"night_city/{seed}", frame=night_city(height_px=_TOWN_PX, width_px=_TOWN_PX, seed=seed))
        for seed in seeds
    )


def _named(photos: Sources) -> dict[str, str]:
    return {name_of(photo): fingerprint(photo) for photo in photos}
