"""Gate: the same photo twice, also scaled, compressed again, cut a little, or mirrored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, UInt8, UInt64

from catchlight.train.data.gates.finding import GateFinding
from catchlight.train.data.gates.policy import GatePolicy
from catchlight.train.data.manifest import Entry
from catchlight.train.data.set_facts import SetFacts

NAME = "near-duplicate"
# Among 430 photos and their mirror images 34 pairs differ by up to 16 of 64 bits, besides one that is the same photo;
# none of them correlates by more than 0.57. Of 40 photos all are found at half the size, at JPEG quality 30,
# darker (gamma 1.4) or with noise of 15/255; 37 of them with 3 % cut off at every edge, 16 with 6 %.
_MOST_BITS, _LEAST_CORRELATION = 16, 0.8
# Rows of the table of distances at a time: 1000 of 100,000 photos are 100 MB.
_ROWS = 1000


def judge_near_duplicates(seen: SetFacts, policy: GatePolicy) -> list[GateFinding]:
    """A stop for each family of photos that lies in several splits; within one split all but the first are dropped.

    Candidates agree in their hash, as they are or mirrored; that they are the same photo is told by the correlation of
    their thumbnails.
    """
    entries = seen.entries
    findings = []
    for family in _families(seen):
        members = tuple(entries[i] for i in family)
        splits = {entry.split for entry in members}
        files = tuple(entry.file for entry in members)
        if any(NAME in entry.reviewed for entry in members):
            said = f"{_listed(files)} look alike; reviewed and kept"
            findings.append(GateFinding(gate=NAME, severity="note", entries=files, sentence=said))
            continue
        if len(splits) > 1:
            said = f"{_listed(files)} are nearly the same photo, in {' and '.join(sorted(splits))}"
            findings.append(GateFinding(gate=NAME, severity="stop", entries=files, sentence=said))
        drops = tuple(file for split in sorted(splits) for file in _later(members, split))
        if drops:
            said = f"{_listed(files)} are nearly the same photo; the first of a split is kept"
            findings.append(GateFinding(gate=NAME, severity="drop", entries=files, drops=drops, sentence=said))
    return findings


def _later(members: tuple[Entry, ...], split: str) -> list[str]:
    return [entry.file for entry in members if entry.split == split][1:]


def _families(seen: SetFacts) -> Iterator[list[int]]:
    """Indices of photos that belong together by one pair or through others."""
    root = list(range(len(seen.entries)))

    def top(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    for i, j in _pairs(seen):
        a, b = sorted((top(i), top(j)))
        root[b] = a
    families = defaultdict(list)
    for i in range(len(root)):
        families[top(i)].append(i)
    return (family for family in families.values() if len(family) > 1)


def _pairs(seen: SetFacts) -> Iterator[tuple[int, int]]:
    facts = [seen.facts[entry.file] for entry in seen.entries]
    hashes: UInt64[np.ndarray, "n"] = np.array([f.perceptual_hash for f in facts], np.uint64)
    mirrored: UInt64[np.ndarray, "n"] = np.array([f.mirrored_hash for f in facts], np.uint64)
    for start in range(0, len(facts), _ROWS):
        rows = hashes[start : start + _ROWS, None]
        for flipped, others in ((False, hashes), (True, mirrored)):
            close = np.argwhere(np.bitwise_count(rows ^ others[None]) <= _MOST_BITS)
            for i, j in close[close[:, 0] + start < close[:, 1]].tolist():
                first, second = facts[start + i].thumbnail, facts[j].thumbnail
                same = seen.entries[start + i].sha256 == seen.entries[j].sha256
                if same or _correlation(first, second[:, ::-1] if flipped else second) >= _LEAST_CORRELATION:
                    yield start + i, j


def _correlation(first: UInt8[np.ndarray, "32 32"], second: UInt8[np.ndarray, "32 32"]) -> float:
    a, b = _centred(first), _centred(second)
    return float((a * b).sum() / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6))


def _centred(picture: UInt8[np.ndarray, "32 32"]) -> Float32[np.ndarray, "32 32"]:
    values = picture.astype(np.float32)
    return values - values.mean()


def _listed(files: tuple[str, ...]) -> str:
    return " and ".join(files) if len(files) < 4 else f"{files[0]}, {files[1]} and {len(files) - 2} more"
