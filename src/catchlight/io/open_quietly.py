"""Opens a file with Pillow without its warnings."""

from __future__ import annotations

import warnings
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

# `catch_warnings` saves and restores the filters of the whole process: two threads inside it at once would leave the
# filters of one behind for good.
_QUIET = Lock()


def open_quietly(source: Path | BytesIO, formats: tuple[str, ...]) -> Image:
    """The opened picture; what is odd about a file is told by errors and notes, not by Pillow's warnings.

    Raises:
        PIL.UnidentifiedImageError: of none of the formats.
        PIL.Image.DecompressionBombError: absurdly large.
    """
    from PIL import Image

    with _QUIET, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Image.open(source, formats=formats)
