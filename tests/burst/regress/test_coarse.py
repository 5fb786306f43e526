import cv2
import numpy as np
import pytest

from catchlight.burst.regress import coarse_colours
from catchlight.core import CfaName, CfaPattern, LinearMosaic, NoiseModel

NAMES: tuple[CfaName, ...] = ("RGGB", "XTRANS", "QUAD_GRBG", "NONA_BGGR", "MONO")


def _mosaic(picture: np.ndarray, name: CfaName) -> LinearMosaic:
    cfa = CfaPattern(name=name)
    return LinearMosaic(
        values=cfa.sample(picture.astype(np.float32)),
        cfa=cfa,
        gains=(1.0, 1.0, 1.0),
        noise=NoiseModel.same(shot=0.0, read=1e-6),
    )


@pytest.mark.parametrize("name", NAMES)
def test_one_colour_everywhere_stays(name: CfaName) -> None:
    colour = np.array([0.2, 0.5, 0.7])
    found = coarse_colours(_mosaic(np.broadcast_to(colour, (48, 72, 3)), name))
    expected = colour[[1, 1, 1]] if name == "MONO" else colour
    np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape), rtol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_broad_shade_comes_through_without_a_lattice(name: CfaName) -> None:
    noise = np.random.default_rng(0).standard_normal((144, 180, 3)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 16.0)
    picture = 0.5 + 0.1 * smooth / smooth.std()
    if name == "MONO":
        picture[..., 0] = picture[..., 2] = picture[..., 1]
    found = coarse_colours(_mosaic(picture, name))
    inner = slice(12, -12)
    error = (found - picture)[inner, inner]
    # A Gaussian of deviation s takes s²/2σ² of shade of width σ: 5 % for the widest, 5 px; the lattice adds to it.
    assert np.abs(error).mean() < 0.06 * 0.1
    # Nothing of a lattice: rows and columns of one phase do not differ from those of another.
    side = CfaPattern(name=name).side
    phases = [error[y::side, x::side].mean() for y in range(side) for x in range(side)]
    assert np.ptp(phases) < 0.01 * 0.1
