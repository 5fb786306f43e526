"""What joins the pillars: one pure function for each verb of the command line."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from catchlight.pipelines.burst_source import Skipped
from catchlight.pipelines.develop import develop
from catchlight.pipelines.development import Development, DevelopSettings, FrameRecord
from catchlight.pipelines.known_camera import KnownCamera
from catchlight.pipelines.merged_raw import merged_linear, merged_raw

if TYPE_CHECKING:
    from catchlight.pipelines.burst_groups import BurstSplit, group_bursts, split_burst
    from catchlight.pipelines.calibration import Calibration, CalibrationSettings, calibrate
    from catchlight.pipelines.culling import Culling, cull
    from catchlight.pipelines.measurement import Measurement, MeasureSettings, measure, measurement_record
    from catchlight.pipelines.simulation import SimulateSettings, simulate_into

__all__ = [
    "BurstSplit",
    "Calibration",
    "CalibrationSettings",
    "Culling",
    "DevelopSettings",
    "Development",
    "FrameRecord",
    "KnownCamera",
    "MeasureSettings",
    "Measurement",
    "SimulateSettings",
    "Skipped",
    "calibrate",
    "cull",
    "develop",
    "group_bursts",
    "measure",
    "measurement_record",
    "merged_linear",
    "merged_raw",
    "simulate_into",
    "split_burst",
]

# Loaded when first asked for (PEP 562): developing a photo does not wait half a second for what only charts need.
_LATER = {
    "BurstSplit": "burst_groups",
    "group_bursts": "burst_groups",
    "split_burst": "burst_groups",
    "Culling": "culling",
    "cull": "culling",
    "Calibration": "calibration",
    "CalibrationSettings": "calibration",
    "calibrate": "calibration",
    "MeasureSettings": "measurement",
    "Measurement": "measurement",
    "measure": "measurement",
    "measurement_record": "measurement",
    "SimulateSettings": "simulation",
    "simulate_into": "simulation",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
