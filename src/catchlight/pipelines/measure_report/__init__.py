"""The page that shows what was measured: one HTML file with everything inside."""

from catchlight.pipelines.measure_report.page import render_measure_report, write_measure_report

__all__ = ["render_measure_report", "write_measure_report"]
