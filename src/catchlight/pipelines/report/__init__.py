"""The page that shows how a development came about: one HTML file with everything inside."""

from catchlight.pipelines.report.page import REPORT_NAME, render_report, write_report

__all__ = ["REPORT_NAME", "render_report", "write_report"]
