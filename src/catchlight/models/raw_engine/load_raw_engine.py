"""The engine that ships, ready to run."""

from __future__ import annotations

from functools import cache

from catchlight.models.onnx_session import OnnxSession
from catchlight.models.raw_engine.engine import Precision, RawEngine, Size
from catchlight.models.registry import find, verify


@cache
def load_raw_engine(size: Size = "best", *, precision: Precision = "fp32") -> RawEngine:
    """One of the engines that ship; the same one for the same question.

    Args:
        size: `best`, or `fast` with a tenth of the work.
        precision: `fp32`, or `int8`, which is smaller, faster, and worse where there is little noise.

    Raises:
        InputError: its file is missing or damaged.
    """
    entry = find(f"raw_engine_{size}_{precision}")
    return RawEngine(OnnxSession(verify(entry), name=entry.name, multiple=entry.size_multiple))
