"""The benchmark of `cull`: grouping and ranking on labelled folders, against what is usually done."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from catchlight.evaluate.culling_folder import KINDS, LabelledShot, make_folder
from catchlight.evaluate.evaluation import Progress, Row
from catchlight.evaluate.photo_sets import GB82_NO_PHOTOS, Photo, data_folder, photo_files, read_photo, synthetic_photos
from catchlight.pipelines.burst_groups import group_bursts
from catchlight.pipelines.culling.detail_map import detail_map
from catchlight.pipelines.culling.preview import Preview, read_preview
from catchlight.pipelines.culling.scores import Look, score_group
from catchlight.pipelines.shot_record import ShotRecord

OURS = "catchlight"
GROUPING_CASE, RANKING_CASE = "labelled folders (synthetic)", "groups of labelled folders (synthetic)"
# The usual rule of photo libraries: the next shot within two seconds.
_USUAL_GAP_S = 2.0
_OUTINGS_QUICK, _OUTINGS = 2, 6
_APART = 100_000


def culling_rows(quick: bool = False, *, data: Path | None = None, progress: Progress | None = None) -> list[Row]:
    """Grouping (F1 over pairs of shots) and ranking (share of groups whose sharpest shot comes first).

    Folders of a camera that writes fractions of a second and of one that does not, by turns; every photo is one scene.
    Ranking is asked of the true groups, brackets and single shots left out.

    Args:
        quick: two folders of 12 scenes; otherwise six, each with half of all photos.
        data: folder with `photos`; None takes CATCHLIGHT_DATA, and without it procedural night towns.
        progress: called as progress(what, done, total).
    """
    photos = _photos(data_folder(data), quick)
    tell = progress or (lambda what, done, total: None)
    shots: list[LabelledShot] = []
    previews: list[Preview] = []
    found: dict[str, list[int]] = {name: [] for name in _GROUPERS}
    outings = _OUTINGS_QUICK if quick else _OUTINGS
    for outing in range(outings):
        tell("labelled folder", outing, outings)
        # Half of the photos, in another order each time, so that each is a burst here and a bracket there.
        order = np.random.default_rng((outing // 2, 4)).permutation(len(photos))[outing % 2 :: 2]
        with tempfile.TemporaryDirectory() as place:
            made = make_folder([photos[i] for i in order], Path(place), seed=outing, whole_seconds=outing % 2 == 1)
            seen = [read_preview(shot.path) for shot in made]
        # Numbers of one folder do not meet those of another.
        first = _APART * outing
        for name, grouper in _GROUPERS.items():
            found[name] += [label + first for label in grouper([p.record for p in seen])]
        shots += [replace(shot, group=shot.group + first) for shot in made]
        previews += seen
    tell("done", outings, outings)
    rows = [_row(name, GROUPING_CASE, "pair F1", _pair_f1([s.group for s in shots], f)) for name, f in found.items()]
    truth = [s.group for s in shots]
    rows += [_row(name, GROUPING_CASE, "groups found exactly", _exact(truth, labels)) for name, labels in found.items()]
    return rows + _ranking_rows(shots, previews)


def _photos(folder: Path | None, quick: bool) -> list[Photo]:
    if folder is None:
        return synthetic_photos(6 if quick else 24)
    few = 8 if quick else None
    files = [
        *photo_files(folder, "gb82", without=GB82_NO_PHOTOS, at_most=few),
        *photo_files(folder, "kodak24", at_most=few),
        *photo_files(folder, "clic2025_960/validation", at_most=few),
        *([] if quick else photo_files(folder, "clic2025_960/final-test")),
    ]
    return [read_photo(file) for file in files]


def _by_us(records: Sequence[ShotRecord]) -> list[int]:
    labels = [0] * len(records)
    for number, places in enumerate(group_bursts(records)):
        for place in places:
            labels[place] = number
    return labels


def _by_time(records: Sequence[ShotRecord]) -> list[int]:
    return _gaps(records, lambda a, b: (b.time_s or 0.0) - (a.time_s or 0.0))


def _by_time_closed(records: Sequence[ShotRecord]) -> list[int]:
    return _gaps(records, lambda a, b: (b.time_s or 0.0) - (a.end_s or 0.0))


def _gaps(records: Sequence[ShotRecord], gap_s: Callable[[ShotRecord, ShotRecord], float]) -> list[int]:
    labels = [0]
    for before, after in pairwise(records):
        labels.append(labels[-1] + (gap_s(before, after) > _USUAL_GAP_S))
    return labels


_GROUPERS = {
    OURS: _by_us,
    "time only, 2 s from start to start": _by_time,
    "time only, 2 s after the shutter closed": _by_time_closed,
}


def _pair_f1(truth: Sequence[int], found: Sequence[int]) -> float:
    a, b = np.array(truth), np.array(found)
    upper = np.triu(np.ones((a.size, a.size), bool), 1)
    same, put = (a[:, None] == a[None])[upper], (b[:, None] == b[None])[upper]
    both = int((same & put).sum())
    return 2 * both / max(int(same.sum()) + int(put.sum()), 1)


def _exact(truth: Sequence[int], found: Sequence[int]) -> float:
    def sets(labels: Sequence[int]) -> set[frozenset[int]]:
        return {frozenset(i for i, v in enumerate(labels) if v == label) for label in set(labels)}

    return len(sets(truth) & sets(found)) / len(sets(truth))


def _ranking_rows(shots: Sequence[LabelledShot], previews: Sequence[Preview]) -> list[Row]:
    right: dict[str, dict[str, list[bool]]] = {OURS: {}, "variance of Laplacian": {}}
    for group in sorted({s.group for s in shots}):
        places = [i for i, s in enumerate(shots) if s.group == group]
        kind = shots[places[0]].kind
        if len(places) < 2 or kind == "bracket":
            continue
        sharpest = int(np.argmin([shots[i].blur_px for i in places]))
        seen = [previews[i] for i in places]
        looks = [Look(record=p.record, detail=detail_map(p.grey), clipped=p.clipped, crushed=p.crushed) for p in seen]
        usual = [float(cv2.Laplacian(p.grey, cv2.CV_32F).var()) for p in seen]
        # Of sharpness alone, as the truth is: the total would rightly pass over a sharp shot with burnt highlights.
        marks = [score.sharpness for score in score_group(looks).scores]
        right[OURS].setdefault(kind, []).append(int(np.argmax(marks)) == sharpest)
        right["variance of Laplacian"].setdefault(kind, []).append(int(np.argmax(usual)) == sharpest)
    rows = []
    for method, kinds in right.items():
        told = [v for values in kinds.values() for v in values]
        rows.append(_row(method, f"{len(told)} {RANKING_CASE}", "sharpest first", float(np.mean(told)), len(told)))
        rows += [
            _row(
                method,
                f"{len(kinds[k])} {RANKING_CASE}, {k}",
                "sharpest first",
                float(np.mean(kinds[k])),
                len(kinds[k]),
            )
            for k in KINDS
            if k in kinds
        ]
    return rows


def _row(method: str, case: str, metric: str, value: float, count: int = 0) -> Row:
    ci95 = _wilson_ci95(value, count) if count else None
    return Row(method=method, case=case, metric=metric, value=value, ci95=ci95, unit="1", higher_is_better=True)


def _wilson_ci95(share: float, count: int) -> float:
    """How far the 95 % interval of a share reaches at most from it. Source: Wilson 1927, JASA 22, p. 209."""
    z = 1.96
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    return max(share - (middle - half), middle + half - share)
