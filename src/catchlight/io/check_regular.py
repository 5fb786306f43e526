"""Refuses what is no file on a disk before it is opened: opening a named pipe would wait for its writer for ever."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from catchlight.core import InputError

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_regular(path: Path) -> None:
    """Passes a file, or a link to one; whether it can be read is seen when it is.

    Raises:
        InputError: missing, a link that leads nowhere, a folder, a pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {_why_unreachable(path, error)}") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: expected a picture, found a folder; name a file in it")
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise InputError(f"{path}: is not a regular file but {kind}; write the picture to a file and name that")


def _why_unreachable(path: Path, error: OSError | ValueError) -> str:
    # The system refuses a NUL in a name with a ValueError.
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    if number == errno.ELOOP:
        return "is a link that leads nowhere, only back to itself; name the picture itself"
    if number == errno.ENAMETOOLONG:
        return "no such file, the name is longer than names can be; check the name"
    if number not in (errno.ENOENT, errno.ENOTDIR):
        return f"cannot be read: {getattr(error, 'strerror', None) or error}; check its permissions"
    if path.is_symlink():
        return f"is a link that leads nowhere, to {path.readlink()}; name the picture itself"
    return "no such file or folder; check the name"
