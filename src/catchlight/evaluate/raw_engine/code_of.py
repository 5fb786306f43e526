"""Which code made a prediction."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import catchlight

_PACKAGE = Path(catchlight.__file__).parent
# Training draws from these; no prediction does.
_WITHOUT = ("simulate/batches",)
_HERE, _MOSAICS = "evaluate/raw_engine", ("core", "camera")
_FRAMES = (
    *_MOSAICS, "simulate", "io/write_dng.py", "develop/linearise.py", "develop/render.py", "models/raw_engine/curve.py",
    "evaluate/develop/burst_methods.py",
    f"{_HERE}/demosaic_bases.py", f"{_HERE}/denoisers.py", f"{_HERE}/noisy_case.py",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionCode:
    """Hashes of the code behind each kind of prediction.

    Args:
        demosaic: of mosaics without noise.
        frame: of one noisy frame, with denoisers.
        chain: Catchlight's chain.
        merge: of a burst.
        engine: what runs a network.
    """

    demosaic: str
    frame: str
    chain: str
    merge: str
    engine: str


@cache
def prediction_code() -> PredictionCode:
    """The code as it is when this is first asked: ask early, as files may change while a benchmark runs."""
    return PredictionCode(
        demosaic=code_of(*_MOSAICS, f"{_HERE}/noise_free.py", f"{_HERE}/demosaic_bases.py"),
        frame=code_of(*_FRAMES),
        chain=code_of(*_FRAMES, "develop", f"{_HERE}/classical_chain.py"),
        merge=code_of(*_FRAMES, "develop", "burst", "pipelines", f"{_HERE}/classical_chain.py"),
        engine=code_of("models"),
    )


def code_of(*parts: str) -> str:
    """First 16 hex digits of the SHA-256 of what the Python files of some parts of the package say, such as `develop`.

    Unlike `source_hash` it does not change with code that has no influence on a prediction, scores for one, nor with
    comments and layout.
    """
    digest = hashlib.sha256()
    for part in parts:
        place = _PACKAGE / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            relative = path.relative_to(_PACKAGE).as_posix()
            if not relative.startswith(_WITHOUT):
                digest.update(f"{relative}\0{ast.dump(ast.parse(path.read_bytes()))}\0".encode())
    return digest.hexdigest()[:16]
