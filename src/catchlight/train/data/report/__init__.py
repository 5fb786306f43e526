"""The report about a set of photos: a page, a record for machines, lines for the terminal."""

from catchlight.train.data.report.lines import report_lines
from catchlight.train.data.report.page import write_data_report
from catchlight.train.data.report.record import data_record

__all__ = ["data_record", "report_lines", "write_data_report"]
