"""How good each shot of a group is: sharpness on the subject, exposure, motion; with reasons in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float64

from catchlight.core import ContractError
from catchlight.pipelines.culling.detail_map import DIRECTIONS_DEG, DetailMap
from catchlight.pipelines.scene_likeness import likeness, scene_view
from catchlight.pipelines.shot_record import ShotRecord

# The subject is looked for about the middle: weight e^-½ at this share of half the diagonal. On 11 scenes of cid22_512
# whose middle or background was sharp, 0.25 to 0.4 chose the sharp middle every time, 0.5 in 9.
_CENTRE = 0.3
# Fine over coarse detail of the busiest quarter of a picture against the σ of a Gaussian blur, in preview pixels; the
# median of 69 photos of gb82, clic2025_960 and kodak24, with and without noise, blurred for the purpose.
_BUSIEST = 0.25
_RATIO = (0.085, 0.11, 0.18, 0.26, 0.43, 0.61, 0.78)
_BLUR_PX = (4.0, 3.0, 2.0, 1.5, 1.0, 0.7, 0.5)
# Sharpness 1 at the first blur and 0 at the second, evenly by the logarithm. 0.7 px is what demosaicing leaves.
_SHARP_PX, _SOFT_PX = 0.7, 4.0
# From this blur on a picture is called blurred: a line of one pixel is four wide at full screen.
BLURRED_PX = 2.0
# A loss of fine detail that is this much larger in one direction than across it is motion.
_ONE_SIDED = 0.6
# Exposure: half the score at a quarter of the picture newly clipped, at half newly black, or 2 EV from the group.
_HALF_CLIPPED, _HALF_CRUSHED, _HALF_EV = 0.25, 0.5, 2.0
# What is clipped (lamps) or black (night) in every picture of this kind is no fault up to these shares.
_CLIPPED_ANYWAY, _CRUSHED_ANYWAY = 0.08, 0.6
# Settings that differ by this much within a group are a bracket.
_BRACKET_EV = 0.7
_WAYS = {0: "sideways", 90: "up and down", 45: "downwards to the right", 135: "upwards to the right"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """What is kept of a shot between reading and judging.

    Args:
        record: facts and thumbnail.
        detail: of its preview.
        clipped: share of clipped pixels.
        crushed: share of black pixels.
    """

    record: ShotRecord
    detail: DetailMap
    clipped: float
    crushed: float

    @property
    def level_ev(self) -> float:
        """Brightness: log₂ of the median of the thumbnail."""
        return math.log2(max(float(np.median(self.record.thumbnail)), 1e-5))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A shot's marks, 0…1 each, comparable within its group and roughly between groups.

    Args:
        total: product of sharpness, exposure, and half of what motion leaves.
        sharpness: detail on the subject against the best of the group, times how sharp that one is.
        exposure: highlights, shadows and brightness.
        motion: 1 without a blur that has a direction.
        blur_px: σ of the blur in pixels of a 1600 px wide view.
        unlike_best: whether it shows something else than the best of its group (the subject or the camera moved).
        reasons: in words, the worst first; empty for a faultless shot.
    """

    total: float
    sharpness: float
    exposure: float
    motion: float
    blur_px: float
    unlike_best: bool
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        if not all(0 <= v <= 1 for v in (self.total, self.sharpness, self.exposure, self.motion)):
            raise ContractError(
                f"marks lie in 0…1; found {self.total}, {self.sharpness}, {self.exposure}, {self.motion}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """The marks of a group.

    Args:
        scores: in the order of the looks.
        best: place of the best.
        bracket: whether the shots are an exposure bracket, to be kept together; their exposure is then
            no fault, but still chooses the best, the one in the middle.
    """

    scores: tuple[Score, ...]
    best: int
    bracket: bool


def score_group(looks: Sequence[Look]) -> GroupScores:
    """Marks the shots of one group against each other; a single one against an absolute scale.

    The subject is where it is near the middle and where the group holds detail: weights are common to the group, so
    that a shot focused on the background does not choose its own subject. No face detector is used: OpenCV ships none
    without a download.

    Raises:
        ContractError: no look, or previews of different size.
    """
    if not looks:
        raise ContractError("a group has at least one shot; found none")
    if len({look.detail.level.shape for look in looks}) > 1:
        raise ContractError("the shots of a group are of one size; found several")
    bracket = is_bracket([look.record for look in looks])
    energies, weights = _on_common_ground(looks)
    seen = np.sqrt(energies.sum(axis=1))
    best_seen = np.nanmax(seen, axis=0)
    subject = weights * _busyness(best_seen)
    shares = seen / np.maximum(best_seen, 1e-9)
    relative = [_mean(share, subject) for share in shares]
    blurs = [blur_px(look.detail) for look in looks]
    leader = int(np.argmax(relative))
    # The sharpest of the group tells how sharp all of it can be, so that marks of groups compare.
    ground = _sharpness_of(blurs[leader])
    directed = _directed(energies, subject)
    levels = np.array([look.level_ev for look in looks])
    least = (min(look.clipped for look in looks), min(look.crushed for look in looks))
    marks = []
    for place, look in enumerate(looks):
        exposure, faults = _exposure(look, float(np.median(levels)), least, len(looks))
        if bracket:  # the middle exposure is the best one to show; that the others differ is what they are for
            faults = []
        motion, way = directed[place]
        sharpness = float(np.clip(relative[place] / max(relative[leader], 1e-9) * ground, 0, 1))
        marks.append((sharpness * exposure * (0.5 + 0.5 * motion), sharpness, exposure, motion, way, faults))
    best = int(np.argmax([m[0] for m in marks]))
    scores = tuple(
        Score(
            total=total,
            sharpness=sharpness,
            exposure=exposure,
            motion=motion,
            blur_px=blurs[place],
            unlike_best=place != best and _unlike(looks[best].record, looks[place].record),
            reasons=_reasons(sharpness / max(marks[best][1], 1e-9), blurs[place], motion, way, faults),
        )
        for place, (total, sharpness, exposure, motion, way, faults) in enumerate(marks)
    )
    return GroupScores(scores=scores, best=best, bracket=bracket)


def is_bracket(records: Sequence[ShotRecord]) -> bool:
    """Whether the camera was set to clearly different exposures within a group."""
    told = [r.light_ev for r in records if r.light_ev is not None]
    return len(told) == len(records) > 1 and max(told) - min(told) >= _BRACKET_EV


def blur_px(detail: DetailMap) -> float:
    """σ of the blur of a picture's busiest quarter, 0.5…4 px of its preview: how fast detail fades with its size."""
    coarse = detail.coarse
    busy = coarse >= np.quantile(coarse, 1 - _BUSIEST)
    total = float(coarse[busy].sum())
    ratio = float(detail.total[busy].sum()) / total if total > 0 else 0.0
    return float(np.interp(math.log(max(ratio, 1e-3)), np.log(_RATIO), _BLUR_PX))


def _sharpness_of(blur: float) -> float:
    return float(np.clip(math.log(_SOFT_PX / blur) / math.log(_SOFT_PX / _SHARP_PX), 0.05, 1))


def _on_common_ground(
    looks: Sequence[Look],
) -> tuple[Float64[np.ndarray, "n 4 rows columns"], Float64[np.ndarray, "rows columns"]]:
    """Fine detail of every shot moved to the first one's place (NaN outside), and the weight of the middle."""
    rows, columns = looks[0].detail.level.shape
    views = [scene_view(look.record.thumbnail, noise=look.record.noise) for look in looks]
    moved = []
    for look, view in zip(looks, views, strict=True):
        found = likeness(views[0], view)
        # A shift is trusted where the scene was recognised.
        dx, dy = found.shift if found.score is not None and found.score > 0.5 else (0.0, 0.0)
        matrix = np.array([[1, 0, dx * max(rows, columns)], [0, 1, dy * max(rows, columns)]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        planes = [
            cv2.warpAffine(
                plane, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=-1e9
            )
            for plane in look.detail.fine
        ]
        stack = np.stack(planes).astype(np.float64)
        stack[:, (stack < 0).any(axis=0)] = np.nan
        moved.append(stack)
    y = (np.arange(rows) + 0.5) / rows * 2 - 1
    x = (np.arange(columns) + 0.5) / columns * 2 - 1
    half_diagonal = math.sqrt(2)
    distance = np.hypot(y[:, None], x[None, :]) / half_diagonal
    return np.stack(moved), np.exp(-0.5 * np.square(distance / _CENTRE))


def _busyness(detail: Float64[np.ndarray, "rows columns"]) -> Float64[np.ndarray, "rows columns"]:
    """0…1: how much a tile can tell about sharpness. It saturates, so that foliage does not outvote a face."""
    usual = float(np.nanmedian(detail))
    result: Float64[np.ndarray, "rows columns"] = detail**2 / (detail**2 + usual**2 + 1e-12)
    return result


def _mean(values: Float64[np.ndarray, "rows columns"], weights: Float64[np.ndarray, "rows columns"]) -> float:
    known = ~np.isnan(values) & ~np.isnan(weights)
    total = float(weights[known].sum())
    return float((values[known] * weights[known]).sum()) / total if total > 0 else 0.0


def _directed(
    energies: Float64[np.ndarray, "n 4 rows columns"], weights: Float64[np.ndarray, "rows columns"]
) -> list[tuple[float, int]]:
    """For each shot 1 less the one-sidedness of what it lost against the best, and the direction of the loss."""
    sums = np.array([[_mean(plane, weights) for plane in shot] for shot in energies])
    kept = sums / np.maximum(sums.max(axis=0), 1e-12)
    result = []
    for shot in kept:
        worst = int(shot.argmin())
        # The direction across: 0 and 90 degrees, or the two diagonals.
        across = worst ^ 1
        share = float(shot[worst] / max(shot[across], 1e-9))
        result.append((min(math.sqrt(share), 1.0) if share < _ONE_SIDED else 1.0, DIRECTIONS_DEG[worst]))
    return result


def _exposure(
    look: Look, median_ev: float, least: tuple[float, float], count: int
) -> tuple[float, list[tuple[float, str]]]:
    """The mark for exposure, and what is wrong with it, each with its own mark."""
    clipped = look.clipped - (least[0] if count > 1 else 0.0)
    crushed = look.crushed - (least[1] if count > 1 else 0.0)
    # Against the others nothing but their own share is excused, for a single shot (and the best) what is usual.
    clipped = max(clipped, look.clipped - 0.5) if count > 1 else look.clipped - _CLIPPED_ANYWAY
    crushed = max(crushed, look.crushed - 0.9) if count > 1 else look.crushed - _CRUSHED_ANYWAY
    off_ev = look.level_ev - median_ev
    faults = [
        (0.5 ** (max(clipped, 0.0) / _HALF_CLIPPED), f"highlights clipped on {look.clipped:.0%} of the picture"),
        (0.5 ** (max(crushed, 0.0) / _HALF_CRUSHED), f"shadows black on {look.crushed:.0%} of the picture"),
        (
            0.5 ** (off_ev / _HALF_EV) ** 2,
            f"{abs(off_ev):.1f} EV {'brighter' if off_ev > 0 else 'darker'} than the group",
        ),
    ]
    return math.prod(mark for mark, _ in faults), [f for f in faults if f[0] < 0.85]


def _unlike(best: ShotRecord, other: ShotRecord) -> bool:
    found = likeness(scene_view(best.thumbnail, noise=best.noise), scene_view(other.thumbnail, noise=other.noise))
    # Frames of one burst are 0.85 alike and more; a view moved by a tenth of its side is another composition.
    return found.score is not None and (found.score < 0.75 or max(map(abs, found.shift)) > 0.1)


def _reasons(
    relative: float, blur: float, motion: float, way: int, faults: Sequence[tuple[float, str]]
) -> tuple[str, ...]:
    told = list(faults)
    if motion < 1:
        told.append((motion, f"motion blur {_WAYS[way]}"))
    elif blur >= BLURRED_PX:
        told.append((0.3, f"blurred, by {blur:.1f} px at 1600 px width"))
    if relative < 0.85:
        told.append((relative, f"softer than the best: {relative:.0%} of its detail"))
    return tuple(words for _, words in sorted(told, key=lambda t: t[0]))


__all__ = ["BLURRED_PX", "GroupScores", "Look", "Score", "blur_px", "is_bracket", "score_group"]
