import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile

from catchlight.core import NoiseModel
from catchlight.evaluate.develop.burst_case import BurstCase
from catchlight.evaluate.develop.peers.all_peers import EVERYONE, OURS, PEERS
from catchlight.evaluate.develop.peers.darktable import denoise_parameters
from catchlight.evaluate.develop.peers.libraw_stacks import DCRAW, DCRAW_MEAN
from catchlight.evaluate.develop.peers.measured_peer import (
    PEAK_MB,
    SECONDS,
    failure_of,
    measured_peer,
    run_peer,
)
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_bursts import WrittenBurst, peer_photos, write_burst
from catchlight.evaluate.develop.peers.peer_run import PeerError, PeerRun
from catchlight.evaluate.develop.peers.peer_score import PSNR, SSIM, WORST
from catchlight.evaluate.develop.peers.read_result import read_result, read_with_alpha


@pytest.fixture(scope="module")
def burst(tmp_path_factory: pytest.TempPathFactory) -> WrittenBurst:
    case = BurstCase(sensor="IMX477", gain=4.0, motion="shaken and rotated")
    return write_burst(case, peer_photos(None, quick=True)[0], tmp_path_factory.mktemp("burst"), side_px=192)  # type: ignore[arg-type]


def _peer(work: object, **more: object) -> Peer:
    return Peer(name="a", programs=(), frames=None, settings="", develop=work, **more)  # type: ignore[arg-type]


def test_all_methods_have_names_and_settings_of_their_own() -> None:
    assert len({peer.name for peer in EVERYONE}) == len(EVERYONE) == len(OURS) + len(PEERS)
    assert all(peer.settings and (peer.programs or peer in OURS) for peer in EVERYONE)


def test_a_method_is_judged_against_the_truth(burst: WrittenBurst) -> None:
    assert burst.truth is not None and len(burst.frames) == 8
    figures = measured_peer(_peer(lambda run: burst.truth * 0.7), burst.frames, burst.truth, limit_s=5.0)
    assert figures[PSNR] > 55 and figures[SSIM] > 0.99 and figures[WORST] > 50
    assert figures[SECONDS] == figures[PEAK_MB] == 0


def test_a_single_frame_method_sees_one_frame(burst: WrittenBurst) -> None:
    seen: list[int] = []

    def work(run: PeerRun) -> np.ndarray:
        seen.append(len(run.frames))
        raise PeerError(f"cannot work in {run.folder}/x")

    one = Peer(name="a", programs=(), frames=1, settings="", develop=work)
    figures = run_peer(one, burst.frames, limit_s=5.0).figures
    assert seen == [1]
    # Scratch folders are not named: they differ from run to run.
    assert failure_of(figures) == "cannot work in x"


def test_what_is_missing_or_shows_nothing_is_a_reason_not_a_crash(burst: WrittenBurst) -> None:
    assert burst.truth is not None
    gone = Peer(name="a", programs=("no-such-program",), frames=1, settings="", develop=lambda run: burst.truth)
    assert "no-such-program is not installed" in (failure_of(run_peer(gone, burst.frames, limit_s=5.0).figures) or "")
    black = _peer(lambda run: np.zeros_like(burst.truth))
    assert failure_of(measured_peer(black, burst.frames, burst.truth, limit_s=5.0)) is not None


def test_results_are_read_as_linear_light(tmp_path: Path) -> None:
    place = tmp_path / "a.tif"
    stored = np.full((4, 5, 3), 32768, np.uint16)
    tifffile.imwrite(place, stored)
    assert read_result(place)[0, 0, 0] == pytest.approx(0.50001, abs=1e-4)
    # sRGB's mid value is 21.4 % of the light (IEC 61966-2-1).
    assert read_result(place, encoded=True)[0, 0, 0] == pytest.approx(0.2140, abs=1e-3)
    tifffile.imwrite(place, np.dstack([stored, np.full((4, 5), 65535, np.uint16)]))
    pixels, alpha = read_with_alpha(place)
    assert pixels.shape == (4, 5, 3) and (alpha == 1).all()
    with pytest.raises(PeerError, match="wrote no"):
        read_result(tmp_path / "none.tif")
    tifffile.imwrite(place, stored[..., 0])
    with pytest.raises(PeerError, match="not an RGB picture"):
        read_result(place)


def test_darktable_is_told_the_files_noise() -> None:
    noise = NoiseModel(shot=(1e-3, 2e-3, 3e-3), read=(1e-6, 2e-6, 3e-6))
    told = denoise_parameters(noise)
    assert len(told) == 412
    values = struct.unpack("<14fi84f4i", told)
    np.testing.assert_allclose(values[8:14], (*noise.shot, *noise.read), rtol=1e-6)
    assert values[14] == 0


@pytest.mark.skipif(shutil.which("dcraw_emu") is None, reason="LibRaw's dcraw_emu is not installed")
def test_libraw_develops_our_files(burst: WrittenBurst) -> None:
    assert burst.truth is not None
    single = measured_peer(DCRAW, burst.frames, burst.truth, limit_s=30.0)
    mean = measured_peer(DCRAW_MEAN, burst.frames, burst.truth, limit_s=30.0)
    assert failure_of(single) is None and single[PSNR] > 25
    # Frames that are 24 px apart make no mean.
    assert mean[PSNR] < single[PSNR] - 3
    assert mean[SECONDS] > single[SECONDS] > 0 and single[PEAK_MB] > 5
