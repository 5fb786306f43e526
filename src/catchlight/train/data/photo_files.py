"""Photos of a set as pixels, from files in a folder or members of tars in it."""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
from jaxtyping import UInt8

from catchlight.core import ColourSpace, InputError, RawFrame
from catchlight.io import read_picture
from catchlight.pipelines.upright import upright
from catchlight.train.data.manifest import Entry

Pixels = UInt8[np.ndarray, "h w 3"]
_TAR = ".tar/"


class PhotoFiles:
    """Reads the photos of a manifest; holds no file open and can be sent to other processes.

    Args:
        root: the folder that the entries' files are relative to.
        check_hashes: compare the bytes with the manifest's sha256.
    """

    def __init__(self, root: Path, *, check_hashes: bool = True) -> None:
        self._root, self._check = Path(root), check_hashes

    def read(self, entry: Entry) -> Pixels:
        """The photo upright, as sRGB code values.

        Raises:
            InputError: missing, other bytes than the manifest tells, damaged, or a RAW file.
        """
        tar, mark, member = entry.file.partition(_TAR)
        if mark and (self._root / (tar + ".tar")).is_file():
            data = self._from_tar(tar + ".tar", member)
            self._compare(entry, hashlib.sha256(data).hexdigest() if self._check else entry.sha256)
            # Readers of pictures look at heads and directories of files.
            with tempfile.NamedTemporaryFile(suffix=PurePosixPath(member).suffix) as place:
                place.write(data)
                place.flush()
                try:
                    return decoded(Path(place.name))
                except InputError as error:
                    raise InputError(str(error).replace(place.name, entry.file)) from error
        path = self._root / entry.file
        if self._check:
            try:
                with path.open("rb") as stream:
                    digest = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError as error:
                raise InputError(f"{path}: cannot be read: {error.strerror}; check the folder") from error
            self._compare(entry, digest)
        return decoded(path)

    def _compare(self, entry: Entry, digest: str) -> None:
        if digest != entry.sha256:
            raise InputError(
                f"{entry.file}: expected the sha256 {entry.sha256[:12]}… of the manifest, found {digest[:12]}…; "
                "copy the file again, or make the manifest anew"
            )

    def _from_tar(self, tar: str, member: str) -> bytes:
        path = self._root / tar
        try:
            places = _members(path, path.stat().st_mtime_ns)
            if member in places:
                offset, size = places[member]
                with path.open("rb") as stream:
                    stream.seek(offset)
                    return stream.read(size)
        except (OSError, tarfile.TarError) as error:
            raise InputError(f"{tar}/{member}: cannot be read from the tar ({error}); copy it again") from error
        raise InputError(f"{tar}/{member}: the tar holds no such file; make the manifest anew")


@lru_cache(maxsize=256)
def _members(tar: Path, mtime_ns: int) -> dict[str, tuple[int, int]]:
    """Offset and size of each file in a tar that is not compressed; no file stays open."""
    with tarfile.open(tar, "r:") as opened:
        return {m.name: (m.offset_data, m.size) for m in opened if m.isreg()}


def decoded(path: Path) -> Pixels:
    """A picture file upright as sRGB code values 0…255; what lies outside sRGB is clipped.

    Raises:
        InputError: not a picture, damaged, or a RAW file.
    """
    frame = read_picture(path)
    if isinstance(frame, RawFrame):
        raise InputError(f"{path}: expected a finished photo; found a RAW file, develop it first")
    frame = upright(frame).in_space(ColourSpace.SRGB, "srgb")
    scaled = np.clip(frame.pixels, 0, 1) * np.float32(255) + np.float32(0.5)
    return scaled.astype(np.uint8)
