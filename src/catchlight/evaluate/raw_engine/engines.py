"""The engines that are measured, and what tells one from another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from catchlight.core import CatchlightError, CfaPattern, LinearMosaic
from catchlight.develop import chroma_noise, clean_chroma
from catchlight.evaluate.raw_engine.code_of import prediction_code

Picture = Float32[np.ndarray, "h w 3"]
Size = Literal["best", "fast"]
Precision = Literal["fp32", "int8"]
SIZES: tuple[Size, ...] = ("best", "fast")
PRECISIONS: tuple[Precision, ...] = ("fp32", "int8")
_PROBE_PX = 96


@runtime_checkable
class Engine(Protocol):
    """What `catchlight.models.raw_engine.load_raw_engine` gives."""

    def interpolate(self, values: Float32[np.ndarray, "h w"], cfa: CfaPattern, *, deviation: float = 0.0) -> Picture:
        """RGB of a mosaic of encoded values 0…1."""
        ...

    def develop(self, mosaic: LinearMosaic) -> Picture:
        """Linear, white-balanced camera RGB, noise removed."""
        ...


@dataclass(frozen=True)
class MeasuredEngine:
    """An engine under the name that rows give it.

    Args:
        name: `engine best int8`.
        engine: loaded.
    """

    name: str
    engine: Engine

    @cached_property
    def version(self) -> str:
        """Tells these weights and this code from others: by what becomes of a fixed probe."""
        rng = np.random.default_rng((5, 1))
        probe = rng.random((_PROBE_PX, _PROBE_PX), np.float32)
        digest = hashlib.sha256(f"{prediction_code().engine} {prediction_code().chain}".encode())
        for deviation in (0.0, 0.05):
            made = self.engine.interpolate(probe, CfaPattern(name="RGGB"), deviation=deviation)
            digest.update(np.ascontiguousarray(made).tobytes())
        return digest.hexdigest()[:16]


def learned_chain(engine: Engine, mosaic: LinearMosaic) -> Picture:
    """What `catchlight develop` makes of a mosaic: the engine, and coarse colour noise cleaned."""
    return clean_chroma(engine.develop(mosaic), chroma_noise(mosaic))


def engine_name(size: Size, precision: Precision) -> str:
    """What rows call it."""
    return f"engine {size} {precision}"


ENGINES = tuple(engine_name(s, p) for s in SIZES for p in PRECISIONS)


def load_engine(size: Size, precision: Precision) -> Engine:
    """The engine as `develop` has it.

    Raises:
        CatchlightError: its weights, or what runs them, are missing.
    """
    from catchlight.models.raw_engine import load_raw_engine

    engine: Engine = load_raw_engine(size, precision=precision)
    return engine


def load_engines() -> tuple[tuple[MeasuredEngine, ...], tuple[str, ...]]:
    """All that can be loaded, and a note for each that cannot."""
    found, notes = [], []
    for size in SIZES:
        for precision in PRECISIONS:
            name = engine_name(size, precision)
            try:
                found.append(MeasuredEngine(name, load_engine(size, precision)))
            except (CatchlightError, ImportError) as error:
                notes.append(f"{name} is not measured: {error}")
    return tuple(found), tuple(notes)
