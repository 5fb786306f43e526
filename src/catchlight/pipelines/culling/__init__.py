"""Bursts found in a folder, their shots ranked, rated and moved: what `catchlight cull` does."""

from catchlight.pipelines.culling.cull import CulledGroup, CulledShot, Culling, cull
from catchlight.pipelines.culling.moves import MovePlan, move_files, plan_moves, undo_moves
from catchlight.pipelines.culling.record import culling_record
from catchlight.pipelines.culling.sidecar_changes import SidecarPlan, plan_sidecars, write_sidecars

__all__ = [
    "CulledGroup",
    "CulledShot",
    "Culling",
    "MovePlan",
    "SidecarPlan",
    "cull",
    "culling_record",
    "move_files",
    "plan_moves",
    "plan_sidecars",
    "undo_moves",
    "write_sidecars",
]
