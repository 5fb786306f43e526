"""The list of a family's models, written."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import fields

from catchlight.core import ContractError
from catchlight.models.model_entry import ModelEntry

_HEAD = "# The models of this family; written by `catchlight export`, read by `catchlight.models`.\n"


def weights_toml(entries: Sequence[ModelEntry]) -> str:
    """Text of a `weights.toml`; `parse_weights` gives the same entries back.

    Raises:
        ContractError: a metric is no finite number.
    """
    return _HEAD + "".join(f"\n[[model]]\n{_table(entry)}" for entry in entries)


def merged_entries(old: Sequence[ModelEntry], new: Sequence[ModelEntry]) -> tuple[ModelEntry, ...]:
    """The old entries, those of a new one's name replaced; then the other new ones."""
    by_name = {entry.name: entry for entry in new}
    kept = [by_name.pop(entry.name, entry) for entry in old]
    return (*kept, *by_name.values())


def _table(entry: ModelEntry) -> str:
    lines = []
    for field in fields(entry):
        if field.name == "family":  # the folder's name
            continue
        lines.append(f"{field.name} = {_value(getattr(entry, field.name))}\n")
    return "".join(lines)


def _value(value: object) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML string, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ContractError(f"a model's figures are finite numbers; found {value}")
        # Seven digits are what float32 holds.
        return repr(float(f"{value:.7g}"))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    assert isinstance(value, dict)
    return "{ " + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + " }" if value else "{}"
