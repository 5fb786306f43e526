"""Manifests made from what is there: a folder of pictures, or WebDataset tars."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from catchlight.core import InputError
from catchlight.io import IMAGE_SUFFIXES
from catchlight.train.data.extra import needed
from catchlight.train.data.manifest import Entry, Manifest, Source, Split

# How people call the folders and tars of a split.
_SPLIT_WORDS: dict[str, Split] = {
    "train": "train", "training": "train", "val": "validation", "valid": "validation", "validation": "validation",
    "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip


def scan_folder(
    folder: Path,
    *,
    source: Source | None = None,
    labels: bool = False,
    held_out: float = 0.0,
) -> Manifest:
    """The manifest of all pictures in a folder and below.

    A folder called train, validation (val, dev) or test on a picture's way decides its split; else it is `train`.

    Args:
        folder: where the pictures are.
        source: their origin and licence; None: not known.
        labels: the name of the folder that a picture lies in is its label.
        held_out: share of the pictures without a split of their own that becomes `validation`, chosen by their bytes:
            a picture stays where it is when others come.

    Raises:
        InputError: no such folder, or no picture in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder}: expected a folder with pictures; found none; check the name")
    origin = source or Source(name=folder.resolve().name or "folder", origin="not stated", licence="unknown")
    entries = []
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.suffix.lower() not in IMAGE_SUFFIXES or not path.is_file():
            continue
        digest = _digest(path)
        entries.append(
            Entry(
                file=relative.as_posix(),
                sha256=digest,
                split=_split(relative.parts[:-1]) or _drawn(digest, held_out),
                source=origin.name,
                label=relative.parts[-2] if labels and len(relative.parts) > 1 else None,
            )
        )
    if not entries:
        raise InputError(f"{folder}: expected pictures in this folder or below; found none")
    return Manifest(name=origin.name, sources=(origin,), entries=tuple(sorted(entries, key=lambda e: e.file)))


def scan_tars(tars: Sequence[Path], *, source: Source | None = None, held_out: float = 0.0) -> Manifest:
    """The manifest of WebDataset tars that lie in one folder: samples of one key, with an image and facts about it.

    The label is the text of the sample's `cls` file, or `label` in its `json`; its group is `group` there. The split
    is told by the tar's name, such as train-0003.tar.

    Args:
        tars: the files.
        source: their origin and licence; None: not known.
        held_out: as in `scan_folder`.

    Raises:
        InputError: a tar is damaged, or holds no picture.
        UsageError: the library `webdataset` is not installed.
    """
    origin = source or Source(name=Path(tars[0]).stem, origin="not stated", licence="unknown")
    entries = []
    for tar in map(Path, tars):
        for key, sample in _samples(tar):
            picture = next((kind for kind in sample if f".{kind.rsplit('.', 1)[-1].lower()}" in IMAGE_SUFFIXES), None)
            if picture is None:
                continue
            digest = hashlib.sha256(sample[picture]).hexdigest()
            facts = _facts(tar, key, sample)
            entries.append(
                Entry(
                    file=f"{tar.name}/{key}.{picture}",
                    sha256=digest,
                    split=_split(tar.stem.replace("_", "-").split("-")) or _drawn(digest, held_out),
                    source=origin.name,
                    group=facts.get("group"),
                    label=facts.get("label"),
                )
            )
    if not entries:
        raise InputError(f"{tars[0]}: expected WebDataset samples with a picture; found none")
    return Manifest(name=origin.name, sources=(origin,), entries=tuple(sorted(entries, key=lambda e: e.file)))


def _samples(tar: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Key and files of each sample, in the order of the tar."""
    iterators = needed("webdataset.tariterators", "to read tars")
    try:
        with tar.open("rb") as stream:
            files = iterators.tar_file_expander([{"url": str(tar), "stream": stream}])
            # As spelt in the tar: the entry names the member.
            for sample in iterators.group_by_keys(files, lcase=False):
                yield sample["__key__"], {k: v for k, v in sample.items() if not k.startswith("__")}
    except OSError as error:
        raise InputError(f"{tar}: cannot be read: {error.strerror or error}; check the name") from error
    except Exception as error:  # the library raises plain ValueErrors and those of tarfile
        raise InputError(f"{tar}: not a WebDataset tar, or damaged ({str(error)[:120]}); copy it again") from error


def _facts(tar: Path, key: str, sample: dict[str, bytes]) -> dict[str, str]:
    facts: dict[str, Any] = {}
    try:
        if "json" in sample:
            facts = json.loads(sample["json"])
        if "cls" in sample:
            facts = {**facts, "label": sample["cls"].decode("utf-8").strip()}
    except (ValueError, TypeError) as error:
        raise InputError(f"{tar}/{key}: its json or cls file cannot be read: {error}") from error
    return {name: str(facts[name]) for name in ("group", "label") if facts.get(name) is not None}


def _split(words: Sequence[str]) -> Split | None:
    return next((_SPLIT_WORDS[w.lower()] for w in words if w.lower() in _SPLIT_WORDS), None)


def _drawn(digest: str, held_out: float) -> Split:
    return "validation" if int(digest[:8], 16) < held_out * 2**32 else "train"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error


def is_tar(path: str | Path) -> bool:
    """Whether a name is that of a tar."""
    return PurePosixPath(path).suffix.lower() == ".tar"
