from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from catchlight.core import InputError
from catchlight.simulate.files.read_depth import read_depth


def test_millimetres_and_unknown_pixels(tmp_path: Path) -> None:
    steps = np.array([[1500, 0, 65535], [250, 4000, 1]], np.uint16)
    cv2.imwrite(str(tmp_path / "d.png"), steps)
    depth = read_depth(tmp_path / "d.png")
    np.testing.assert_array_equal(depth.valid, [[True, False, False], [True, True, True]])
    np.testing.assert_allclose(depth.metres[depth.valid], [1.5, 0.25, 4.0, 0.001])
    assert read_depth(tmp_path / "d.png", per_metre=5000.0).metres[0, 0] == pytest.approx(0.3)


def test_floats_are_metres(tmp_path: Path) -> None:
    metres = np.array([[1.5, np.nan], [0.0, 20.0]], np.float32)
    tifffile.imwrite(tmp_path / "d.tif", metres)
    depth = read_depth(tmp_path / "d.tif")
    np.testing.assert_array_equal(depth.valid, [[True, False], [False, True]])
    assert depth.metres[1, 1] == 20


@pytest.mark.parametrize("kind", ["colour", "eight bits", "nothing known", "text", "empty", "missing"])
def test_what_is_no_depth_is_told(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "d.png"
    pixels = {
        "colour": np.ones((4, 4, 3), np.uint16), "eight bits": np.ones((4, 4), np.uint8),
        "nothing known": np.zeros((4, 4), np.uint16),
    }  # fmt: skip
    if kind in pixels:
        cv2.imwrite(str(place), pixels[kind])
    elif kind != "missing":
        place.write_bytes(b"text" if kind == "text" else b"")
    with pytest.raises(InputError, match=r"d\.png"):
        read_depth(place)
