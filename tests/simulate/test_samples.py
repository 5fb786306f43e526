from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from catchlight.io.read_raw import read_raw
from catchlight.simulate import IMX477

SAMPLES = Path(str(files("catchlight") / "samples"))


def test_the_samples_are_small_and_say_where_they_come_from() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*")) < 7_000_000
    assert "synthetic" in (SAMPLES / "night_burst" / "SOURCE.md").read_text(encoding="utf-8")
    assert "MIT License" in (SAMPLES / "SOURCE.md").read_text(encoding="utf-8")


def test_the_burst_reads_as_the_camera_that_was_simulated() -> None:
    paths = sorted((SAMPLES / "night_burst").glob("*.dng"))
    assert len(paths) == 8
    frames = [read_raw(path) for path in paths]
    times = [frame.timestamp_ns or 0 for frame in frames]
    assert (np.diff(times) > 0).all()
    for frame in frames:
        assert frame.shape == (768, 768)
        assert (frame.black_dn[0], frame.white_dn) == (IMX477.black_dn, IMX477.white_dn)
        assert frame.noise is not None
        assert frame.noise.shot[1] == pytest.approx(IMX477.noise_at(8.0).shot[1], rel=1e-4)
        assert frame.colour.matrix_1 is not None
        assert frame.colour.neutral is not None


def test_the_rose_is_the_nikon_crop() -> None:
    rose = read_raw(SAMPLES / "nikon_rose.dng")
    assert (rose.shape, rose.black_dn, rose.white_dn) == ((512, 768), (600.0,) * 4, 15520.0)
    assert (int(rose.mosaic.min()), int(rose.mosaic.max())) == (616, 16383)
    assert rose.colour.white_balance() == pytest.approx((1.94921875, 1.0, 1.34375), rel=1e-4)
