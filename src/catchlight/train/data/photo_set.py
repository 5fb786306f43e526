"""A set of photos that can be streamed: seeded order, shards, bad files skipped and counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from catchlight.core import CatchlightError, ContractError, InputError
from catchlight.simulate.batches.worker_pool import mapped
from catchlight.train.data.manifest import Entry, Manifest, Split
from catchlight.train.data.photo_files import PhotoFiles

# More files than this share that cannot be used mean that the set is not what its manifest says.
MOST_FAULTY = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PhotoSample:
    """One photo of a stream.

    Args:
        number: its place in the endless order of the stream; to go on behind it, start at the next number.
        entry: what the manifest says about it.
        pixels: upright sRGB code values.
    """

    number: int
    entry: Entry
    pixels: UInt8[np.ndarray, "h w 3"]


class PhotoSet:
    """The photos of a manifest that are used, of one split or of all, or a shard of them.

    Args:
        manifest: what they are.
        root: the folder that the entries' files are relative to.
        split: only these; None: all.
        check_hashes: compare the bytes with the manifest's sha256 whenever a file is read.

    Raises:
        InputError: nothing is left, or the folder is missing.
    """

    def __init__(
        self, manifest: Manifest, root: Path, *, split: Split | None = None, check_hashes: bool = True
    ) -> None:
        self.manifest, self.root, self.split, self.check_hashes = manifest, Path(root), split, check_hashes
        self.entries = manifest.kept(split)
        self.rank, self.of = 0, 1
        # Files that could not be used, and why.
        self.faults: dict[str, str] = {}
        self._order: tuple[tuple[int, int], list[int]] = ((-1, -1), [])
        self._files = PhotoFiles(self.root, check_hashes=check_hashes)
        if not self.entries:
            wanted = f"photos for {split}" if split else "photos"
            raise InputError(f"{manifest.name}: expected {wanted}; the manifest has none; name another split or set")
        if not self.root.is_dir():
            raise InputError(
                f"{self.root}: expected the folder with the photos of {manifest.name}; found no such folder"
            )

    def __len__(self) -> int:
        return len(self.entries)

    def only(self, split: Split) -> PhotoSet:
        """The photos of one split."""
        return PhotoSet(self.manifest, self.root, split=split, check_hashes=self.check_hashes)

    def shard(self, rank: int, of: int) -> PhotoSet:
        """What process `rank` of `of` streams: of each epoch a part of its own, all parts together the epoch."""
        if not 0 <= rank < of:
            raise ContractError(f"a shard is one of 0…{of - 1}; found {rank}")
        part = PhotoSet(self.manifest, self.root, split=self.split, check_hashes=self.check_hashes)
        part.rank, part.of = rank, of
        return part

    def read(self, entry: Entry) -> UInt8[np.ndarray, "h w 3"]:
        """One photo.

        Raises:
            InputError: it cannot be used.
        """
        return self._files.read(entry)

    def stream(
        self, *, seed: int | None = None, start: int = 0, epochs: int | None = 1, workers: int = 0
    ) -> Iterator[PhotoSample]:
        """Photos one after the other; what cannot be used is skipped and counted in `faults`.

        The order of an epoch is drawn from the seed and the epoch's number alone: a stream that starts at a number goes
        on exactly like one that has come there, also in another number of shards.

        Args:
            seed: of the order, another one in every epoch; None: as in the manifest.
            start: number of the first photo.
            epochs: how often every photo comes; None: for ever.
            workers: processes that decode ahead; see `mapped`.

        Raises:
            InputError: more than 1 % of the set's files cannot be used.
        """
        numbers = itertools.count(start) if epochs is None else range(start, epochs * len(self))
        mine = (n for n in numbers if n % self.of == self.rank)
        jobs = ((n, self.entries[self._index(n, seed)]) for n in mine)
        work = _Reading(self._files)
        for (number, entry), found in mapped(work, jobs, workers=workers):
            if isinstance(found, str):
                self.note_fault(entry, found)
            else:
                yield PhotoSample(number=number, entry=entry, pixels=found)

    def note_fault(self, entry: Entry, reason: str) -> None:
        """Counts a file that cannot be used.

        Raises:
            InputError: there are too many of them.
        """
        self.faults[entry.file] = reason
        if len(self.faults) > MOST_FAULTY * len(self):
            first = next(iter(self.faults.values()))
            raise InputError(
                f"{self.manifest.name}: {len(self.faults)} of {len(self)} photos cannot be used, more than "
                f"{MOST_FAULTY:.0%}; the first: {first}"
            )

    def _index(self, number: int, seed: int | None) -> int:
        epoch, place = divmod(number, len(self))
        if seed is None:
            return place
        key = (seed, epoch)
        if self._order[0] != key:
            self._order = (key, np.random.default_rng([seed, 21, epoch]).permutation(len(self)).tolist())
        return self._order[1][place]


class _Reading:
    """Reads in whatever process it is called: pixels, or why there are none."""

    def __init__(self, files: PhotoFiles) -> None:
        self.files = files

    def __call__(self, job: tuple[int, Entry]) -> tuple[tuple[int, Entry], UInt8[np.ndarray, "h w 3"] | str]:
        try:
            return job, self.files.read(job[1])
        except CatchlightError as error:
            return job, str(error)
