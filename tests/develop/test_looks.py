import numpy as np
import pytest

from catchlight.core import CameraColour, ContractError, Metadata
from catchlight.develop.looks import LOOKS, look_named
from catchlight.develop.natural_look import NaturalLook
from catchlight.develop.render import render_natural

WB = (1.9, 1.0, 1.4)
COLOUR = CameraColour(
    neutral=(1 / 1.9, 1.0, 1 / 1.4),
    matrix_2=((0.9020, -0.2890, -0.0715), (-0.4535, 1.2436, 0.2348), (-0.0934, 0.1919, 0.7086)),
)
NIGHT = Metadata(exposure_s=1 / 8, iso=3200.0, aperture_f=1.8)


def _night() -> np.ndarray:
    """Mostly dark, a lit part, soft colours."""
    rng = np.random.default_rng(4)
    light = np.full((64, 96), 0.01)
    light[:, 60:] = 0.2
    return (light[..., None] * rng.uniform(0.7, 1.3, (64, 96, 3))).astype(np.float32)


def test_natural_is_the_default() -> None:
    assert look_named("natural") == NaturalLook()


def test_bright_is_brighter_and_neutral_leaves_shadows_dark() -> None:
    shown = {
        name: render_natural(_night(), wb=WB, colour=COLOUR, look=look, metadata=NIGHT).pixels
        for name, look in LOOKS.items()
    }
    dark = {name: float(p[:, :50].mean()) for name, p in shown.items()}
    assert dark["bright"] > 1.2 * dark["natural"]
    assert dark["natural"] > dark["neutral"]
    assert shown["bright"].mean() > shown["natural"].mean()


def test_unknown_looks_are_named_in_the_refusal() -> None:
    with pytest.raises(ContractError, match=r"look is one of natural, bright, neutral; found 'vivid'"):
        look_named("vivid")
