"""One method on one burst: its picture judged, its time and memory; or why it has none."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import CatchlightError
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerRun
from catchlight.evaluate.develop.peers.peer_score import peer_score
from catchlight.evaluate.result_cache import Figures

SECONDS, PROCESSOR_S, PEAK_MB = "seconds", "processor seconds", "peak memory"
# A failure is kept in the cache of figures too: as a key that starts with this, its value 1.
FAILED = "failed: "


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeerResult:
    """What a method made of a burst.

    Args:
        picture: linear light in its own geometry; None when it failed.
        figures: seconds, processor seconds and peak memory; or one key, `failed: ` and the reason.
    """

    picture: Float32[np.ndarray, "h w 3"] | None
    figures: Figures


def run_peer(peer: Peer, frames: Sequence[Path], *, limit_s: float) -> PeerResult:
    """Runs a method on the frames in a scratch folder of its own; never raises for what the program does.

    Args:
        peer: the method.
        frames: files of the burst, the reference first.
        limit_s: seconds until it is ended.
    """
    if peer.missing:
        return _failure(f"{', '.join(peer.missing)} is not installed (make peers)")
    with tempfile.TemporaryDirectory(prefix="catchlight-peer-", ignore_cleanup_errors=True) as scratch:
        run = PeerRun(frames=list(frames)[: peer.frames], folder=Path(scratch), limit_s=limit_s)
        try:
            picture = peer.develop(run)
        except (CatchlightError, OSError, ValueError) as error:
            return _failure(str(error))
        figures = {SECONDS: run.seconds, PROCESSOR_S: run.processor_s, PEAK_MB: run.peak_mb}
        return PeerResult(picture=picture, figures=figures)


def measured_peer(
    peer: Peer, frames: Sequence[Path], truth: Float32[np.ndarray, "truth_h truth_w 3"], *, limit_s: float
) -> Figures:
    """All figures of a method on one burst, or one key that says why there are none."""
    result = run_peer(peer, frames, limit_s=limit_s)
    if result.picture is None:
        return result.figures
    try:
        return result.figures | peer_score(result.picture, truth)
    except CatchlightError as error:
        return _failure(str(error)).figures


def failure_of(figures: Figures) -> str | None:
    """The reason in figures of a failed run; None for those of a good one."""
    return next((key.removeprefix(FAILED) for key in figures if key.startswith(FAILED)), None)


def _failure(reason: str) -> PeerResult:
    # Scratch folders have a new name each time, and no business in a table.
    said = re.sub(r"\S*catchlight-peer-\w+/?", "", " ".join(reason.split()))
    return PeerResult(picture=None, figures={FAILED + said: 1.0})
