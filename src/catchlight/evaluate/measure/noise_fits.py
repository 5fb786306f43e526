"""Noise parameters recovered from simulated frames whose parameters are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from catchlight.camera import estimate_mosaic_noise
from catchlight.core import Frame, Metadata, NoiseModel, RawFrame
from catchlight.evaluate.result_cache import Figures
from catchlight.pipelines.calibration import calibrate
from catchlight.simulate import SENSORS, BurstPlan, SensorProfile, record, simulate_burst
from catchlight.simulate.raw_shot import raw_frame

SENSOR_GAINS = (("IMX477", 1.0), ("IMX477", 8.0), ("IMX708", 4.0), ("ILCE-7SM2", 4.0), ("NIKON D850", 16.0))
LEVELS = (0.005, 0.02, 0.08, 0.2, 0.45, 0.8)
METHODS = ("catchlight", "straight line through the levels, unweighted")
BURST_METHODS = ("catchlight", "single frame, flat blocks")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatsCase:
    """Two flats at each of six levels, with 20 % of vignetting.

    Args:
        sensor: name of a sensor.
        gain: its gain.
        height: photosites, even.
        width: photosites, even.
        seed: of the noise.
    """

    sensor: str
    gain: float
    height: int
    width: int
    seed: int

    def score(self) -> Figures:
        """Relative errors of shot and read, and how large chance alone would make them (Cramér–Rao)."""
        sensor = SENSORS[self.sensor]
        truth = sensor.noise_at(self.gain)
        frames = [
            _frame(sensor, self.gain, _shading(self.height, self.width) * np.float32(level), (self.seed, i, k))
            for i, level in enumerate(LEVELS)
            for k in range(2)
        ]
        fit = calibrate(frames).gains[0].fit
        figures = _errors("catchlight", fit.shot, fit.read, truth)
        figures["limit|shot"] = fit.shot_limit / truth.shot[1]
        figures["limit|read"] = fit.read_limit / truth.read[1]
        means, variances = [], []
        for i in range(len(LEVELS)):
            a, b = ((f.mosaic.astype(np.float64) - f.black_dn[0]) / f.range_dn for f in frames[2 * i : 2 * i + 2])
            means.append(float((a + b).mean() / 2))
            variances.append(float((a - b).var() / 2))
        slope, offset = np.polyfit(means, variances, 1)
        return figures | _errors(METHODS[1], float(slope), float(offset), truth)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticBurstCase:
    """Eight frames of a photo from a tripod.

    Args:
        sensor: name of a sensor.
        gain: its gain.
        seed: of the noise.
    """

    sensor: str
    gain: float
    seed: int

    def score(self, photo: Frame) -> Figures:
        """Relative errors of shot and read, from the burst and from one frame of it."""
        sensor = SENSORS[self.sensor]
        truth = sensor.noise_at(self.gain)
        plan = BurstPlan(frames=8, gain=self.gain, exposure=0.7, tell_noise=False, seed=self.seed)
        burst = simulate_burst(photo, sensor=sensor, plan=plan)
        frames = [burst[k] for k in range(len(burst))]
        fit = calibrate(frames).gains[0].fit
        one = frames[0]
        values = ((one.mosaic.astype(np.float32) - one.black_dn[0]) / one.range_dn).astype(np.float32)
        single = estimate_mosaic_noise(values, one.cfa)
        return _errors("catchlight", fit.shot, fit.read, truth) | _errors(
            BURST_METHODS[1], single.shot[1], single.read[1], truth
        )


def _errors(method: str, shot: float, read: float, truth: NoiseModel) -> Figures:
    return {f"{method}|shot": shot / truth.shot[1] - 1, f"{method}|read": read / truth.read[1] - 1}


def _shading(height: int, width: int) -> Float32[np.ndarray, "h w"]:
    y, x = np.mgrid[:height, :width]
    r2 = ((y / height - 0.5) ** 2 + (x / width - 0.5) ** 2) * 2
    return (1 - 0.2 * r2).astype(np.float32)


def _frame(sensor: SensorProfile, gain: float, light: Float32[np.ndarray, "h w"], seed: tuple[int, ...]) -> RawFrame:
    mosaic = record(light, sensor=sensor, gain=gain, seed=seed)
    return raw_frame(mosaic, sensor=sensor, gain=gain, metadata=Metadata(exposure_s=0.01))
