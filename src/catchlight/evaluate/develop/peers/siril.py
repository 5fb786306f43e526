"""Siril: an astronomer's stack of the whole burst."""

from __future__ import annotations

import re
import shutil

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerError, PeerRun
from catchlight.evaluate.develop.peers.read_result import read_result

# Siril aligns by stars. With a low threshold its finder takes any bright spot for one; where that finds too little,
# the lowest that it accepts is tried. Numbers: detection threshold in σ, least roundness.
_FINDERS = ("0.3 0.1", "0.05 0")
# Of the rejections that it has, linear fit clipping was the best one with and without a moving object.
_SCRIPT = """requires 1.0.0
setext fit
set32bits
convert burst -debayer -out=work
cd work
setfindstar {finder}
register burst -transf=homography -minpairs=6
stack r_burst rej l 3 3 -nonorm -out=result
load result
savetif32 result
close
"""


def siril_stack(run: PeerRun) -> Float32[np.ndarray, "h w 3"]:
    """Converted with Siril's demosaic (RCD), registered by a homography, stacked with rejection.

    Raises:
        PeerError: no frame could be registered, or it failed.
    """
    failure = PeerError("no frames")
    for finder in _FINDERS:
        try:
            picture, stacked = _stacked(run, finder)
        except PeerError as error:
            failure = error
            continue
        if stacked == len(run.frames) or finder == _FINDERS[-1]:
            return picture
        failure = PeerError(f"only {stacked} of {len(run.frames)} frames were registered")
    raise failure


def _stacked(run: PeerRun, finder: str) -> tuple[Float32[np.ndarray, "h w 3"], int]:
    """The picture, and how many frames are in it."""
    place = run.folder / "siril"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for frame in run.frames:
        (place / frame.name).symlink_to(frame.resolve())
    script = place / "stack.ssf"
    script.write_text(_SCRIPT.format(finder=finder), encoding="ascii")
    said = run.call("siril-cli", "-d", place, "-s", script)
    result = place / "work" / "result.tif"
    if not result.is_file():
        raise PeerError(_reason(said))
    counted = re.search(r"(\d+) images have been stacked", said)
    return read_result(result), int(counted.group(1)) if counted else 0


def _reason(said: str) -> str:
    told = [line for line in said.splitlines() if re.search(r"fail|error|not enough|cannot|abort", line, re.IGNORECASE)]
    return f"siril-cli: {told[-1].removeprefix('log: ').strip()[:120]}" if told else "siril-cli wrote no result"


SIRIL = Peer(
    name="Siril",
    programs=("siril-cli",),
    frames=None,
    settings=(
        "script: set32bits; convert -debayer (RCD); setfindstar 0.3 0.1, if a frame is dropped again with 0.05 0; "
        "register -transf=homography -minpairs=6; stack rej l 3 3 -nonorm; savetif32"
    ),
    develop=siril_stack,
)
