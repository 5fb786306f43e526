"""Outputs appear whole or not at all: written under a hidden name beside the target, then moved into place."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from catchlight.core import OutputError

# What the operating system says, and what the user can do about it.
_REASONS = {
    errno.ENOSPC: "the disk is full; free some space or choose another folder",
    errno.EDQUOT: "the disk quota is used up; free some space or choose another folder",
    errno.EFBIG: "the file system holds no files of this size; choose another folder",
    errno.EACCES: "permission denied; choose a folder that you may write to",
    errno.EPERM: "permission denied; choose a folder that you may write to",
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.ENOENT: "its folder does not exist; create it",
    errno.ENOTDIR: "its folder is a file; choose another place",
    errno.ELOOP: "a link on the way leads only back to itself; choose another name",
    errno.ENAMETOOLONG: "the name is too long; choose a shorter name",
    errno.EIO: "the device reports an error; choose another folder",
}


def check_writable(path: Path, *, force: bool) -> None:
    """Fails now, before any work, where writing `path` later would fail.

    Raises:
        OutputError: it exists and `force` is false, it is a folder, its folder is missing or may not be written to.
    """
    path = Path(path)
    if not path.name:
        raise OutputError(f"expected the name of an output file, found {str(path)!r}; add a file name")
    parent = path.parent
    try:
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; give the name of a file inside it")
        if not parent.exists():
            raise OutputError(f"{path}: the folder {parent} does not exist; create it first")
        if not parent.is_dir():
            raise OutputError(f"{path}: {parent} is not a folder; choose another place")
        if path.exists() and not path.is_file():
            raise OutputError(f"{path}: is not a regular file but a device or a pipe; choose another name")
        if (path.exists() or path.is_symlink()) and not force:
            raise OutputError(f"{path}: exists already; choose another name or overwrite it with --force")
        if not os.access(parent, os.W_OK | os.X_OK):
            raise OutputError(f"{path}: the folder {parent} is read-only; choose a folder that you may write to")
    except OSError as error:
        raise _told(path, error) from error


def same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to one file, through links and different spellings too; False when either is missing."""
    try:
        return Path(first).samefile(second)
    except (OSError, ValueError):
        return False


@contextmanager
def atomic_output(path: Path, *, force: bool = False) -> Iterator[Path]:
    """Gives a temporary path in the folder of `path`; what was written there becomes `path` when the block ends.

    Any exception in the block, Ctrl-C included, removes the temporary file and leaves an existing `path` as it was.
    The temporary file has the suffix of `path`, as encoders choose the format by it. A symbolic link is followed.

    Raises:
        OutputError: see `check_writable`; or there is no room or no permission while writing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_output(Path(folder) / "note.txt") as place:
    ...         _ = place.write_text("done")
    ...     sorted(p.name for p in Path(folder).iterdir())
    ['note.txt']
    """
    path = Path(path)
    check_writable(path, force=force)
    try:
        target = path.resolve() if path.is_symlink() else path
    except RuntimeError as error:  # pathlib's word for a link that leads back to itself
        raise _told(path, OSError(errno.ELOOP, str(error))) from error
    # The stem is cut so that the hidden name stays within the 255 bytes that file systems allow.
    # Bytes that are no UTF-8 are left out of it, too.
    stem = os.fsencode(target.stem)[:100].decode(errors="ignore")
    temporary = target.with_name(f".{stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        try:
            yield temporary
            _finish(temporary, target, path, force=force)
        except OSError as error:
            raise _told(path, error) from error
    finally:
        # After success there is nothing left to remove. A second Ctrl-C may strike here: the removal is tried again.
        try:
            temporary.unlink(missing_ok=True)
        except KeyboardInterrupt:
            temporary.unlink(missing_ok=True)
            raise
        except OSError:
            pass


def _finish(temporary: Path, target: Path, path: Path, *, force: bool) -> None:
    if not temporary.exists():
        raise OutputError(f"{path}: nothing was written; please report this")
    with temporary.open("rb+") as stream:
        os.fsync(stream.fileno())
    if target.exists():
        with suppress(OSError):  # an overwritten file keeps its permissions where the system lets it
            temporary.chmod(target.stat().st_mode & 0o7777)
        if not force:
            raise OutputError(f"{path}: appeared while it was being made; choose another name or use --force")
    temporary.replace(target)
    with suppress(OSError):  # makes the new name durable; some file systems cannot open folders
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _told(path: Path, error: OSError) -> OutputError:
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error) or type(error).__name__)
    return OutputError(f"{path}: cannot be written: {reason}")
