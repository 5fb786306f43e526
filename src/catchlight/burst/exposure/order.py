"""Which frame of a bracket gives the geometry, and how much light every frame of it can tell nothing of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.burst.exposure.clear import CLIPPED
from catchlight.core import ContractError, NoiseModel

# Frames within a third of a stop share their exposure: the step of most cameras' dials.
_SAME_EV = 1 / 3
# A quad below twice its noise hides what moves in the others: they would be compared with noise.
_DARK_SNR = 2.0
# Shares of the picture that differ by less than this do not decide: highlights come and go with the shake.
_EQUAL_SHARE = 0.01
# The next frame must be clearly sharper: noise alone makes no difference.
_SHARPER = 1.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureFacts:
    """What speaks for and against a frame as the reference of a bracket.

    Args:
        exposure: light it collected over that of any other frame of the bracket, the same for all; > 0.
        sharpness: its score by `catchlight.burst.sharpness`; ≥ 0.
        clipped: share of the picture that is clipped, 0…1.
        dark: share of the picture in which noise hides what there is, 0…1.
    """

    exposure: float
    sharpness: float
    clipped: float
    dark: float

    def __post_init__(self) -> None:
        if not (0 < self.exposure < math.inf and 0 <= self.sharpness < math.inf):
            raise ContractError(f"exposure is > 0 and sharpness ≥ 0; found {self.exposure} and {self.sharpness}")
        if not (0 <= self.clipped <= 1 and 0 <= self.dark <= 1):
            raise ContractError(f"shares lie in 0…1; found {self.clipped} clipped and {self.dark} dark")

    @property
    def blind(self) -> float:
        """Share of the picture of which the frame can tell nothing."""
        return self.clipped + self.dark


def choose_reference_exposure(frames: Sequence[ExposureFacts]) -> int:
    """Index of the frame that should give the geometry: the sharpest among those of the exposure that sees most.

    Frames are grouped by exposure; the group that is blind (clipped or dark) in the least share of the picture wins,
    the longer of two that are alike. Where all exposures are equal it is the sharpest frame.

    Raises:
        ContractError: no frame.

    >>> middle = dict(exposure=1.0, clipped=0.05, dark=0.02)
    >>> frames = [
    ...     ExposureFacts(exposure=0.125, sharpness=9.0, clipped=0.0, dark=0.3),
    ...     ExposureFacts(sharpness=2.0, **middle),
    ...     ExposureFacts(sharpness=3.0, **middle),
    ...     ExposureFacts(exposure=8.0, sharpness=4.0, clipped=0.4, dark=0.0),
    ... ]
    >>> choose_reference_exposure(frames)
    2
    """
    if not frames:
        raise ContractError("a bracket has at least one frame; found none")
    best: list[int] = []
    best_blind = math.inf
    for group in _by_exposure(frames):
        blind = float(np.median([frames[i].blind for i in group]))
        # Groups come from the longest exposure down: a shorter one must see clearly more.
        if blind < best_blind - _EQUAL_SHARE:
            best, best_blind = group, blind
    winner = best[0]
    for index in best[1:]:
        if frames[index].sharpness > frames[winner].sharpness * _SHARPER:
            winner = index
    return winner


def exposure_facts(
    grey: Float32[np.ndarray, "h w"], *, noise: NoiseModel, exposure: float, sharpness: float
) -> ExposureFacts:
    """Facts of one frame.

    Args:
        grey: its half-size picture (mean of each 2×2 quad) before white balance; a full quad is 1.
        noise: of one photosite, normalised.
        exposure: light it collected, on a scale that all frames share.
        sharpness: its score.
    """
    # A quad is clipped as soon as its green photosites are, which are half of it and the first to be full; the others
    # have at least a quarter of the light in any daylight or lamp light.
    clipped = float(np.mean(grey >= CLIPPED * (0.5 + 0.5 * 0.25)))
    # Means over 4×4 quads tell how bright a place is; whether one quad stands out of its noise there decides.
    small = cv2.resize(grey, (max(grey.shape[1] // 4, 1), max(grey.shape[0] // 4, 1)), interpolation=cv2.INTER_AREA)
    variance = sum(noise.variance(0.0, channel=c) for c in (0, 1, 1, 2)) / 16
    dark = float(np.mean(small < _DARK_SNR * np.sqrt(variance)))
    return ExposureFacts(exposure=exposure, sharpness=sharpness, clipped=clipped, dark=dark)


def _by_exposure(frames: Sequence[ExposureFacts]) -> list[list[int]]:
    """Indices grouped by exposure, longest first; within a group in their order."""
    order = sorted(range(len(frames)), key=lambda i: -frames[i].exposure)
    groups: list[list[int]] = []
    first = math.inf
    for index in order:
        if math.log2(first / frames[index].exposure) > _SAME_EV if groups else True:
            groups.append([])
            first = frames[index].exposure
        groups[-1].append(index)
    return [sorted(group) for group in groups]
