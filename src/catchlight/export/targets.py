"""What a network can be exported to."""

from __future__ import annotations

from collections.abc import Callable

from catchlight.core import UnsupportedError
from catchlight.export.to_onnx import to_onnx

# Writes a network for one runtime, called as `to_onnx` is.
Target = Callable[..., None]

# Core ML, ExecuTorch and LiteRT join here.
_TARGETS: dict[str, Target] = {"onnx": to_onnx}


def target(name: str) -> Target:
    """What writes for the runtime of this name.

    Raises:
        UnsupportedError: there is nothing yet.
    """
    if name not in _TARGETS:
        raise UnsupportedError(f"networks are exported to {', '.join(_TARGETS)}; found {name!r}; choose one of those")
    return _TARGETS[name]
