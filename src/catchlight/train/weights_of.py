"""Weights from a file into a network."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from catchlight.core import InputError

Network = TypeVar("Network", bound=nn.Module)


def with_weights(network: Network, path: Path) -> Network:
    """The network itself, with the weights of a safetensors file.

    Raises:
        InputError: the file is missing or damaged, or of another network.
    """
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError) as error:
        said = str(error).splitlines()[0]
        raise InputError(f"{path}: expected the weights of a {type(network).__name__}; found none: {said}") from error
    except RuntimeError as error:
        # Its first line tells the class only; what does not fit comes after it.
        said = " ".join(str(error).split())[:160]
        raise InputError(
            f"{path}: expected the weights of a {type(network).__name__}; found another network's ({said})"
        ) from error
    return network
