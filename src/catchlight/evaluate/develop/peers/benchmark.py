"""The benchmark of `develop` against the programs that people use, all on the same files."""

from __future__ import annotations

import hashlib
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import catchlight
from catchlight.evaluate.code_revision import code_revision, source_hash
from catchlight.evaluate.develop.burst_case import EXPOSURE, FRAMES, BurstCase, cases
from catchlight.evaluate.develop.peers import peer_bursts
from catchlight.evaluate.develop.peers.all_peers import EVERYONE, OURS, PEERS
from catchlight.evaluate.develop.peers.camera_rows import CAMERA_CASES, camera_figures, camera_rows
from catchlight.evaluate.develop.peers.measured_peer import failure_of, measured_peer, run_peer
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.peer_bursts import loaded, photo_name, write_burst, write_large_burst
from catchlight.evaluate.develop.peers.peer_rows import ahead_rows, method_rows
from catchlight.evaluate.develop.peers.peer_score import BLOCK_PX, BORDER_PX
from catchlight.evaluate.evaluation import Evaluation, Progress, Row
from catchlight.evaluate.photo_sets import Photo, data_folder, synthetic_photos
from catchlight.evaluate.result_cache import CacheFor, Figures, ResultCache

TARGETS = {
    "PSNR": "ahead of every peer at every gain by 1 dB or more",
    "worst block": "ahead of every peer by 3 dB or more",
    "time": "at most a third of Siril's",
    "camera": "a calibrated profile is ahead of the file's own tags and of a wrong profile",
}
# No program here needs a tenth of it for a megapixel on an idle core; busy machines are slower.
_LIMIT_S, _LARGE_LIMIT_S = 120.0, 600.0


