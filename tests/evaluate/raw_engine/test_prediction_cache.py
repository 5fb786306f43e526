from pathlib import Path

import numpy as np
import pytest

from catchlight.evaluate.raw_engine.prediction_cache import Bits, PredictionCache

PICTURE = np.random.default_rng(0).random((24, 30, 3), np.float32)


def never() -> np.ndarray:
    raise AssertionError("predicted")


@pytest.mark.parametrize(("bits", "step"), [(8, 1 / 255), (16, 1 / 65535)])
def test_a_stored_picture_is_the_one_that_was_first_given(bits: Bits, step: float, tmp_path: Path) -> None:
    cache = PredictionCache(tmp_path / "p")
    first = cache.get("a b", version="1", bits=bits, make=lambda: PICTURE)
    np.testing.assert_allclose(first, PICTURE, atol=0.51 * step)
    again = PredictionCache(tmp_path / "p").get("a b", version="1", bits=bits, make=never)
    np.testing.assert_array_equal(again, first)
    assert first.dtype == again.dtype == np.float32


def test_another_version_and_a_damaged_file_are_made_again(tmp_path: Path) -> None:
    cache = PredictionCache(tmp_path)
    cache.get("a", version="1", bits=8, make=lambda: PICTURE)
    other = cache.get("a", version="2", bits=8, make=lambda: 1 - PICTURE)
    np.testing.assert_allclose(other, 1 - PICTURE, atol=0.002)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:40])
    np.testing.assert_allclose(cache.get("a", version="1", bits=8, make=lambda: PICTURE), PICTURE, atol=0.002)
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    cache.get("a", version="1", bits=8, make=lambda: PICTURE)
    assert (cache.hits, cache.misses) == (0, 4)


def test_without_a_folder_nothing_is_kept_and_values_are_the_same(tmp_path: Path) -> None:
    one = PredictionCache().get("a", version="1", bits=8, make=lambda: PICTURE * 1.5 - 0.2)
    two = PredictionCache(tmp_path).get("a", version="1", bits=8, make=lambda: PICTURE * 1.5 - 0.2)
    np.testing.assert_array_equal(one, two)
    assert one.min() == 0 and one.max() == 1
