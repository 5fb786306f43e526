import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from catchlight.core import ColourSpace, UnsupportedError
from catchlight.io import icc

SPACES = [ColourSpace.SRGB, ColourSpace.DISPLAY_P3, ColourSpace.REC2020]


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("transfer", ["srgb", "linear"])
def test_our_profiles_are_valid_and_recognised(space: ColourSpace, transfer: str) -> None:
    profile = icc.profile_for(space, transfer)
    assert len(profile) < 800
    assert struct.unpack(">I", profile[:4])[0] == len(profile)
    opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    assert space.label in ImageCms.getProfileDescription(opened)
    assert opened.profile.version >= 4
    assert icc.recognise(profile) == (space, transfer)
    # White of the profile is the connection space's white, so that grey stays grey.
    whole = sum(np.array(colour[0]) for colour in (opened.profile.red_colorant, opened.profile.green_colorant))
    whole = whole + np.array(opened.profile.blue_colorant[0])
    assert whole == pytest.approx([0.9642, 1.0, 0.8249], abs=2e-4)


def test_our_srgb_is_everybodys_srgb() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    ours = ImageCms.ImageCmsProfile(io.BytesIO(icc.profile_for(ColourSpace.SRGB, "srgb")))
    shown = ImageCms.profileToProfile(Image.fromarray(levels), ours, ImageCms.createProfile("sRGB"))
    assert shown is not None
    assert np.abs(np.asarray(shown).astype(int) - levels).max() <= 1


def curve_profile(curve: bytes) -> bytes:
    """Our linear sRGB profile with another tone curve in the place of its own (16 bytes)."""
    profile = icc.profile_for(ColourSpace.SRGB, "linear")
    at = profile.index(b"para")
    table = profile[:at] + bytes(16) + profile[at + 16 :] + curve
    # The three curve tags point behind the old end of the profile.
    entries = bytearray(table)
    for i in range(struct.unpack(">I", entries[128:132])[0]):
        start = 132 + 12 * i
        if entries[start : start + 4] in (b"rTRC", b"gTRC", b"bTRC"):
            entries[start + 4 : start + 12] = struct.pack(">II", len(profile), len(curve))
    return bytes(entries)


def table_curve(values: np.ndarray) -> bytes:
    return b"curv" + struct.pack(">II", 0, len(values)) + (values * 65535).round().astype(">u2").tobytes()


def test_curves_of_every_form_are_read() -> None:
    x = np.linspace(0, 1, 1024)
    srgb = np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)
    assert icc.recognise(curve_profile(table_curve(srgb))) == (ColourSpace.SRGB, "srgb")
    assert icc.recognise(curve_profile(table_curve(x))) == (ColourSpace.SRGB, "linear")
    assert icc.recognise(curve_profile(b"curv" + bytes(8))) == (ColourSpace.SRGB, "linear")
    assert icc.recognise(curve_profile(b"curv" + struct.pack(">IIH", 0, 1, 256))) == (ColourSpace.SRGB, "linear")
    assert icc.recognise(curve_profile(b"curv" + struct.pack(">IIH", 0, 1, 563))) is None  # gamma 2.2
    assert icc.recognise(curve_profile(table_curve(x**1.8))) is None
    fixed = [round(v * 65536) for v in (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0.0, 0.0)]
    assert icc.recognise(curve_profile(b"para" + struct.pack(">IHH7i", 0, 4, 0, *fixed))) == (ColourSpace.SRGB, "srgb")


@given(st.binary(max_size=300), st.integers(0, 600), st.integers(0, 255))
def test_damaged_profiles_are_only_not_recognised(noise: bytes, at: int, value: int) -> None:
    icc.recognise(noise)
    profile = bytearray(icc.profile_for(ColourSpace.REC2020, "srgb"))
    profile[at % len(profile)] = value
    assert icc.recognise(bytes(profile)) in (None, (ColourSpace.REC2020, "srgb"))
    icc.recognise(bytes(profile[: at % len(profile)]))


def test_camera_rgb_has_no_display_profile() -> None:
    with pytest.raises(UnsupportedError, match="camera RGB"):
        icc.profile_for(ColourSpace.CAMERA, "linear")
