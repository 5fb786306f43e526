"""Simulated frames and their truth on disk."""

from catchlight.simulate.files.read_depth import read_depth
from catchlight.simulate.files.result_folder import check_result_folder, result_folder
from catchlight.simulate.files.truth_files import write_flo, write_map
from catchlight.simulate.files.write_burst import write_burst
from catchlight.simulate.files.write_stack import write_stack, write_sweep
from catchlight.simulate.files.write_video import write_video

__all__ = [
    "check_result_folder",
    "read_depth",
    "result_folder",
    "write_burst",
    "write_flo",
    "write_map",
    "write_stack",
    "write_sweep",
    "write_video",
]
