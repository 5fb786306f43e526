"""A network in ONNX Runtime, opened at its first run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32

from catchlight.core import CatchlightError, ContractError, InputError, UnsupportedError
from catchlight.core.bands import core_count

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

CPU = "CPUExecutionProvider"
# Only what ends the program: everything else arrives as an exception.
_SILENT = 4


class OnnxSession:
    """One input, one output, both float32 `n c h w`.

    Args:
        model: a file, or its content.
        name: of the model, for messages; the file's by default.
        multiple: what height and width of the input are multiples of.
        providers: execution providers of ONNX Runtime, the preferred first; the CPU is always the last.
        threads: of one run; all cores by default.

    May be used from several threads at once. Opening costs time and memory, so keep it.
    """

    def __init__(
        self,
        model: Path | bytes,
        *,
        name: str | None = None,
        multiple: int = 1,
        providers: Sequence[str] = (CPU,),
        threads: int | None = None,
    ) -> None:
        if multiple < 1 or (threads is not None and threads < 1):
            raise ContractError(f"a session has a size multiple and threads >= 1; found {multiple}, {threads}")
        self.name = name or (str(model) if isinstance(model, Path) else "the model")
        self.multiple = multiple
        self._model = model
        self._providers = tuple(providers)
        self._threads = threads
        self._opened: InferenceSession | None = None
        self._opening = threading.Lock()

    def run(self, values: Float32[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "n d oh ow"]:
        """What the network makes of `values`.

        Raises:
            InputError: no such file, or it is no model.
            UnsupportedError: ONNX Runtime, the provider or an operator of the model is missing here.
            ContractError: values of a shape that the network does not take.
        """
        session = self.opened()
        wanted = session.get_inputs()[0]
        fits = all(not isinstance(w, int) or w == v for w, v in zip(wanted.shape, values.shape, strict=True))
        if not fits or 0 in values.shape or values.shape[2] % self.multiple or values.shape[3] % self.multiple:
            shape = "×".join(str(w) for w in wanted.shape)
            raise ContractError(
                f"{self.name} takes {shape} values, height and width multiples of {self.multiple}; "
                f"found {'×'.join(map(str, values.shape))}"
            )
        try:
            result: Float32[np.ndarray, "n d oh ow"] = session.run(None, {wanted.name: np.ascontiguousarray(values)})[0]
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise CatchlightError(f"{self.name} failed on {values.shape} values: {_line(error)}") from error
        return result

    def opened(self) -> InferenceSession:
        """The session itself, opened now if it is not yet; raises as `run` does."""
        with self._opening:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> InferenceSession:
        ort = _runtime()
        available = ort.get_available_providers()
        for provider in self._providers:
            if provider not in available:
                raise UnsupportedError(
                    f"this ONNX Runtime has no {provider}; it has {', '.join(available)}; "
                    "install the onnxruntime package for your device, or use the CPU"
                )
        if isinstance(self._model, Path) and not self._model.is_file():
            raise InputError(f"{self._model}: expected a model, there is no such file; is the installation complete?")
        options = ort.SessionOptions()
        options.log_severity_level = _SILENT
        options.intra_op_num_threads = self._threads or core_count()
        # Threads that spin between layers take the cores from whatever else runs; large tiles do not gain by it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        providers = [p for p in self._providers if p != CPU] + [CPU]
        model = self._model if isinstance(self._model, bytes) else str(self._model)
        try:
            # It would give eight bits to layers that were left in float32 on purpose.
            return ort.InferenceSession(
                model, options, providers=providers, disabled_optimizers=["WeightBiasQuantization"]
            )
        except Exception as error:  # as above
            said = _line(error)
            if "opset" in said.lower() or "IR version" in said or "No Op registered" in said:
                raise UnsupportedError(
                    f"{self.name} needs a newer ONNX Runtime than {ort.__version__}; "
                    f"pip install --upgrade onnxruntime ({said})"
                ) from error
            raise InputError(f"{self.name}: expected an ONNX model; found a damaged or other file ({said})") from error


def _runtime() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise UnsupportedError(
            f"learned models need ONNX Runtime, which cannot be loaded ({error}); "
            "install it again with: pip install --force-reinstall onnxruntime"
        ) from error
    return onnxruntime


def _line(error: Exception) -> str:
    # What follows the last colon-separated code and source place is what went wrong.
    said = " ".join(str(error).split())
    return said[:200] if len(said) <= 200 else "…" + said[-200:]
