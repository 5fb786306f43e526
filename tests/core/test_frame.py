from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from catchlight.core import ColourSpace, ContractError, Frame, Metadata, srgb_encode
from catchlight.core.frame import Transfer

SPACES = [s for s in ColourSpace if s is not ColourSpace.CAMERA]
pictures = hnp.arrays(np.float32, (2, 3, 3), elements=st.floats(-0.5, 2.0, width=32))


@given(pictures, st.sampled_from(SPACES), st.sampled_from(["linear", "srgb"]), st.sampled_from(SPACES))
def test_another_space_and_back(pixels: np.ndarray, space: ColourSpace, transfer: Transfer, own: ColourSpace) -> None:
    before = pixels.copy()
    frame = Frame(pixels=pixels, space=own)
    away = frame.in_space(space, transfer)
    assert (away.space, away.transfer) == (space, transfer)
    back = away.in_space(own, "linear")
    np.testing.assert_allclose(back.pixels, pixels, atol=2e-4)
    assert np.array_equal(pixels, before)


def test_facts_travel_and_the_step_is_noted() -> None:
    metadata = Metadata(make="Acme", orientation=6)
    frame = Frame(pixels=np.full((2, 2, 3), 0.5, np.float32), white="sensor clip", metadata=metadata, provenance=("a",))
    moved = frame.in_space(ColourSpace.DISPLAY_P3, "srgb")
    assert moved.metadata is metadata
    assert moved.white == "sensor clip"
    assert moved.provenance == ("a", "sRGB → Display P3, srgb")
    np.testing.assert_allclose(moved.pixels, srgb_encode(frame.pixels), atol=1e-6)  # grey stays grey
    assert frame.in_space(ColourSpace.SRGB, "linear") is frame


def test_shape_and_linear_light() -> None:
    frame = Frame(pixels=np.full((4, 5, 3), 0.5, np.float32), transfer="srgb")
    assert frame.shape == (4, 5)
    np.testing.assert_allclose(frame.to_linear(), 0.21404, atol=1e-5)


@pytest.mark.usefixtures("as_users_meet_it")
@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((2, 2, 3), np.float64), "float32"),
        (np.zeros((2, 2), np.float32), "h×w×3"),
        (np.zeros((2, 2, 4), np.float32), "h×w×3"),
        (np.zeros((0, 2, 3), np.float32), "at least one pixel"),
        (np.full((2, 2, 3), np.nan, np.float32), "NaN or infinity"),
        (np.full((2, 2, 3), -np.inf, np.float32), "NaN or infinity"),
        (np.array([[[np.inf, -np.inf, 0]]], np.float32), "NaN or infinity"),
    ],
)
def test_contract(pixels: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        Frame(pixels=pixels)


def test_one_bad_value_anywhere_is_found() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        pixels = rng.random((7, 9, 3), dtype=np.float32)
        pixels[rng.integers(7), rng.integers(9), rng.integers(3)] = rng.choice([np.nan, np.inf, -np.inf])
        with pytest.raises(ContractError, match="NaN or infinity"):
            Frame(pixels=pixels)


def test_it_is_frozen_and_camera_rgb_has_no_way_out() -> None:
    frame = Frame(pixels=np.zeros((2, 2, 3), np.float32), space=ColourSpace.CAMERA)
    with pytest.raises(FrozenInstanceError):
        frame.white = "display white"  # type: ignore[misc]
    with pytest.raises(ValueError, match="camera RGB"):
        frame.in_space(ColourSpace.SRGB, "linear")
