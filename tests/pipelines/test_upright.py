from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageOps

from catchlight.core import Frame, Metadata
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


def test_an_upright_picture_is_handed_back() -> None:
    frame = _frame(1)
    assert upright(frame) is frame
