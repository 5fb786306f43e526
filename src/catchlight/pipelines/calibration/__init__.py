"""A camera measured from its own frames."""

from catchlight.pipelines.calibration.calibrate import calibrate
from catchlight.pipelines.calibration.calibration import Calibration, CalibrationSettings
from catchlight.pipelines.calibration.gain_noise import GainNoise
from catchlight.pipelines.calibration.sensor_frame import Assumed

__all__ = ["Assumed", "Calibration", "CalibrationSettings", "GainNoise", "calibrate"]
