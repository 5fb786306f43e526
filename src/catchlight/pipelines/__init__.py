"""What joins the pillars: one pure function for each verb of the command line."""

from catchlight.pipelines.burst_source import Skipped
from catchlight.pipelines.develop import develop
from catchlight.pipelines.development import Development, DevelopSettings, FrameRecord
from catchlight.pipelines.merged_raw import merged_raw

__all__ = ["DevelopSettings", "Development", "FrameRecord", "Skipped", "develop", "merged_raw"]
