"""A set of photos from what a user names: a shipped manifest, a manifest's file, a folder, or tars."""

from __future__ import annotations

from pathlib import Path

from catchlight.core import InputError, UsageError
from catchlight.train.data.manifest import Manifest, Source, read_manifest
from catchlight.train.data.photo_set import PhotoSet
from catchlight.train.data.scan import is_tar, scan_folder, scan_tars

_SHIPPED = Path(__file__).parent.parent / "recipes" / "data"


def shipped_manifests() -> dict[str, Path]:
    """The manifests of the shipped recipes by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.json"))}


def open_set(
    named: str | Path,
    *,
    data: Path | None = None,
    source: Source | None = None,
    labels: bool = False,
    held_out: float = 0.0,
) -> PhotoSet:
    """Opens a set.

    Args:
        named: name of a shipped manifest, a manifest's file, a folder of pictures or of tars, or one tar.
        data: the folder that a manifest's files are relative to; None: the manifest's own if they are there, else
            CATCHLIGHT_DATA.
        source: for folders and tars; see `scan_folder`.
        labels: for folders.
        held_out: for folders and tars.

    Raises:
        InputError: nothing there, or not readable.
        UsageError: the manifest's photos cannot be found.
    """
    path = Path(named)
    if str(named) in shipped_manifests() and not path.exists():
        manifest = read_manifest(shipped_manifests()[str(named)])
        return PhotoSet(manifest, _root(manifest, None, data))
    if path.is_dir():
        tars = sorted(p for p in path.iterdir() if is_tar(p) and p.is_file())
        if tars:
            return PhotoSet(scan_tars(tars, source=source, held_out=held_out), path)
        return PhotoSet(scan_folder(path, source=source, labels=labels, held_out=held_out), path)
    if is_tar(path):
        return PhotoSet(scan_tars([path], source=source, held_out=held_out), path.parent)
    if not path.is_file():
        raise InputError(
            f"{named}: expected a manifest, a folder, a tar or one of {', '.join(shipped_manifests())}; found none"
        )
    manifest = read_manifest(path)
    return PhotoSet(manifest, _root(manifest, path.parent, data))


def _root(manifest: Manifest, beside: Path | None, data: Path | None) -> Path:
    first = manifest.entries[0].file if manifest.entries else ""
    # Members of tars are no files.
    first = first.partition(".tar/")[0] + ".tar" if ".tar/" in first else first
    if data is None and beside is not None and (beside / first).is_file():
        return beside
    # Loads every benchmark, which most callers do not need.
    from catchlight.evaluate.photo_sets import data_folder

    root = data_folder(data)
    if root is None:
        raise UsageError(
            f"{manifest.name}: the folder with {first} is not known; name it with --data or in CATCHLIGHT_DATA"
        )
    return root
