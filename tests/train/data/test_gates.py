"""Each gate finds what it is for, and lets photos pass."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import ContractError
from catchlight.train.data import Entry, Manifest, PhotoSet, SetFacts, Source, measure_set, open_set
from catchlight.train.data.gates import GateFinding, GatePolicy, GateReport, GateStopError, judge, run_gates
from catchlight.train.data.gates.drift import drifted
from catchlight.train.data.photo_facts import BINS, PhotoFacts, photo_facts

Make = Callable[..., np.ndarray]
_OURS = Source(name="ours", origin="here", licence="CC0-1.0")


def _seen(
    photos: Mapping[str, np.ndarray],
    *,
    validation: tuple[str, ...] = (),
    facts: Mapping[str, PhotoFacts] | None = None,
    licence: str = "CC0-1.0",
    **fields: Mapping[str, object],
) -> SetFacts:
    """A measured set; `fields` are fields of entries by file."""
    entries = tuple(
        Entry(
            **{
                "file": file,
                "sha256": f"{i:064x}",
                "split": "validation" if file in validation else "train",
                "source": "ours",
                **{name: values[file] for name, values in fields.items() if file in values},
            }
        )
        for i, file in enumerate(sorted(photos))
    )
    manifest = Manifest(name="set", sources=(replace(_OURS, licence=licence),), entries=entries)
    measured = facts or {file: photo_facts(pixels) for file, pixels in photos.items()}
    return SetFacts(manifest=manifest, facts={e.file: measured[e.file] for e in manifest.kept()})


def _of(report: GateReport, gate: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(f.severity, f.drops or f.entries) for f in report.findings if f.gate == gate]


@pytest.fixture
def twelve(photo: Make) -> dict[str, np.ndarray]:
    return {f"{i:02}": photo(i) for i in range(12)}


def _chart() -> np.ndarray:
    picture = np.full((200, 200, 3), 255, np.uint8)
    for i in range(5):
        cv2.rectangle(picture, (20 + 36 * i, 180 - 28 * i), (44 + 36 * i, 180), (40 * i, 90, 200), -1)
    cv2.putText(picture, "Sales", (60, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 1)
    return picture


def test_photos_pass(twelve: dict[str, np.ndarray]) -> None:
    report = judge(_seen(twelve, validation=("10", "11")))
    assert report.findings == () and report.kept == tuple(twelve)
    report.check()


@pytest.mark.parametrize(
    ("gate", "spoil"),
    [
        ("graphic", lambda photo: _chart()),
        ("grayscale", lambda photo: np.repeat(photo[..., 1:2], 3, axis=2)),
        ("blurred", lambda photo: cv2.GaussianBlur(photo, (0, 0), 4.0)),
        ("clipped", lambda photo: np.where(np.arange(len(photo))[:, None, None] < 0.8 * len(photo), 255, photo)),
        ("too small", lambda photo: photo[:100]),
    ],
)
def test_each_gate_drops_its_own(
    twelve: dict[str, np.ndarray], gate: str, spoil: Callable[[np.ndarray], np.ndarray]
) -> None:
    photos = {**{k: twelve[k] for k in ("00", "01", "02", "03")}, "spoilt": spoil(twelve["04"]).astype(np.uint8)}
    report = judge(_seen(photos))
    assert _of(report, gate) == [("drop", ("spoilt",))]
    assert report.kept == ("00", "01", "02", "03") and gate in report.dropped["spoilt"]
    # Someone looked at it: then it stays, and is told.
    reviewed = {"spoilt": ("graphic", "grayscale", "blurred", "clipped", "too small")}
    report = judge(_seen(photos, reviewed=reviewed))
    assert _of(report, gate) == [("note", ("spoilt",))] and "spoilt" in report.kept


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[:, ::-1],
        lambda p: cv2.resize(p, None, fx=0.93, fy=0.93, interpolation=cv2.INTER_AREA),
        lambda p: cv2.imdecode(cv2.imencode(".jpg", p, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], cv2.IMREAD_COLOR),
        lambda p: cv2.resize(p[:, ::-1] // 2 + 30, None, fx=1.2, fy=1.2),
    ],
    ids=["mirrored", "scaled", "compressed", "mirrored, scaled, paler"],
)
def test_near_duplicates(twelve: dict[str, np.ndarray], change: Callable[[np.ndarray], np.ndarray]) -> None:
    photos = {**twelve, "again": np.ascontiguousarray(change(twelve["05"]))}
    assert _of(judge(_seen(photos)), "near-duplicate") == [("drop", ("again",))]
    across = judge(_seen(photos, validation=("again",)))
    assert _of(across, "near-duplicate") == [("stop", ("05", "again"))]
    with pytest.raises(GateStopError, match="05 and again are nearly the same photo, in train and validation"):
        across.check()
    judge(_seen(photos, validation=("again",)), GatePolicy(acknowledged=frozenset({"near-duplicate"}))).check()
    assert not judge(_seen(photos, validation=("again",), dropped={"05": "near-duplicate"})).stops
    assert not judge(_seen(photos, validation=("again",), reviewed={"05": ("near-duplicate",)})).stops


def test_licences(twelve: dict[str, np.ndarray]) -> None:
    facts = {file: photo_facts(twelve["00"]) for file in ("00",)}
    report = judge(_seen({"00": twelve["00"]}, facts=facts, licence="CC-BY-NC-4.0"))
    assert _of(report, "licence") == [("stop", ("00",))]
    with pytest.raises(GateStopError, match="non-commercial"):
        report.check()
    own = judge(_seen({"00": twelve["00"]}, facts=facts, licence="own"), GatePolicy(shipped=False))
    assert _of(own, "licence") == [("note", ("00",))]


def test_leaks_of_scenes_and_labels(twelve: dict[str, np.ndarray]) -> None:
    facts = {file: photo_facts(pixels) for file, pixels in twelve.items()}
    group = {"00": "street", "01": "street", "10": "street", "02": "beach"}
    label = {"00": "cat", "10": "cat", "11": "dog"}
    seen = _seen(twelve, facts=facts, validation=("10", "11"), group=group, label=label)
    report = judge(seen)
    assert _of(report, "leakage") == [("stop", ("00", "01", "10"))]
    assert "the group 'street' is in train and validation" in report.stops[0].sentence
    strict = judge(seen, GatePolicy(in_one_split=("group", "label")))
    assert [drops for _, drops in _of(strict, "leakage")] == [("00", "01", "10"), ("00", "10")]
    assert not _of(judge(seen, GatePolicy(in_one_split=())), "leakage")


def _with_brightness(fact: PhotoFacts, level: float) -> PhotoFacts:
    histogram = np.zeros(BINS, np.float32)
    histogram[int(np.clip(level, 0, 0.999) * BINS)] = 1
    return replace(fact, brightness=histogram)


def test_drift_of_brightness(twelve: dict[str, np.ndarray]) -> None:
    rng = np.random.default_rng(8)
    some = photo_facts(twelve["00"])
    for shift, expected in ((0.0, []), (0.07, ["note"]), (0.15, ["stop"])):
        files = [f"{i:03}" for i in range(400)]
        levels = rng.normal(0.4, 0.1, 400) + np.where(np.arange(400) < 100, shift, 0)
        # Hashes of their own: these are no duplicates.
        facts = {
            f: replace(_with_brightness(some, v), perceptual_hash=int(h), mirrored_hash=int(h) ^ 0xFFFFFFFF)
            for f, v, h in zip(files, levels, rng.integers(2**63, size=400), strict=True)
        }
        seen = _seen(dict.fromkeys(files, twelve["00"]), facts=facts, validation=tuple(files[:100]))
        assert [severity for severity, _ in _of(judge(seen), "drift")] == expected


def test_the_distance_is_wassersteins_and_its_chance_is_fair() -> None:
    from scipy.stats import wasserstein_distance

    rng = np.random.default_rng(2)
    histograms = rng.dirichlet(np.ones(BINS), size=30)
    distance, _ = drifted(histograms, 12)
    at = (np.arange(BINS) + 0.5) / BINS
    first, second = histograms[:12].mean(0), histograms[12:].mean(0)
    assert distance == pytest.approx(wasserstein_distance(at, at, first, second), rel=1e-6)
    # Without any difference the chance is even: of 60 sets about 6 are below 0.1; 14 or more has a chance of 0.2 %.
    chances = [drifted(rng.dirichlet(np.ones(16), size=24), 10)[1] for _ in range(60)]
    assert sum(c <= 0.1 for c in chances) < 14


def test_drift_of_labels(twelve: dict[str, np.ndarray]) -> None:
    files = [f"{i:03}" for i in range(200)]
    some = photo_facts(twelve["00"])
    hashes = np.random.default_rng(4).integers(2**63, size=200)
    facts = {
        f: replace(some, perceptual_hash=int(h), mirrored_hash=~int(h) & (2**64 - 1))
        for f, h in zip(files, hashes, strict=True)
    }
    for share, expected in ((2, []), (4, ["stop"])):
        # Train: one in two a cat; validation the same, or one in four.
        label = {f: "cat" if i % (share if i < 100 else 2) == 0 else "dog" for i, f in enumerate(files)}
        seen = _seen(dict.fromkeys(files, twelve["00"]), facts=facts, validation=tuple(files[:100]), label=label)
        found = [f for f in judge(seen).findings if f.gate == "drift"]
        assert [f.severity for f in found] == expected
    assert "25% would need another label" in found[0].sentence


def test_bad_files_and_too_many_drops(album: Path, twelve: dict[str, np.ndarray]) -> None:
    manifest = open_set(album).manifest
    (album / "train" / "2.png").write_bytes(b"broken")
    photos = PhotoSet(manifest, album)
    report = judge(measure_set(photos))
    assert _of(report, "unreadable") == [("drop", ("train/2.png",)), ("stop", ("train/2.png",))]
    assert "train/2.png" not in report.kept and len(report.kept) == 8
    with pytest.raises(GateStopError, match="acknowledge the gate: licence, unreadable"):
        run_gates(photos)
    assert run_gates(photos, GatePolicy(acknowledged=frozenset({"licence", "unreadable"}))).kept == report.kept
    grey = {f"g{i}": np.repeat(twelve[f"0{i}"][..., :1], 3, axis=2) for i in range(3)}
    report = judge(_seen({**grey, "00": twelve["00"]}))
    assert [f.sentence for f in report.stops] == ["the gates drop 75% of the photos, more than 25%"]


def test_a_finding_drops_what_it_names() -> None:
    with pytest.raises(ContractError, match="drops some of its entries"):
        GateFinding(gate="graphic", severity="note", entries=("a",), drops=("a",), sentence="")
    with pytest.raises(ContractError, match="drops some of its entries"):
        GateFinding(gate="graphic", severity="drop", entries=("a",), drops=("b",), sentence="")


def test_facts_of_a_known_picture() -> None:
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:, :32] = 255
    pixels[:, 32:64] = (200, 100, 100)
    facts = photo_facts(pixels)
    assert (facts.height_px, facts.width_px) == (64, 128)
    assert facts.white_share == 0.25 and facts.black_share == 0.5 and facts.clipped_share == 0.75
    assert facts.tinted_share == pytest.approx(0.25)
    assert facts.brightness.sum() == pytest.approx(1) and facts.saturation.sum() == pytest.approx(1)
    luma = (0.299 * 200 + 0.587 * 100 + 0.114 * 100) / 255
    assert facts.mean_brightness == pytest.approx(0.25 + 0.25 * luma, abs=1 / BINS)
    assert facts.mean_saturation == pytest.approx(0.25 * 0.5, abs=1 / BINS)
    mirrored = photo_facts(np.ascontiguousarray(pixels[:, ::-1]))
    assert mirrored.perceptual_hash == facts.mirrored_hash and mirrored.mirrored_hash == facts.perceptual_hash
