"""Scores of every prediction: of the whole picture, and of its patches, which the slices are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.core import srgb_decode
from catchlight.evaluate.raw_engine.noise_free import PART as DEMOSAIC
from catchlight.evaluate.raw_engine.subject import Subject
from catchlight.evaluate.result_cache import Figures
from catchlight.evaluate.slices import PatchFeatures, decibels, patch_errors, patch_features

CPSNR, PSNR_SRGB, PSNR_LINEAR = "CPSNR", "PSNR sRGB", "PSNR linear"

Picture = Float32[np.ndarray, "h w 3"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Score:
    """How one prediction did.

    Args:
        whole: figures in dB of the picture without its border.
        patches: mean square error of each patch of the encoded picture.
    """

    whole: Figures
    patches: Float64[np.ndarray, "n"]


@dataclass(slots=True)
class CaseScores:
    """All that is known of a case.

    Args:
        part: of the benchmark.
        features: of the patches, by photo.
        scores: by method, then by photo.
    """

    part: str
    features: dict[str, PatchFeatures] = field(default_factory=dict)
    scores: dict[str, dict[str, Score]] = field(default_factory=dict)

    @property
    def main_metric(self) -> str:
        """The figure that slices and differences are of."""
        return CPSNR if self.part == DEMOSAIC else PSNR_SRGB

    def add_truth(self, subject: Subject, truth: Picture) -> None:
        """Keeps what the patches of a photo are like."""
        self.features[subject.name] = patch_features(truth, border_px=subject.border_px)

    def add(self, subject: Subject, method: str, picture: Picture, truth: Picture) -> None:
        """Scores a prediction."""
        self.scores.setdefault(method, {})[subject.name] = score(subject, picture, truth)


def score(subject: Subject, picture: Picture, truth: Picture) -> Score:
    """Figures of one prediction; both pictures are encoded, 0…1."""
    border = subject.border_px
    inner = tuple(slice(border, side - border) for side in truth.shape[:2])
    if subject.part == DEMOSAIC:
        whole = {CPSNR: _psnr(picture[inner], truth[inner])}
    else:
        whole = {
            PSNR_SRGB: _psnr(picture[inner], truth[inner]),
            PSNR_LINEAR: _psnr(srgb_decode(picture[inner]), srgb_decode(truth[inner])),
        }
    return Score(whole=whole, patches=patch_errors(picture, truth, border_px=border))


def _psnr(picture: Picture, truth: Picture) -> float:
    difference = picture.astype(np.float64) - truth
    return decibels(float((difference * difference).mean()))
