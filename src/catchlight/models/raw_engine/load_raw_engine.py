"""The engine that ships, ready to run."""

from __future__ import annotations

from functools import cache

from catchlight.models.onnx_session import OnnxSession
from catchlight.models.raw_engine.engine import Precision, RawEngine, Size
from catchlight.models.registry import find, verify

_USUAL: dict[Size, Precision] = {"best": "fp32", "fast": "int8"}


@cache
def load_raw_engine(size: Size = "best", *, precision: Precision | None = None) -> RawEngine:
    """One of the engines that ship; the same one for the same question.

    Args:
        size: `best`, or `fast` with a tenth of the work.
        precision: `fp32` or `int8`; None takes the one that its users want: quality of `best`, speed of `fast`.

    Raises:
        InputError: its file is missing or damaged.
    """
    entry = find(f"raw_engine_{size}_{precision or _USUAL[size]}")
    return RawEngine(OnnxSession(verify(entry), name=entry.name, multiple=entry.size_multiple))
