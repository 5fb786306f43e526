"""RawTherapee: a single frame, neutral, with its noise reduction."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerRun
from catchlight.evaluate.develop.peers.read_result import read_result

# What is not named keeps RawTherapee's neutral value. LMMSE was 0.2 dB ahead of AMaZE at gain 1 and 0.5 dB at gain 16;
# chrominance by hand instead of automatic, in RGB mode, was worth another 1 dB.
_PROFILE = """[Exposure]
Auto=false
Curve=0;
HistogramMatching=false

[HLRecovery]
Enabled=false

[Color Management]
InputProfile=(cameraICC)
ToneCurve=false
ApplyLookTable=false
ApplyBaselineExposureOffset=false
ApplyHueSatMap=false
WorkingProfile=ProPhoto
OutputProfile=RTv4_sRGB

[RAW]
CA=false

[RAW Bayer]
Method=lmmse

[Directional Pyramid Denoising]
Enabled=true
Enhance=false
Median=false
Luma=40
Ldetail=60
Chroma=15
Method=RGB
LMethod=SLI
CMethod=MAN
C2Method=MANU
SMethod=shal
Redchro=0
Bluechro=0
Gamma=1.7
Passes=1
LCurve=0;
CCCurve=0;
"""


def rawtherapee_single(run: PeerRun) -> Float32[np.ndarray, "h w 3"]:
    """The first frame; RawTherapee crops 4 px of each edge.

    Raises:
        PeerError: it failed.
    """
    profile, result = run.folder / "neutral.pp3", run.folder / "rawtherapee.tif"
    profile.write_text(_PROFILE, encoding="ascii")
    run.call("rawtherapee-cli", "-q", "-Y", "-p", profile, "-t", "-b16", "-o", result, "-c", run.frames[0].resolve())
    return read_result(result, encoded=True)


RAWTHERAPEE = Peer(
    name="RawTherapee, 1 frame",
    programs=("rawtherapee-cli",),
    frames=1,
    settings=(
        "neutral; LMMSE; noise reduction RGB, luminance 40, detail 60, chrominance 15 by hand, gamma 1.7; no tone "
        "curve, no lens or chromatic aberration correction; 16-bit TIFF, RTv4_sRGB"
    ),
    develop=rawtherapee_single,
    version=("-v",),
)
