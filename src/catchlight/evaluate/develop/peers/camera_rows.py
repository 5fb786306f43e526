"""What a camera profile is worth: a calibrated one, the file's own noise tags, and a profile of another camera."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from catchlight.camera.profile import CameraProfile
from catchlight.camera.profile.profile_toml import profile_from_toml, profile_to_toml
from catchlight.core import CatchlightError, Metadata, NoiseModel, RawFrame
from catchlight.evaluate.develop.burst_case import BurstCase
from catchlight.evaluate.develop.peers.catchlight_itself import COMMAND
from catchlight.evaluate.develop.peers.measured_peer import FAILED, failure_of
from catchlight.evaluate.develop.peers.peer_bursts import SENSOR, burst_scene
from catchlight.evaluate.develop.peers.peer_run import PeerRun
from catchlight.evaluate.develop.peers.peer_score import PSNR, peer_score
from catchlight.evaluate.develop.peers.read_result import read_result
from catchlight.evaluate.evaluation import Row
from catchlight.evaluate.interval import mean_ci95
from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.result_cache import Figures
from catchlight.io import write_dng_cfa
from catchlight.simulate import SENSORS, record
from catchlight.simulate.raw_shot import raw_frame

CALIBRATED, TAGS, WRONG = "calibrated profile", "the file's own tags", "profile of another camera"
CAMERA_PSNR, CAMERA_AHEAD = "PSNR by camera profile", "calibrated profile ahead of the next"
# What files hold is a manufacturer's nominal figure, and those disagree: for this very sensor libcamera's two tunings
# state slopes 1.99 apart (vc4 and pisp; see the source of the built-in profile imx477). The simulated camera has the
# one, its files tell the other.
TAG_SHOT = 1.99
_OTHER = "ILCE-7SM2"
_LEVELS, _FLATS_PX, _SIDE_PX, _LIMIT_S = (0.005, 0.02, 0.08, 0.2, 0.45, 0.8), 512, 768, 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraCase:
    """Bursts of one gain.

    Args:
        gain: before the converter.
    """

    gain: float

    @property
    def name(self) -> str:
        """What the rows call it."""
        return f"{SENSOR}, gain {self.gain:g}, shaken and rotated, camera known or not"


CAMERA_CASES = tuple(CameraCase(gain=gain) for gain in (1.0, 4.0, 16.0))


def camera_figures(case: CameraCase, photo: Photo, folder: Path) -> Figures:
    """PSNR of one burst developed with each of the three, scored as the peers are; or why not.

    The profile is calibrated from two flats at each of six levels, simulated for the same sensor at the same gain.
    """
    place = folder / f"gain{case.gain:g}"
    place.mkdir(parents=True, exist_ok=True)
    try:
        own, wrong = _profiles(case, place)
        burst = BurstCase(sensor=SENSOR, gain=case.gain, motion="shaken and rotated").burst(
            burst_scene(photo, side_px=_SIDE_PX), seed_name=photo.name, side_px=_SIDE_PX
        )
        frames = []
        for number, raw in enumerate(burst):
            frames.append(place / f"frame_{number:02d}.dng")
            write_dng_cfa(frames[-1], _with_nominal_tags(raw), force=True)
        truth = np.clip(burst.truth().linear_srgb, 0, 1)
        figures: Figures = {}
        for method, camera in ((CALIBRATED, own), (TAGS, None), (WRONG, wrong)):
            run = PeerRun(frames=frames, folder=place, limit_s=_LIMIT_S)
            result = place / "out.tif"
            chosen = () if camera is None else ("--camera", camera)
            run.call(
                *COMMAND, "develop", *frames, "-o", result, "--render", "linear", "--reference", "0", "--force",
                "--quiet", *chosen, own_settings=False,
            )  # fmt: skip
            figures[method] = peer_score(read_result(result), truth)[PSNR]
    except CatchlightError as error:
        return {f"{FAILED}{error}": 1.0}
    return figures


def camera_rows(found: Mapping[str, Sequence[Figures]]) -> list[Row]:
    """Mean PSNR of the three in every case, and how far the calibrated profile is ahead of the next one (paired)."""
    rows = []
    for case, every in found.items():
        good = [figures for figures in every if failure_of(figures) is None]
        if not good:
            continue
        rows += [
            _row(method, case, CAMERA_PSNR, [figures[method] for figures in good])
            for method in (CALIBRATED, TAGS, WRONG)
        ]
        lead = [figures[CALIBRATED] - max(figures[TAGS], figures[WRONG]) for figures in good]
        rows.append(_row(CALIBRATED, case, CAMERA_AHEAD, lead))
    return rows


def _profiles(case: CameraCase, place: Path) -> tuple[Path, Path]:
    """Files of the calibrated profile and of the wrong one; made once for a gain."""
    own, wrong = place / "calibrated.toml", place / "wrong.toml"
    if not own.is_file():
        flats = []
        for i, level in enumerate(_LEVELS):
            for k in range(2):
                flats.append(place / f"flat_{i}_{k}.dng")
                write_dng_cfa(flats[-1], _flat(case.gain, level, (7, i, k)), force=True)
        PeerRun(frames=flats, folder=place, limit_s=_LIMIT_S).call(
            *COMMAND, "calibrate", *flats, "-o", own, "--force", "--quiet", own_settings=False
        )
    calibrated = profile_from_toml(own.read_text(encoding="utf-8"))
    wrong.write_text(profile_to_toml(_of_another_camera(calibrated)), encoding="utf-8")
    return own, wrong


def _of_another_camera(profile: CameraProfile) -> CameraProfile:
    """The profile with the noise of another sensor; its levels stay, else it would be refused, as it should be."""
    return replace(profile, sensor=replace(profile.sensor, noise=SENSORS[_OTHER].noise))


def _with_nominal_tags(raw: RawFrame) -> RawFrame:
    assert raw.noise is not None
    red, green, blue = (TAG_SHOT * shot for shot in raw.noise.shot)
    return replace(raw, noise=NoiseModel(shot=(red, green, blue), read=raw.noise.read, domain=raw.noise.domain))


def _flat(gain: float, level: float, seed: tuple[int, ...]) -> RawFrame:
    sensor = SENSORS[SENSOR]
    light = np.full((_FLATS_PX, _FLATS_PX), level, np.float32)
    mosaic = record(light, sensor=sensor, gain=gain, seed=seed)
    return raw_frame(mosaic, sensor=sensor, gain=gain, metadata=Metadata(exposure_s=0.01))


def _row(method: str, case: str, metric: str, values: Sequence[float]) -> Row:
    mean, ci95 = mean_ci95(values)
    return Row(method=method, case=case, metric=metric, value=mean, ci95=ci95, unit="dB", higher_is_better=True)
