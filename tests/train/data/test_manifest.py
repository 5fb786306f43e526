"""Manifests: written and read without loss, always the same bytes; wrong ones are refused in one line."""

import json
from pathlib import Path

import pytest

from catchlight.core import ContractError, InputError, OutputError
from catchlight.train.data.licences import judged_licence
from catchlight.train.data.manifest import Entry, Manifest, Source, read_manifest, write_manifest
from catchlight.train.data.open_set import shipped_manifests

_HASH = "0" * 63 + "a"
_SOURCE = Source(name="ours", origin="https://example.org", licence="CC0-1.0", attribution="Ána")


def _entry(file: str, **fields: object) -> Entry:
    return Entry(**{"file": file, "sha256": _HASH, "split": "train", "source": "ours", **fields})


def _manifest() -> Manifest:
    entries = (
        _entry("a b/1.jpg", group="g", label="Zug", reviewed=("graphic", "blurred")),
        _entry("a b/2.jpg", split="validation", dropped="graphic"),
        _entry("ü.jpg", split="test"),
    )
    return Manifest(name="three", sources=(_SOURCE,), entries=entries, notes=("a note",))


def test_round_trip_and_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    write_manifest(_manifest(), one)
    read = read_manifest(one)
    assert read == _manifest()
    write_manifest(read, two)
    assert one.read_bytes() == two.read_bytes()
    # One line an entry, so that a change of one is a change of one line.
    assert sum('"sha256"' in line for line in one.read_text("utf-8").splitlines()) == 3
    with pytest.raises(OutputError, match="exists already"):
        write_manifest(read, one)


def test_kept_leaves_out_what_is_dropped() -> None:
    manifest = _manifest()
    assert [e.file for e in manifest.kept()] == ["a b/1.jpg", "ü.jpg"]
    assert manifest.kept("validation") == ()
    assert manifest.source_of(manifest.entries[0]) is _SOURCE


@pytest.mark.parametrize("file", ["/etc/passwd", "../x.jpg", "a/../../x.jpg", "", "a\\b.jpg"])
def test_files_stay_inside_the_set(file: str) -> None:
    with pytest.raises(ContractError, match="relative path"):
        _entry(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": "12"}, "64 hexadecimal digits"),
        ({"split": "trian"}, "one of train, validation, test"),
        ({"source": "theirs"}, "'theirs', which is not"),
        ({"file": "0.jpg"}, "sorted by file"),
        ({"file": "ü.jpg"}, "once; found 'ü.jpg' again"),
        ({"colour": "red"}, "one too many"),
    ],
)
def test_wrong_entries_are_named(tmp_path: Path, change: dict[str, str], said: str) -> None:
    path = tmp_path / "m.json"
    write_manifest(_manifest(), path)
    told = json.loads(path.read_text("utf-8"))
    told["entries"][1] |= change
    path.write_text(json.dumps(told), "utf-8")
    with pytest.raises(InputError, match=said) as failure:
        read_manifest(path)
    assert str(path) in str(failure.value) and "\n" not in str(failure.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[1]", "none of its fields"), ("{", "in JSON"), ('{"catchlight_manifest": 9}', "found version 9")],
)
def test_other_files_are_no_manifests(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=said):
        read_manifest(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_manifest(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("name", "shippable"),
    [
        ("CC0-1.0", True), ("cc-by-4.0", True), ("CC-BY-SA-4.0", True), ("MIT", True), ("Unsplash", True),
        ("Kodak-unrestricted", False), ("CC-BY-NC-4.0", False), ("CC-BY-NC-SA-4.0", False), ("CC-BY-ND-4.0", False),
        ("own", False), ("unknown", False), ("CC-BY", False),
    ],
)  # fmt: skip
def test_licences(name: str, shippable: bool) -> None:
    judged = judged_licence(name)
    assert judged.shippable is shippable and judged.why


def test_the_raw_engines_manifest() -> None:
    manifest = read_manifest(shipped_manifests()["raw_engine"])
    # What the shipped weights were trained and validated with.
    assert len(manifest.kept("train")) == 221 and len(manifest.kept("validation")) == 41
    assert all(judged_licence(source.licence).shippable for source in manifest.sources)
    dropped = [entry.dropped for entry in manifest.entries if entry.dropped]
    assert sorted(set(dropped)) == ["graphic", "grayscale", "near-duplicate"] and len(dropped) == 29
    # The near-duplicate pair across the origin's own split (its SOURCE.txt): one stays.
    kept = {entry.file for entry in manifest.kept()}
    assert "photos/cid22_512/training/3316926_opo25u.jpg" not in kept
    assert "photos/cid22_512/validation/844297.jpg" in kept
    # Test sets are no part of it.
    assert not any(word in file for file in kept for word in ("kodak", "gb82", "set5", "cbsd"))
