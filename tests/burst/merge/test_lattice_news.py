from dataclasses import replace

import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.merge.lattice_news import lattice_news


def _moved(dx: float, dy: float) -> Alignment:
    still = Alignment.identity((128, 128))
    return replace(still, affine=np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]]))


@pytest.mark.parametrize(
    ("shift", "news"), [((0, 0), 0.0), ((4, -2), 0.0), ((1, 0), 1.0), ((0.25, 0), 0.5), ((2, 3), 1)]
)
def test_only_another_lattice_tells_news(shift: tuple[float, float], news: float) -> None:
    np.testing.assert_allclose(lattice_news(_moved(float(shift[0]), float(shift[1]))), news, atol=1e-6)


def test_small_shifts_of_tiles_count_where_they_are() -> None:
    still = Alignment.identity((128, 128))
    shifts = still.shifts.copy()
    shifts[0, 0] = (0.5, 0.0)
    news = lattice_news(replace(still, shifts=shifts))
    assert news[0, 0] == pytest.approx(1.0)
    assert news[-1, -1] == 0