def evaluate_peers(
    data: Path | None = None,
    quick: bool = False,
    *,
    cache_for: CacheFor | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Develops simulated bursts with Catchlight and every peer that is installed. All bursts are synthetic.

    Args:
        data: folder that holds `photos/clic2025_960`; None takes CATCHLIGHT_DATA, else procedural night towns.
        quick: one photo of 480 px with a moving object at gains 1 and 8, no 12 MP, no camera profiles: within a minute.
        cache_for: opens the cache for a configuration; None keeps nothing.
        progress: called as progress(what, done, total).

    Raises:
        UsageError: `data` is not a folder.
        InputError: a photo is missing there.
    """
    folder = data_folder(data)
    photos = peer_bursts.peer_photos(folder, quick=quick)
    gains = peer_bursts.QUICK_GAINS if quick else peer_bursts.GAINS
    motions = peer_bursts.QUICK_MOTIONS if quick else peer_bursts.MOTIONS
    side_px = peer_bursts.QUICK_SIDE_PX if quick else peer_bursts.SIDE_PX
    every_case = cases([peer_bursts.SENSOR], gains, list(motions))
    methods = [peer for peer in EVERYONE if not peer.missing and (peer.starts_fast or not quick)]
    missing = {peer.name: f"missing: {', '.join(peer.missing)}" for peer in EVERYONE if peer.missing}
    revision = code_revision()
    config = _config(photos, every_case, methods, quick=quick, side_px=side_px, with_data=folder is not None)
    cache = cache_for(config | {"missing": missing}) if cache_for else ResultCache()
    tell = progress or (lambda what, done, total: None)
    total = len(photos) * len(every_case) + (0 if quick else 1 + len(CAMERA_CASES))
    found: dict[tuple[str, str], list[Figures]] = {}
    done = 0
    with tempfile.TemporaryDirectory(prefix="catchlight-bursts-") as scratch:
        _warm_up(Path(scratch) / "warm")
        for photo in map(loaded, photos):
            for case in every_case:
                tell(f"{case.name}: {photo.name}", done, total)
                work = _Burst(case, photo, Path(scratch) / "burst", side_px)
                for peer in methods:
                    key = f"peer {peer.name} {case.name} {photo.name}"
                    figures = cache.get(key, partial(work.figures, peer))
                    found.setdefault((case.name, peer.name), []).append(figures)
                done += 1
        rows = _rows(found, every_case, methods)
        if not quick:
            tell("12 MP, time and memory", done, total)
            rows += _large_rows(methods, loaded(photos[0]), Path(scratch) / "large", cache, found)
            cameras: dict[str, list[Figures]] = {}
            for number, camera_case in enumerate(CAMERA_CASES):
                tell(f"camera profiles: {camera_case.name}", done + 1 + number, total)
                for photo in map(loaded, photos):
                    measure = partial(camera_figures, camera_case, photo, Path(scratch) / "camera")
                    cameras.setdefault(camera_case.name, []).append(
                        cache.get(f"camera {camera_case.name} {photo.name}", measure)
                    )
            rows += camera_rows(cameras)
    tell("done", total, total)
    failures: dict[str, str] = {}
    for (case_name, method), all_figures in found.items():
        reasons = [reason for figures in all_figures if (reason := failure_of(figures)) is not None]
        if reasons:
            failures[f"{case_name} | {method}"] = reasons[0]
    more = {"missing": missing, "failures": failures, "from_cache": cache.hits, "measured": cache.misses}
    return Evaluation(benchmark="develop-peers", commit=revision, config=config | more, rows=tuple(rows))


class _Burst:
    """A burst that is simulated and written when the first method needs it."""

    def __init__(self, case: BurstCase, photo: Photo, folder: Path, side_px: int) -> None:
        self._make = partial(write_burst, case, photo, folder, side_px=side_px)
        self._made: peer_bursts.WrittenBurst | None = None

    def figures(self, peer: Peer) -> Figures:
        if self._made is None:
            self._made = self._make()
        assert self._made.truth is not None
        return measured_peer(peer, self._made.frames, self._made.truth, limit_s=_LIMIT_S)


def _warm_up(folder: Path) -> None:
    """Catchlight compiles its kernels once; the clock of a table is not about that."""
    case = BurstCase(sensor=peer_bursts.SENSOR, gain=4.0, motion="disc, shaken and rotated")
    burst = write_burst(case, synthetic_photos(1)[0], folder, side_px=256)
    for ours in OURS:
        run_peer(ours, burst.frames, limit_s=_LARGE_LIMIT_S)


def _rows(found: dict[tuple[str, str], list[Figures]], every_case: list[BurstCase], methods: list[Peer]) -> list[Row]:
    rows = [
        row for case in every_case for peer in methods
        for row in method_rows(peer.name, case.name, found[case.name, peer.name])
    ]  # fmt: skip
    return rows + ahead_rows(OURS[0].name, [peer.name for peer in PEERS if peer in methods], rows)


def _large_rows(
    methods: list[Peer], photo: Photo, folder: Path, cache: ResultCache, found: dict[tuple[str, str], list[Figures]]
) -> list[Row]:
    """Time and memory of every method on eight frames of 12 MP."""
    made: list[peer_bursts.WrittenBurst] = []

    def measure(peer: Peer) -> Figures:
        if not made:
            made.append(write_large_burst(photo, folder))
        return run_peer(peer, made[0].frames, limit_s=_LARGE_LIMIT_S).figures

    h, w = peer_bursts.LARGE_PX
    case, rows = f"{FRAMES} × {w}×{h}, gain {peer_bursts.LARGE_CASE.gain:g}", []
    for peer in methods:
        found[case, peer.name] = [cache.get(f"large {peer.name} {photo.name}", partial(measure, peer))]
        rows += method_rows(peer.name, case, found[case, peer.name])
    return rows + ahead_rows(OURS[0].name, [peer.name for peer in PEERS if peer in methods], rows)


def _config(
    photos: list[Path | Photo],
    every_case: list[BurstCase],
    methods: list[Peer],
    *,
    quick: bool,
    side_px: int,
    with_data: bool,
) -> dict[str, Any]:
    return {
        "version": catchlight.__version__,
        "source": source_hash(),
        "quick": quick,
        "bursts": (
            f"SYNTHETIC, made by catchlight.simulate from clean photos, continued by their mirror images: {FRAMES} "
            f"frames of {side_px}×{side_px} px as DNG, reference 0, photo white at {EXPOSURE:g} of sensor white, noise "
            "told; shaken: at most ±24 px; rotated: at most ±1°; disc: an object that moves about 11 px a frame"
        ),
        "photos": {photo_name(photo): _fingerprint(photo) for photo in photos},
        "cases": [case.name for case in every_case],
        "scores": (
            "encoded sRGB, 0…1, after one tone fit (3×4 matrix in linear light, then 8 monotone straight pieces a "
            f"channel, on means over 8×8 px) and with the truth moved onto each picture; {BORDER_PX} px of border cut; "
            f"PSNR and SSIM: means over photos; worst block: the lowest PSNR of any {BLOCK_PX}×{BLOCK_PX} px of any "
            "photo; seconds: median of the whole process; peak memory: its largest process"
        ),
        "methods": {peer.name: {"version": peer.told_version, "settings": peer.settings} for peer in methods},
        "targets": TARGETS,
        "notes": [] if with_data else ["no photos (--data, CATCHLIGHT_DATA): procedural night towns instead"],
    }


def _fingerprint(photo: Path | Photo) -> str:
    content = photo.frame.pixels.tobytes() if isinstance(photo, Photo) else photo.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16]
