"""What the decoders of all picture formats hand over."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Shaped

from catchlight.core import InputError, Metadata
from catchlight.core.gain_map import GainMap

# Twice Pillow's limit, where it, too, refuses: a file of a few bytes may claim any size.
MOST_PIXELS = 178_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Pixels as the file holds them: h×w or h×w×channels, integers of 0…full, or floats (full = 1)."""

    pixels: Shaped[np.ndarray, "..."]
    full: float
    kind: str
    profile: bytes = b""
    linear: bool = False
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    gain_map: GainMap | None = None


def first_of(count: int, what: str = "pictures") -> tuple[str, ...]:
    """The note for a file that holds several pictures, of which only the first is read; none for a single one."""
    return (f"first of {count} {what} taken",) if count > 1 else ()


def check_size(width: int, height: int) -> None:
    """Refuses sizes without pixels and sizes that no camera makes, before memory is taken for them."""
    if width < 1 or height < 1:
        raise InputError(f"the picture has no pixels ({width}×{height})")
    if width * height > MOST_PIXELS:
        raise InputError(
            f"expected at most {MOST_PIXELS // 10**6} megapixels, found {width}×{height}; scale it down first"
        )
