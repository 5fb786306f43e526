"""Curves and pictures end in TensorBoard's files."""

from pathlib import Path

import numpy as np
import pytest

from catchlight.train.board import board, has_board
from catchlight.train.moment import Moment


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scalars_and_pictures_are_there_and_a_torn_end_is_hidden(tmp_path: Path) -> None:
    if not has_board():
        pytest.skip("TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def moment(step: int, loss: float) -> Moment:
        picture = np.full((4, 6, 3), 99, np.uint8)
        return Moment(
            step=step, steps=9, loss=loss, rate=0.5, seconds=1.0, left_s=1.0, scores={"dB": 3.0}, picture=picture
        )

    with board(tmp_path) as tell:
        tell(moment(1, 4.0))
        tell(moment(2, 5.0))
    with board(tmp_path) as tell:
        tell(moment(2, 6.0))
    found = EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    assert [(e.step, e.value) for e in found.Scalars("train/loss")] == [(1, 4.0), (2, 6.0)]
    assert found.Scalars("score/dB")[-1].value == 3.0 and found.Scalars("train/rate")[-1].value == 0.5
    assert (found.Images("picture")[-1].height, found.Images("picture")[-1].width) == (4, 6)


def test_nothing_told_leaves_nothing(tmp_path: Path) -> None:
    with board(tmp_path):
        pass
    assert not list(tmp_path.iterdir())
