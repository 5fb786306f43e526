"""Pictures that methods have made, kept as PNG, so that a new score or slice needs no new prediction."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from jaxtyping import Float32

from catchlight.io import atomic_output

Picture = Float32[np.ndarray, "h w 3"]
# Of the encoded picture: what 16 bits lose lies 100 dB below white.
Bits = Literal[8, 16]


@dataclass(slots=True)
class PredictionCache:
    """A folder of pictures, encoded values 0…1; `folder` None keeps nothing.

    A picture is found by all that decides it, so a method that changed is asked again and the others are not.

    Args:
        folder: made when it is first needed.
    """

    folder: Path | None = None
    hits: int = 0
    misses: int = 0

    def get(self, name: str, *, version: str, bits: Bits, make: Callable[[], Picture]) -> Picture:
        """The stored picture, or the one that `make` gives, which is stored; the same values either way.

        Args:
            name: method, case and photo, for people.
            version: everything else that decides the picture.
            bits: of a value.
            make: makes the picture; clipped to 0…1 here.
        """
        path = None if self.folder is None else self.folder / _file_name(name, version)
        stored = None if path is None else _read(path)
        if stored is not None:
            self.hits += 1
            return stored
        self.misses += 1
        most = 2**bits - 1
        codes = np.rint(np.clip(make(), 0, 1) * np.float32(most)).astype(np.uint8 if bits == 8 else np.uint16)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            done, data = cv2.imencode(".png", codes[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
            if done:
                with atomic_output(path, force=True) as temporary:
                    temporary.write_bytes(data.tobytes())
        return codes.astype(np.float32) / np.float32(most)


def _file_name(name: str, version: str) -> str:
    readable = re.sub(r"[^a-zA-Z0-9_+.-]+", "_", name)[:120]
    digest = hashlib.sha256(name.encode() + b"\0" + version.encode()).hexdigest()
    return f"{readable}-{digest[:12]}.png"


def _read(path: Path) -> Picture | None:
    """The picture; None when it is missing, or damaged and to be made again."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError:
        return None
    codes = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if codes is None or codes.ndim != 3 or codes.shape[2] != 3:
        return None
    most = np.float32(255 if codes.dtype == np.uint8 else 65535)
    return np.ascontiguousarray(codes[..., ::-1]).astype(np.float32) / most
