"""Camera profiles from files, and those that ship with Catchlight."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from pathlib import Path

from catchlight.camera.profile.camera_profile import CameraProfile
from catchlight.camera.profile.profile_toml import profile_from_toml
from catchlight.core.errors import InputError

_SUFFIX = ".toml"
# The largest profile imaginable, with 100,000 defects, is below 2 MB; anything larger is some other file.
_MOST_BYTES = 16 * 2**20


def builtin_profiles() -> tuple[str, ...]:
    """Names of the cameras that ship with Catchlight, in alphabetical order."""
    folder = files("catchlight.camera.profile") / "cameras"
    return tuple(sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)))


def load_builtin(name: str) -> CameraProfile:
    """One of the cameras that ship with Catchlight; letter case, spaces and hyphens of the name do not matter.

    Raises:
        InputError: there is none of this name.
    """
    if _stem(name) not in builtin_profiles():
        raise InputError(f"no camera is called {name!r}; the built-in ones are {', '.join(builtin_profiles())}")
    return _builtin(_stem(name))


def read_profile(source: str | os.PathLike[str]) -> CameraProfile:
    """The profile of a built-in camera's name or of a file.

    A path, text that ends in .toml or has a directory in it, and text that names an existing file are files; other text
    is a name. A built-in camera's name goes before a file of that name.

    Raises:
        InputError: neither, or a file that is no camera profile.
    """
    text = os.fspath(source)
    path = Path(text)
    is_text = isinstance(source, str) and not text.casefold().endswith(_SUFFIX) and path.name == text
    if is_text and (_stem(text) in builtin_profiles() or not path.is_file()):
        return load_builtin(text)
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise InputError(f"{text} is no file; a camera profile (.toml) was expected")
        if size > _MOST_BYTES:
            raise InputError(f"{text} is no camera profile: at most {_MOST_BYTES >> 20} MB were expected; found {size}")
        content = path.read_text(encoding="utf-8-sig")  # some editors put a byte order mark first
    except UnicodeDecodeError:
        raise InputError(f"{text} is no camera profile: TOML text was expected, and it holds something else") from None
    except OSError as error:
        raise InputError(f"{text} cannot be read as a camera profile: {error.strerror or error}") from None
    except ValueError as error:
        raise InputError(f"{text!r} is no name of a file: {error}") from None
    return profile_from_toml(content, called=text)


def _stem(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


@cache
def _builtin(stem: str) -> CameraProfile:
    entry = files("catchlight.camera.profile") / "cameras" / f"{stem}{_SUFFIX}"
    return profile_from_toml(entry.read_text(encoding="utf-8"), called=f"the built-in camera {stem}")
