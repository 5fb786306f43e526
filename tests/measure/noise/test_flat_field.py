import numpy as np
import pytest

from catchlight.camera.profile import Shading
from catchlight.core import InputError
from catchlight.measure.noise.flat_field import flat_field
from catchlight.measure.noise.plane_stack import PlaneStack

H, W = 240, 320
Y, X = (np.mgrid[:H, :W] + 0.5) / np.array([H, W])[:, None, None] - 0.5
FALLOFF = {0: 1.2, 1: 0.8, 2: 1.0}


def _light(colour: int) -> np.ndarray:
    """Natural falloff about a centre that is a little off, stronger in red."""
    return 0.7 / (1 + FALLOFF[colour] * ((X - 0.03) ** 2 + (Y + 0.02) ** 2)) ** 2


def _stacks(*, frames: int = 2, prnu: float = 0.0, level: float = 1.0, texture: float = 0.0) -> list[PlaneStack]:
    stacks = []
    for plane, colour in enumerate((0, 1, 1, 2)):
        rng = np.random.default_rng(plane)
        answer = (1 + prnu * rng.normal(size=(H, W))) * (1 + texture * np.sign(np.sin(X * 60)))
        answer[50, 60 + plane] = 0.2
        light = level * _light(colour) * answer
        values = tuple(
            np.clip(np.rint(64 + 959 * (light + rng.normal(0, np.sqrt(1e-4 * light)))), 0, 1023).astype(np.uint16)
            for _ in range(frames)
        )
        stacks.append(PlaneStack(values=values, colour=colour, black_dn=64.0, white_dn=1023.0, range_dn=959.0))
    return stacks


def test_the_gains_flatten_the_field_in_every_colour() -> None:
    found = flat_field(_stacks())
    red, green, blue = (tuple(map(tuple, found.gains[..., c].tolist())) for c in range(3))
    gains = Shading(red=red, green=green, blue=blue).gains(H, W)
    for colour in range(3):
        flat = _light(colour) * gains[..., colour]
        # Bilinear between 16×12 cells of a field that falls to half: 1.5 %, in the outermost half cells 3 %.
        inner = flat[10:-10, 10:-10]
        assert np.ptp(inner) / inner.mean() < 0.015
        assert np.ptp(flat) / flat.mean() < 0.03
        assert found.gains[..., colour].min() == pytest.approx(1.0)
    assert 0.4 < found.falloff < 0.8
    assert {(p, y, x) for p, y, x in found.defects_yx} == {(p, 50, 60 + p) for p in range(4)}


def test_sensitivities_that_differ_are_told_from_noise() -> None:
    assert flat_field(_stacks(frames=4, prnu=0.01)).prnu == pytest.approx(0.01, rel=0.05)
    assert flat_field(_stacks(frames=4)).prnu == 0.0
    assert flat_field(_stacks(frames=1)).prnu is None


@pytest.mark.parametrize(
    ("level", "texture", "words"), [(0.02, 0.0, "of white"), (3.0, 0.0, "of white"), (0.8, 0.2, "detail")]
)
def test_what_is_no_flat_field_is_refused(level: float, texture: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        flat_field(_stacks(level=level, texture=texture))
