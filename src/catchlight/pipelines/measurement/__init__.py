"""Measures pictures of charts and of plain scenes: sharpness, noise, colour, geometry."""

from catchlight.pipelines.measurement.measure import MeasureSettings, measure
from catchlight.pipelines.measurement.measurement import MeasuredPicture, Measurement
from catchlight.pipelines.measurement.record import measurement_record

__all__ = ["MeasureSettings", "MeasuredPicture", "Measurement", "measure", "measurement_record"]
