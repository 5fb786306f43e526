"""Catchlight, called as everybody else: a program on the same files."""

from __future__ import annotations

import sys

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerRun
from catchlight.evaluate.develop.peers.read_result import read_result

COMMAND = (sys.executable, "-c", "from catchlight.cli.main import main; main()")


def catchlight_develop(run: PeerRun) -> Float32[np.ndarray, "h w 3"]:
    """`catchlight develop FRAMES -o out.tif --render linear --reference 0`.

    Raises:
        PeerError: it failed.
    """
    result = run.folder / "catchlight.tif"
    # Its compiled kernels are kept in the user's own cache.
    frames = [frame.resolve() for frame in run.frames]
    run.call(
        *COMMAND, "develop", *frames, "-o", result, "--render", "linear", "--reference", "0", "--force", "--quiet",
        own_settings=False,
    )  # fmt: skip
    return read_result(result)


CATCHLIGHT = Peer(
    name="catchlight",
    programs=(),
    frames=None,
    settings="develop FRAMES -o out.tif --render linear --reference 0",
    develop=catchlight_develop,
)
CATCHLIGHT_SINGLE = Peer(
    name="catchlight, 1 frame",
    programs=(),
    frames=1,
    settings="the same with the first frame alone",
    develop=catchlight_develop,
)
