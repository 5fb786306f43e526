"""The facts about all photos of a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from catchlight.core import CatchlightError
from catchlight.simulate.batches.worker_pool import mapped
from catchlight.train.data.manifest import Entry, Manifest
from catchlight.train.data.photo_facts import PhotoFacts, photo_facts
from catchlight.train.data.photo_files import PhotoFiles
from catchlight.train.data.photo_set import PhotoSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetFacts:
    """A manifest and what its photos look like.

    Args:
        manifest: of the set.
        facts: by file, of those that are used and could be read.
        faults: by file, why it could not be used.
    """

    manifest: Manifest
    facts: Mapping[str, PhotoFacts]
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The photos that there are facts about, sorted by file."""
        return tuple(entry for entry in self.manifest.entries if entry.file in self.facts)


def measure_set(
    photo_set: PhotoSet,
    *,
    workers: int = 0,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> SetFacts:
    """Reads every photo of a set once, compares its hash, and measures it.

    Args:
        photo_set: the set.
        workers: processes; about 0.1 s a photo of 512×512 px in each.
        progress: called with what is done, the photo's number and how many there are.
    """
    facts: dict[str, PhotoFacts] = {}
    faults: dict[str, str] = {}
    total = len(photo_set)
    work = _Measuring(PhotoFiles(photo_set.root, check_hashes=photo_set.check_hashes))
    found = mapped(work, photo_set.entries, workers=workers)
    for done, (entry, result) in enumerate(zip(photo_set.entries, found, strict=True), 1):
        progress("measuring photos", done, total)
        if isinstance(result, str):
            faults[entry.file] = result
        else:
            facts[entry.file] = result
    return SetFacts(manifest=photo_set.manifest, facts=facts, faults=faults)


class _Measuring:
    def __init__(self, files: PhotoFiles) -> None:
        self.files = files

    def __call__(self, entry: Entry) -> PhotoFacts | str:
        try:
            pixels = self.files.read(entry)
        except CatchlightError as error:
            return str(error)
        return photo_facts(pixels)
