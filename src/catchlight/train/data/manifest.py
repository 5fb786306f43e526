"""The manifest of a set of photos: where they come from, what they may be used for, and which file is which."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal, get_args

from catchlight.core import ContractError, InputError
from catchlight.io import atomic_output

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
_VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where photos come from.

    Args:
        name: short, unique in the manifest.
        origin: address or description.
        licence: SPDX identifier, or a name known to `judged_licence`.
        attribution: what the licence wants said, for the model's card.
    """

    name: str
    origin: str
    licence: str
    attribution: str = ""

    def __post_init__(self) -> None:
        if not self.name or not self.licence:
            raise ContractError(f"a source has a name and a licence (at worst 'unknown'); found {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One photo.

    Args:
        file: path relative to the set's folder, with `/`; in a tar the tar's path, `/`, the member's name.
        sha256: of the file's bytes, 64 hexadecimal digits.
        split: what it is for.
        source: name of its source.
        group: photos of one scene, person or day share it; None: not known.
        label: class; None: has none.
        dropped: why it is not used, one word; empty: it is used.
        reviewed: gates whose doubt about it was looked at and refuted; they only note it.
    """

    file: str
    sha256: str
    split: Split
    source: str
    group: str | None = None
    label: str | None = None
    dropped: str = ""
    reviewed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        path = PurePosixPath(self.file)
        if not self.file or path.is_absolute() or ".." in path.parts or "\\" in self.file:
            raise ContractError(f"an entry's file is a relative path with / inside its set; found {self.file!r}")
        if not _SHA256.fullmatch(self.sha256):
            raise ContractError(f"{self.file}: sha256 is 64 hexadecimal digits; found {self.sha256!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A set of photos.

    Args:
        name: of the set.
        sources: where they come from.
        entries: the photos, sorted by file.
        notes: for people.

    Raises:
        ContractError: an entry twice, not sorted, or of a source that is not stated.
    """

    name: str
    sources: tuple[Source, ...]
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        files = [entry.file for entry in self.entries]
        twice = [file for file, count in Counter(files).items() if count > 1]
        if twice:
            raise ContractError(f"each file stands in a manifest once; found {twice[0]!r} again")
        if files != sorted(files):
            raise ContractError("the entries of a manifest are sorted by file; sort them")
        missing = {entry.source for entry in self.entries} - {source.name for source in self.sources}
        if missing:
            raise ContractError(f"every source of an entry is stated; found {sorted(missing)[0]!r}, which is not")

    def kept(self, split: Split | None = None) -> tuple[Entry, ...]:
        """The entries that are used, of one split or of all."""
        return tuple(e for e in self.entries if not e.dropped and split in (None, e.split))

    def source_of(self, entry: Entry) -> Source:
        """Where an entry comes from."""
        return next(source for source in self.sources if source.name == entry.source)


def write_manifest(manifest: Manifest, path: Path, *, force: bool = False) -> None:
    """Writes it as JSON with one line an entry: the same manifest always gives the same bytes.

    Raises:
        OutputError: the file is there already, or cannot be written.
    """
    parts = [
        f' "catchlight_manifest": {_VERSION}',
        f' "name": {_dumped(manifest.name)}',
        f' "notes": {_lines([_dumped(note) for note in manifest.notes])}',
        f' "sources": {_lines([_dumped(_filled(source)) for source in manifest.sources])}',
        f' "entries": {_lines([_dumped(_filled(entry)) for entry in manifest.entries])}',
    ]
    with atomic_output(path, force=force) as temporary:
        temporary.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Reads what `write_manifest` wrote.

    Raises:
        InputError: missing, no manifest, of a later version, or with an entry that breaks its contract.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: the manifest cannot be read: {error.strerror}; check the name") from error
    except ValueError as error:
        raise InputError(f"{path}: expected a manifest in JSON; {error}") from error
    version = told.get("catchlight_manifest") if isinstance(told, dict) else None
    if version != _VERSION:
        found = f"version {version!r}" if version is not None else "none of its fields"
        raise InputError(f"{path}: expected a manifest of version {_VERSION}; found {found}")
    try:
        return Manifest(
            name=str(told["name"]),
            notes=tuple(str(note) for note in told.get("notes", ())),
            sources=tuple(Source(**source) for source in told["sources"]),
            entries=tuple(_entry(entry) for entry in told["entries"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: the manifest lacks a field or has one too many: {error}") from error
    except ContractError as error:
        raise InputError(f"{path}: {error}") from error


def _entry(told: dict[str, Any]) -> Entry:
    if told["split"] not in SPLITS:
        raise ContractError(f"{told['file']}: the split is one of {', '.join(SPLITS)}; found {told['split']!r}")
    return Entry(**{**told, "reviewed": tuple(told.get("reviewed", ()))})


def _filled(thing: Source | Entry) -> dict[str, Any]:
    """The fields that say something."""
    fields = {name: getattr(thing, name) for name in thing.__dataclass_fields__}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items() if v not in (None, "", ())}


def _lines(items: list[str]) -> str:
    return "[\n  " + ",\n  ".join(items) + "\n ]" if items else "[]"


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
