"""The weights that fine-tuning begins with."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from catchlight.core import InputError, UsageError
from catchlight.train.networks.raw_unet import RawUNet
from catchlight.train.run_folder import RunFolder

# Four samples of a quad and their deviations.
_PLANES = 8
SHIPPED = ("raw_engine_best", "raw_engine_fast")


def find_weights(model: str) -> Path:
    """The file of a model's name, of a training folder, or the file itself.

    Raises:
        UsageError: none of them.
        InputError: the shipped file is missing.
    """
    if model in SHIPPED:
        place = Path(str(files("catchlight.models.raw_engine") / f"{model}.safetensors"))
        if not place.is_file():
            raise InputError(f"{model}: its weights ({place.name}) are not in this installation; install it again")
        return place
    place = Path(model)
    if place.is_dir():
        place = RunFolder(place).best
    if not place.is_file():
        raise UsageError(
            f"{model}: expected {' or '.join(SHIPPED)}, or a training folder (best.safetensors); found neither"
        )
    return place


def raw_unet_of(place: Path) -> RawUNet:
    """The network of a weights file; its widths and blocks are read off the shapes.

    Raises:
        InputError: damaged, or the weights of another kind of network.
    """
    try:
        weights = load_file(place)
    except (OSError, SafetensorError) as error:
        raise InputError(f"{place}: expected weights (safetensors); found a damaged or other file") from error
    try:
        network = _shaped(weights)
        network.load_state_dict(weights)
    except (KeyError, IndexError, RuntimeError) as error:
        raise InputError(f"{place}: expected the weights of a RAW engine (RawUNet); found another network's") from error
    return network


def _shaped(weights: dict[str, Tensor]) -> RawUNet:
    stem = weights["stem.weight"]
    if stem.shape[1] != _PLANES:
        raise KeyError("quads of a Bayer mosaic")
    levels = _count(weights, r"downs\.(\d+)\.") + 1
    widths = (stem.shape[0], *(weights[f"downs.{k}.weight"].shape[0] for k in range(levels - 1)))
    down = tuple(_count(weights, rf"encoders\.{k}\.(\d+)\.") for k in range(levels))
    up = tuple(_count(weights, rf"decoders\.{k}\.(\d+)\.") for k in range(levels - 1))
    # A stem of 4×4 quads folds two quads a side.
    return RawUNet(widths, down, up, fold=2 if stem.shape[-1] == 4 else 1)


def _count(weights: dict[str, Tensor], pattern: str) -> int:
    return 1 + max((int(m[1]) for name in weights if (m := re.match(pattern, name))), default=-1)
