"""Gate: splits that are not drawn from the same world: labels, brightness or colourfulness differ."""

from __future__ import annotations

from collections import Counter

import numpy as np
from jaxtyping import Float64
from scipy.stats import chi2_contingency

from catchlight.train.data.gates.finding import GateFinding, Severity
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.manifest import SPLITS, Entry
from catchlight.train.data.photo_facts import BINS
from catchlight.train.data.set_facts import SetFacts

NAME = "drift"
# What chance does in one set of a thousand is not told.
_LEAST_CHANCE = 1e-3
_DRAWS = 1999
# Below, a difference is real in a large set but too small to matter; from the second on it stops. Of brightness and
# saturation (0…1): 0.1 is a third of a stop at middle grey. Of labels: the share that would have to change its label.
_NOTED, _STOPPED = 0.05, 0.10
_LABELS_NOTED, _LABELS_STOPPED = 0.10, 0.25
_FEWEST = 10


def judge_drift(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """Compares validation and test with train, where each has at least ten photos.

    Intensity: the distance of the mean histograms (Wasserstein-1, in units of the full range), and how often a random
    exchange of photos between the splits reaches it. Labels: total variation, and the χ² test of homogeneity.
    """
    by_split = {split: [e for e in seen.entries if e.split == split] for split in SPLITS}
    train = by_split["train"]
    findings = []
    for split in SPLITS[1:]:
        other = by_split[split]
        if min(len(train), len(other)) < _FEWEST:
            continue
        findings += _intensity(seen, train, other) + _labels(train, other)
    return findings


def _intensity(seen: SetFacts, train: list[Entry], other: list[Entry]) -> list[GateFinding]:
    findings = []
    for name in ("brightness", "saturation"):
        histograms = np.array([getattr(seen.facts[entry.file], name) for entry in (*train, *other)], np.float64)
        distance, chance = drifted(histograms, len(train))
        if chance > _LEAST_CHANCE or distance < _NOTED:
            continue
        said = f"{name} differs by {distance:.2f} of its range; chance does that in less than 1 of 1000 sets"
        findings.append(_found(other, "stop" if distance >= _STOPPED else "note", said))
    return findings


def drifted(histograms: Float64[np.ndarray, "n bins"], first: int) -> tuple[float, float]:
    """Distance of two groups of histograms, and the chance of at least that when photos are dealt out at random.

    Args:
        histograms: one a photo, each sums to 1.
        first: how many of them, from the start, are the first group.
    """
    cumulative = np.cumsum(histograms, axis=1)
    n, rng = len(cumulative), np.random.default_rng([31, len(cumulative), first])
    total = cumulative.sum(axis=0)

    def distance(chosen: Float64[np.ndarray, "draws n"]) -> Float64[np.ndarray, "draws"]:
        part = chosen @ cumulative
        return np.abs(part / first - (total - part) / (n - first)).sum(axis=1) / BINS

    found = float(distance((np.arange(n) < first).astype(np.float64)[None])[0])
    order = np.argsort(rng.random((_DRAWS, n)), axis=1)
    reached = int((distance((order < first).astype(np.float64)) >= found).sum())
    return found, (reached + 1) / (_DRAWS + 1)


def _labels(train: list[Entry], other: list[Entry]) -> list[GateFinding]:
    counts = [Counter(entry.label for entry in part if entry.label is not None) for part in (train, other)]
    names = sorted(counts[0].keys() | counts[1].keys())
    table = np.array([[count[name] for name in names] for count in counts], np.float64)
    # Where labels are in one split on purpose, leakage is the question, not drift.
    if len(names) < 2 or min(table.sum(axis=1)) < _FEWEST or not (table[0] * table[1]).any():
        return []
    shares = table / table.sum(axis=1, keepdims=True)
    variation = float(np.abs(shares[0] - shares[1]).sum() / 2)
    chance = float(chi2_contingency(table).pvalue)
    if chance > _LEAST_CHANCE or variation < _LABELS_NOTED:
        return []
    most = names[int(np.abs(shares[0] - shares[1]).argmax())]
    said = f"{variation:.0%} would need another label to match train (χ² chance {chance:.1g}); most differs {most!r}"
    return [_found(other, "stop" if variation >= _LABELS_STOPPED else "note", said)]


def _found(other: list[Entry], severity: Severity, said: str) -> GateFinding:
    files = tuple(entry.file for entry in other)
    if all(NAME in entry.reviewed for entry in other):
        severity = "note"
    return GateFinding(gate=NAME, severity=severity, entries=files, sentence=f"{other[0].split} against train: {said}")
