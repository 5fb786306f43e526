"""The learned models that ship, and what runs them: registry, ONNX Runtime sessions, tiles."""

from catchlight.models.check_model import check_model
from catchlight.models.model_entry import ModelEntry
from catchlight.models.onnx_session import OnnxSession
from catchlight.models.registry import card, entries, families, find, verify
from catchlight.models.tile_plan import Tile, plan_tiles

__all__ = [
    "ModelEntry",
    "OnnxSession",
    "Tile",
    "card",
    "check_model",
    "entries",
    "families",
    "find",
    "plan_tiles",
    "verify",
]
