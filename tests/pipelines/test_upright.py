from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from catchlight.core import Frame, Metadata
from catchlight.core.gain_map import GainMap
from catchlight.pipelines.upright import upright


def _frame(orientation: int) -> Frame:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 5, 3)).astype(np.float32) / np.float32(255)
    return Frame(pixels=pixels, transfer="srgb", metadata=Metadata(make="Acme", orientation=orientation))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(orientation: int) -> None:
    frame = _frame(orientation)
    before = frame.pixels.copy()
    stored = Image.fromarray(np.round(frame.pixels * 255).astype(np.uint8))
    exif = Image.Exif()
    exif[274] = orientation
    file = BytesIO()
    stored.save(file, "png", exif=exif)
    theirs = np.asarray(ImageOps.exif_transpose(Image.open(file)))
    found = upright(frame)
    np.testing.assert_array_equal(np.round(found.pixels * 255).astype(np.uint8), theirs)
    assert found.pixels.flags.c_contiguous
    assert found.metadata == Metadata(make="Acme", orientation=1)
    assert np.array_equal(frame.pixels, before)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [(), (3,)])
def test_the_gain_map_turns_with_its_picture(orientation: int, channels: tuple[int, ...]) -> None:
    frame = _frame(orientation)
    gains = frame.pixels if channels else np.ascontiguousarray(frame.pixels[..., 0])
    gain_map = GainMap(log2_gain=gains, gain_map_min=(0.0,) * 3, gain_map_max=(1.0,) * 3, alternate_headroom_ev=1.0)
    found = upright(replace(frame, gain_map=gain_map))
    assert found.gain_map is not None
    expected = found.pixels if channels else found.pixels[..., 0]
    assert np.array_equal(found.gain_map.log2_gain, expected)


def test_an_upright_picture_is_handed_back() -> None:
    frame = _frame(1)
    assert upright(frame) is frame
