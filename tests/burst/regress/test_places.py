import numpy as np
from numba import njit

from catchlight.burst import Alignment
from catchlight.burst.regress.places import in_frame, in_reference, inverse_of
from catchlight.burst.regress.row_chunk import CHUNK, PIECES, along, runs_of, take


@njit
def _there(affine, shifts, cell, x, y):  # type: ignore[no-untyped-def]
    return in_frame(affine, shifts, cell, x, y)


@njit
def _back(inverse, shifts, cell, u, v):  # type: ignore[no-untyped-def]
    return in_reference(inverse, shifts, cell, u, v)


def test_there_and_back() -> None:
    rng = np.random.default_rng(0)
    c, s = np.cos(0.1), np.sin(0.1)
    alignment = Alignment(
        affine=np.array([[1.05 * c, -1.05 * s, 12.3], [1.05 * s, 1.05 * c, -7.9]]),
        # Neighbouring tiles differ by some tenths of a pixel, as those of a real burst do.
        shifts=rng.uniform(-0.3, 0.3, (3, 4, 2)).astype(np.float32),
        confidence=np.ones((3, 4), np.float32),
        cell_px=64,
    )
    inverse = inverse_of(alignment)
    for x, y in rng.uniform((0, 0), (256, 192), (200, 2)):
        u, v = _there(alignment.affine, alignment.shifts, 64, x, y)
        back = _back(inverse, alignment.shifts, 64, u, v)
        # Every look leaves the shift's slope, here at most 0.6 / 64, of the error before it.
        np.testing.assert_allclose(back, (x, y), atol=0.002)


def test_a_chunk_is_straight_between_its_knots_and_taken_in_runs() -> None:
    knots = np.cumsum(np.random.default_rng(1).uniform(14, 18, PIECES + 1)) + 100
    work = np.zeros(2 * CHUNK, np.float32)
    _along(knots, 100.0, work, CHUNK)
    at = np.interp(np.arange(CHUNK) * PIECES / CHUNK, np.arange(PIECES + 1), knots) - 100
    np.testing.assert_allclose(work[CHUNK:], at, rtol=1e-6)
    assert not work[:CHUNK].any()
    flat = np.random.default_rng(2).random(4000).astype(np.float32)
    for breaks in ((), (40,), (1, 2, 127), (5, 30, 31, 90), tuple(range(1, CHUNK))):
        index = (1000 + np.arange(CHUNK)).astype(np.int32)
        for place in breaks:
            index[place:] += 13
        ends = np.zeros(CHUNK, np.int64)
        runs = runs_of(index, 0, ends)
        assert runs in (0, len(breaks) + 1)
        if runs:
            assert ends[:runs].tolist() == [*breaks, CHUNK]
        _take(flat, index, -7, ends, runs, work, CHUNK)
        assert np.array_equal(work[CHUNK:], flat[index - 7])


@njit
def _along(knots, base, work, at):  # type: ignore[no-untyped-def]
    along(knots, base, work, at)


@njit
def _take(flat, ints, offset, ends, runs, work, at):  # type: ignore[no-untyped-def]
    take(flat, ints, 0, offset, ends, runs, work, at)
