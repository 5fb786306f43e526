"""Curves and pictures of a run for TensorBoard, where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from catchlight.train.moment import Moment


def has_board() -> bool:
    """Whether TensorBoard is installed; without it a run is the same, but draws no curves."""
    return find_spec("tensorboard") is not None


@contextmanager
def board(folder: Path) -> Iterator[Callable[[Moment], None]]:
    """Gives the listener that writes loss, rate, scores and pictures under `folder`/tensorboard.

    What an earlier run that was killed drew after the first step that is told is hidden.
    """
    from torch.utils.tensorboard import SummaryWriter

    writer: SummaryWriter | None = None

    def tell(moment: Moment) -> None:
        nonlocal writer
        if writer is None:
            writer = SummaryWriter(str(folder / "tensorboard"), purge_step=moment.step)
        writer.add_scalar("train/loss", moment.loss, moment.step)
        writer.add_scalar("train/rate", moment.rate, moment.step)
        for name, score in (moment.scores or {}).items():
            writer.add_scalar(f"score/{name}", score, moment.step)
        if moment.picture is not None:
            writer.add_image("picture", moment.picture, moment.step, dataformats="HWC")

    try:
        yield tell
    finally:
        if writer is not None:
            writer.close()
