"""What `calibrate` is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from catchlight.camera.profile import CameraProfile
from catchlight.core import ContractError
from catchlight.measure.noise.dark_signal import DarkSignal
from catchlight.measure.noise.flat_field import FlatField
from catchlight.pipelines.calibration.chart_sharpness import ChartSharpness
from catchlight.pipelines.calibration.focus_sweep import SweepFigures
from catchlight.pipelines.calibration.gain_noise import GainNoise
from catchlight.pipelines.calibration.sensor_frame import Assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationSettings:
    """The dials of `calibrate`.

    Args:
        name: of the camera; None takes the files' maker and model.
        base_iso: ISO speed at gain 1; None takes that of the profile being updated, else 100.
        gain: gain of frames that do not tell it; None takes 1.
        assumed: levels and filters of PNG and TIFF files.
        chart_linear: a chart that is no RAW file holds linear light, whatever it says.

    Raises:
        ContractError: a speed or gain that is not above 0.
    """

    name: str | None = None
    base_iso: float | None = None
    gain: float | None = None
    assumed: Assumed = field(default_factory=Assumed)
    chart_linear: bool = False

    def __post_init__(self) -> None:
        for name, value in (("base_iso", self.base_iso), ("gain", self.gain)):
            if value is not None and not 0 < value < float("inf"):
                raise ContractError(f"{name} is a finite number > 0; found {value}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """The result of `calibrate` and how it came about.

    Args:
        profile: the camera.
        gains: noise at each gain.
        darks: what dark frames told.
        flat: what flat fields told.
        chart: what an edge or chart told of sharpness.
        sweep: what a focus sweep told.
        warnings: what the user should know; each one line.
    """

    profile: CameraProfile
    gains: tuple[GainNoise, ...]
    darks: tuple[DarkSignal, ...] = ()
    flat: FlatField | None = None
    chart: ChartSharpness | None = None
    sweep: SweepFigures | None = None
    warnings: tuple[str, ...] = ()
