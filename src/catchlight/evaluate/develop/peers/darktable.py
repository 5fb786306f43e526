"""darktable: a single frame with its profiled noise reduction."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from catchlight.core import InputError, NoiseModel, RawFrame
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_run import PeerRun
from catchlight.evaluate.develop.peers.read_result import read_result
from catchlight.io import read_picture

# Its own default of strength 1 costs 2 to 4 dB here; between 0.15 and 0.3 hardly anything changes. Wavelets, the
# default mode, are 1 to 2 dB behind non-local means on most pictures.
_NON_LOCAL_MEANS, _STRENGTH, _SCATTERING = 0, 0.25, 0.3
_PATCH_PX, _SEARCH_PX, _CENTRAL_WEIGHT = 1.0, 7.0, 0.1
# Curves of the wavelet mode: six channels of seven flat knots, which is darktable's default.
_CHANNELS, _BANDS = 6, 7
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" darktable:raw_params="0" '
    'darktable:auto_presets_applied="0" darktable:history_end="1" darktable:iop_order_version="2">'
    '<darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:operation="denoiseprofile" '
    'darktable:enabled="1" darktable:modversion="11" darktable:params="'
)
_TAIL = (
    '" darktable:multi_name="" darktable:multi_priority="0"/></rdf:Seq></darktable:history></rdf:Description>'
    "</rdf:RDF></x:xmpmeta>\n"
)


def darktable_single(run: PeerRun) -> Float32[np.ndarray, "h w 3"]:
    """The first frame; the noise profile is that of the file, so darktable knows as much as Catchlight does.

    Raises:
        PeerError: it failed.
    """
    sidecar, result = run.folder / "denoise.xmp", run.folder / "darktable.tif"
    sidecar.write_text(_HEAD + denoise_parameters(_noise(run.frames[0])).hex() + _TAIL, encoding="ascii")
    run.call(
        "darktable-cli", run.frames[0].resolve(), sidecar, result, "--icc-type", "LIN_REC709",
        "--apply-custom-presets", "false", "--core", "--configdir", run.folder / "darktable", "--library", ":memory:",
        "--conf", "plugins/darkroom/workflow=none", "--conf", "plugins/darkroom/chromatic-adaptation=legacy",
        "--conf", "plugins/imageio/format/tiff/bpp=32",
    )  # fmt: skip
    return read_result(result)


def denoise_parameters(noise: NoiseModel) -> bytes:
    """The 412 bytes of the module denoiseprofile, version 11, with non-local means and this noise.

    Source: darktable 4.2, src/iop/denoiseprofile.c, order and types of dt_iop_denoiseprofile_params_t.
    """
    # Radius of the patch and of the search, strength, shadows, bias, scattering, central weight, overshooting.
    dials = (_PATCH_PX, _SEARCH_PX, _STRENGTH, 1.0, 0.0, _SCATTERING, _CENTRAL_WEIGHT, 1.0)
    x = [band / (_BANDS - 1) for band in range(_BANDS)] * _CHANNELS
    y = [0.5] * (_BANDS * _CHANNELS)
    # Adaptive white balance, both repairs of the transform, and Y0U0V0 for the wavelets.
    flags = (1, 1, 1, 1)
    return struct.pack("<14fi84f4i", *dials, *noise.shot, *noise.read, _NON_LOCAL_MEANS, *x, *y, *flags)


def _noise(path: Path) -> NoiseModel:
    raw = read_picture(path)
    if not isinstance(raw, RawFrame) or raw.noise is None:
        raise InputError(f"{path}: expected a RAW frame that tells its noise")
    return raw.noise.to_normalised(range_dn=raw.range_dn)


DARKTABLE = Peer(
    name="darktable, 1 frame",
    programs=("darktable-cli",),
    frames=1,
    settings=(
        "workflow none; demosaic RCD; denoise (profiled): non-local means, strength 0.25, patch 1, search 7, "
        "scattering 0.3, noise profile of the file; --icc-type LIN_REC709, 32-bit float TIFF"
    ),
    develop=darktable_single,
)
