"""LibRaw's own developer, alone and in front of Hugin's aligner and enfuse."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerError, PeerRun
from catchlight.evaluate.develop.peers.read_result import read_result, read_with_alpha

# 16-bit TIFF, AHD, the file's white balance, sRGB primaries, no automatic brightness.
_AHD = ("dcraw_emu", "-T", "-6", "-W", "-q", "3", "-w", "-o", "1")
# The aligner compares what people see: its frames carry a gamma of 2.4 with a toe like sRGB's.
_LINEAR, _SRGB_CURVE = ("-g", "1", "1"), ("-g", "2.4", "12.92")
# The files tell no focal length. With a narrow field of view a turn of the camera is next to a plain shift of the
# picture, which is what these frames have: 3° instead of 50° is worth 8 dB.
_ALIGN = (
    "align_image_stack", "--use-given-order", "--align-to-first", "-f", "3", "-c", "20", "-g", "5", "--corr=0.7",
    "-t", "3", "-s", "1",
)  # fmt: skip

Picture = Float32[np.ndarray, "h w 3"]


def ahd_single(run: PeerRun) -> Picture:
    """The first frame."""
    return read_result(_developed(run, run.frames[:1], _LINEAR)[0])


def ahd_mean(run: PeerRun) -> Picture:
    """The mean of all frames, whatever moved."""
    files = _developed(run, run.frames, _LINEAR)
    with run.timed():
        return _mean(files, encoded=False)


def aligned_mean(run: PeerRun) -> Picture:
    """The mean of the frames that align_image_stack moved onto the first, in linear light."""
    files = _aligned(run)
    with run.timed():
        return _mean(files, encoded=True)


def aligned_enfuse(run: PeerRun) -> Picture:
    """Fused by enfuse from the frames that align_image_stack moved onto the first."""
    files = _aligned(run)
    result = run.folder / "fused.tif"
    # All frames have one exposure: what the weights look for differs by noise alone, so they are all the same. One
    # level and no colour space of its own: its pyramids overshoot and wrap round at 16 bits in dark noise.
    run.call(
        "enfuse", "--exposure-weight=0", "--saturation-weight=0", "--contrast-weight=0", "--entropy-weight=0",
        "--blend-colorspace=IDENTITY", "-l", "1", "-d", "16", "-o", result, *files,
    )  # fmt: skip
    return read_result(result, encoded=True)


def _developed(run: PeerRun, frames: Sequence[Path], curve: Sequence[str]) -> list[Path]:
    results = []
    for frame in frames:
        # It writes beside its input.
        link = run.folder / frame.name
        if not link.exists():
            link.symlink_to(frame.resolve())
        run.call(*_AHD, *curve, link)
        results.append(run.folder / f"{frame.name}.tiff")
    if not all(path.is_file() for path in results):
        raise PeerError("dcraw_emu wrote no TIFF")
    return results


def _aligned(run: PeerRun) -> list[Path]:
    files = _developed(run, run.frames, _SRGB_CURVE)
    said = run.call(*_ALIGN, "-a", run.folder / "aligned_", *files)
    found = sorted(run.folder.glob("aligned_*.tif"))
    if len(found) != len(files):
        lines = [line for line in said.splitlines() if "rror" in line or "No feature" in line]
        raise PeerError(f"align_image_stack aligned {len(found)} of {len(files)} frames {lines[-1] if lines else ''}")
    return found


def _mean(files: Sequence[Path], *, encoded: bool) -> Picture:
    total: Picture | None = None
    weight: Float32[np.ndarray, "h w 1"] | None = None
    for path in files:
        _, alpha = read_with_alpha(path)
        # Half-covered pixels at the rim are mixed with black.
        whole = (alpha > 0.999).astype(np.float32)[..., None]
        part = read_result(path, encoded=encoded) * whole
        total = part if total is None else total + part
        weight = whole if weight is None else weight + whole
    assert total is not None and weight is not None
    mean: Picture = total / np.maximum(weight, 1)
    return mean


_HUGIN = "dcraw_emu -q 3 -w -W -6 -g 2.4 12.92 each; " + " ".join(_ALIGN)
DCRAW = Peer(
    name="dcraw_emu AHD, 1 frame",
    programs=("dcraw_emu",),
    frames=1,
    settings="-T -6 -W -q 3 -w -o 1 -g 1 1",
    develop=ahd_single,
    version=(),
)
DCRAW_MEAN = Peer(
    name="dcraw_emu AHD + plain mean",
    programs=("dcraw_emu",),
    frames=None,
    settings="each frame as alone; mean of the linear pictures without alignment",
    develop=ahd_mean,
    version=(),
)
HUGIN_MEAN = Peer(
    name="align_image_stack + mean",
    programs=("align_image_stack", "dcraw_emu"),
    frames=None,
    settings=f"{_HUGIN}; mean in linear light",
    develop=aligned_mean,
    version=("-h",),
)
HUGIN_ENFUSE = Peer(
    name="align_image_stack + enfuse",
    programs=("enfuse", "align_image_stack", "dcraw_emu"),
    frames=None,
    settings=f"{_HUGIN}; enfuse with all weights 0 (equal), -l 1 --blend-colorspace=IDENTITY -d 16",
    develop=aligned_enfuse,
    starts_fast=False,
)
