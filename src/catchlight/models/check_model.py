"""Everything that is recorded of a model, held against its file."""

from __future__ import annotations

from importlib.resources.abc import Traversable

from catchlight.core import CatchlightError
from catchlight.models.model_entry import ModelEntry
from catchlight.models.onnx_opset import onnx_opset
from catchlight.models.onnx_session import OnnxSession
from catchlight.models.probe import probe_values
from catchlight.models.registry import CARD, card, verify


def check_model(entry: ModelEntry, root: Traversable | None = None) -> tuple[str, ...]:
    """What is wrong with a model, one sentence each; nothing when all is as recorded.

    Looks at the card (names model and licence), hash, size, operator set, and the outputs for the probe.
    """
    problems = []
    try:
        text = card(entry.family, root)
        problems += [f"{CARD} does not name {what}" for what in (entry.name, entry.licence) if what not in text]
    except CatchlightError as error:
        problems.append(str(error))
    try:
        content = verify(entry, root)
    except CatchlightError as error:
        return (*problems, str(error))
    if len(content) != entry.bytes:
        problems.append(f"expected {entry.bytes} bytes, found {len(content)}")
    try:
        if (opset := onnx_opset(content)) != entry.opset:
            problems.append(f"expected operator set {entry.opset}, found {opset}")
        problems += _probe_problems(entry, content)
    except CatchlightError as error:
        problems.append(str(error))
    return tuple(problems)


def _probe_problems(entry: ModelEntry, content: bytes) -> list[str]:
    if not entry.probe:
        return ["no outputs for the probe are recorded"]
    session = OnnxSession(content, name=entry.name, multiple=entry.size_multiple)
    made = probe_values(session, multiple=entry.size_multiple)
    if len(made) != len(entry.probe):
        return [f"expected {len(entry.probe)} probe values, found {len(made)}"]
    # Not `>`: what is no number is wrong as well.
    worst = max(
        (abs(a - b) for a, b in zip(made, entry.probe, strict=True)), key=lambda d: float("inf") if d != d else d
    )
    if not worst <= entry.probe_tolerance:
        return [f"outputs for the probe are off by {worst:.2g}, at most {entry.probe_tolerance:g} was expected"]
    return []
