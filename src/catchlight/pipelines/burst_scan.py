"""The first look at all frames of a burst: which belong together, how they were exposed, which gives the geometry."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from catchlight.burst.exposure.order import ExposureFacts, choose_reference_exposure, exposure_facts
from catchlight.core import InputError, NoiseModel, RawFrame
from catchlight.pipelines.burst_groups import split_burst
from catchlight.pipelines.burst_source import BurstSource, Kinship, Picture, kinship, require_same_kind
from catchlight.pipelines.development import DevelopSettings
from catchlight.pipelines.raw_rendering import half_grey, mosaic_sharpness
from catchlight.pipelines.rgb_burst import rgb_sharpness
from catchlight.pipelines.shot_record import ShotRecord, record_of, shot_record

# The next frame must be clearly sharper to become the reference: noise alone makes no difference.
_CLEARLY = 1.02
# Exposures that differ by less are equal: clocks of shutters are not exact.
_EQUAL_EV = 1 / 6
# What `split_burst` says of a frame that may yet be aligned.
_ANOTHER_SCENE = "shows another scene"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstScan:
    """What the first look tells.

    Args:
        order: frames to be merged, the best reference first.
        mixed: they were exposed differently.
        doubtful: frames of `order` that seem to show another scene, and why in words: to be left out if they cannot be
            aligned either. Something large that moves makes a scene look like another.
    """

    order: tuple[int, ...]
    mixed: bool
    doubtful: Mapping[int, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Seen:
    index: int
    shot: ShotRecord
    sharpness: float
    light: float | None
    facts: ExposureFacts | None


def scan_burst(source: BurstSource, settings: DevelopSettings) -> BurstScan:
    """Reads every frame once; those that do not belong to the rest are left out of `source`, with the reason.

    Where the user names a reference, its group stays.

    Raises:
        InputError: frames of different cameras or sizes; with `strict`, frames that do not belong together.
    """
    seen: list[_Seen] = []
    first: tuple[Kinship, str] | None = None
    noise: NoiseModel | None = None
    # Closed at once when a frame ends the work: the reading thread must not be the one that does it.
    with closing(source.stream(range(len(source)), ahead=2)) as pictures:
        for index, picture in pictures:
            if first is None:
                first = kinship(picture), source.name(index)
            require_same_kind(*first, kinship(picture), source.name(index))
            item, noise = _look(index, source.name(index), picture, settings, noise)
            seen.append(item)
            del picture
    kept, doubtful = _together(source, seen, settings)
    order = _ordered([item for item in kept if item.index not in doubtful])
    order += [index for index in doubtful if index not in order]
    if settings.reference is not None:
        order = [settings.reference, *(i for i in order if i != settings.reference)]
    return BurstScan(order=tuple(order), mixed=_mixed(kept), doubtful=doubtful)


def _look(
    index: int, name: str, picture: Picture, settings: DevelopSettings, noise: NoiseModel | None
) -> tuple[_Seen, NoiseModel]:
    if not isinstance(picture, RawFrame):
        score, noise = rgb_sharpness(picture, settings, noise)
        return _Seen(index=index, shot=shot_record(name, picture), sharpness=score, light=None, facts=None), noise
    score, noise = mosaic_sharpness(picture, settings, noise)
    grey = half_grey(picture)
    light = _light(picture)
    facts = None if light is None else exposure_facts(grey, noise=noise, exposure=light, sharpness=score)
    shot = record_of(name, grey, size_px=picture.shape, metadata=picture.metadata)
    return _Seen(index=index, shot=shot, sharpness=score, light=light, facts=facts), noise


def _light(picture: Picture) -> float | None:
    """Exposure time × ISO / aperture²; None where the file does not tell the first two."""
    told = picture.metadata
    if not (told.exposure_s and told.iso):
        return None
    return told.exposure_s * told.iso / (told.aperture_f or 1.0) ** 2


def _together(source: BurstSource, seen: list[_Seen], settings: DevelopSettings) -> tuple[list[_Seen], dict[int, str]]:
    """The frames that are kept, and those of them that seem to show another scene."""
    asked = next((place for place, item in enumerate(seen) if item.index == settings.reference), None)
    split = split_burst([item.shot for item in seen], kept=asked)
    if split.whole:
        return seen, {}
    reasons, group = dict(split.reasons), split.groups[0]
    doubtful: dict[int, str] = {}
    kept = []
    for place, item in enumerate(seen):
        name = item.shot.name
        why = reasons.get(place, name).removeprefix(name).strip()
        if place in group or why == _ANOTHER_SCENE:
            kept.append(item)
            if place not in group:
                doubtful[item.index] = f"{name}: another scene than {seen[group[0]].shot.name}; develop separately"
            continue
        if settings.strict:
            raise InputError(f"the frames do not belong to one burst: {name} {why}; develop them separately")
        source.leave_out(item.index, f"{name}: {why.removeprefix('was ')}; develop separately")
    return kept, doubtful


def _ordered(kept: list[_Seen]) -> list[int]:
    """The best reference first: of a bracket one that sees most, else the sharpest."""
    left = list(kept)
    order: list[int] = []
    while left:
        best = 0
        facts = [item.facts for item in left]
        if _mixed(left) and all(f is not None for f in facts):
            best = choose_reference_exposure([f for f in facts if f is not None])
        else:
            for place, item in enumerate(left):
                if item.sharpness > left[best].sharpness * _CLEARLY:
                    best = place
        order.append(left.pop(best).index)
    return order


def _mixed(kept: list[_Seen]) -> bool:
    lights = [item.light for item in kept]
    if any(light is None for light in lights) or not lights:
        return False
    logs = [math.log2(light) for light in lights if light]
    return max(logs) - min(logs) > _EQUAL_EV
