"""What is recorded of a model that ships."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catchlight.core import ContractError

Precision = Literal["fp32", "int8"]
_NAME = re.compile(r"[a-z0-9][a-z0-9_]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """One file of weights, an entry of its family's `weights.toml`.

    Args:
        family: folder of the model under `catchlight.models`.
        name: unique among all models.
        task: what it does, in a few words.
        file: ONNX file in the family's folder.
        sha256: of the file, hexadecimal.
        bytes: of the file.
        parameters: weights of the network.
        precision: of its arithmetic.
        licence: of the weights, an SPDX identifier.
        data: what it was trained on, with licences.
        recipe: that trained it.
        commit: of the code that trained it.
        input_range: what the input means and its range.
        size_multiple: what height and width of the input are multiples of.
        opset: of the ONNX file.
        metrics: figures measured, by a name that says on what and in which unit.
        probe: values that the model makes of `probe_input`; see `probe_values`.
        probe_tolerance: largest difference from them on another machine.
    """

    family: str
    name: str
    task: str
    file: str
    sha256: str
    bytes: int
    parameters: int
    precision: Precision
    licence: str
    data: str
    recipe: str
    commit: str
    input_range: str
    size_multiple: int
    opset: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    probe: tuple[float, ...] = ()
    probe_tolerance: float = 0.0

    def __post_init__(self) -> None:
        for key in ("task", "licence", "data", "recipe", "commit", "input_range"):
            value = getattr(self, key)
            if not isinstance(value, str) or not value.strip():
                raise ContractError(f"a model's {key} is a text; found {value!r}")
        if not (isinstance(self.name, str) and _NAME.fullmatch(self.name)):
            raise ContractError(f"a model's name is of a-z, 0-9 and _; found {self.name!r}")
        if not (isinstance(self.file, str) and self.file.endswith(".onnx") and "/" not in self.file):
            raise ContractError(f"a model's file is an .onnx file beside its weights.toml; found {self.file!r}")
        if not (isinstance(self.sha256, str) and _SHA256.fullmatch(self.sha256)):
            raise ContractError(f"a sha256 is 64 hexadecimal digits in lower case; found {self.sha256!r}")
        for key in ("bytes", "parameters", "size_multiple", "opset"):
            value = getattr(self, key)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ContractError(f"a model's {key} is a whole number >= 1; found {value!r}")
        if self.precision not in ("fp32", "int8"):
            raise ContractError(f"a model's precision is fp32 or int8; found {self.precision!r}")
        numbers = [*self.metrics.values(), *self.probe, self.probe_tolerance]
        if not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers):
            raise ContractError(f"metrics and probe of a model are numbers; found {numbers}")
