"""Against colour-science, whose tables and integration are the reference."""

import colour
import numpy as np
import pytest
from scipy.linalg import null_space

from catchlight.camera.sensor import SpectralColour, black_body, colour_of, neutral_of, standard_light_a
from catchlight.core import ContractError

# colour-science says so whenever it aligns one table's wavelengths with another's, as is meant here.
pytestmark = pytest.mark.filterwarnings("ignore::colour.utilities.ColourRuntimeWarning")

SHAPE = colour.SpectralShape(380, 780, 5)
NM = np.arange(380.0, 781.0, 5.0)


def aligned(curves: object) -> np.ndarray:
    return np.asarray(curves.copy().align(SHAPE).values, np.float64)  # type: ignore[attr-defined]


OBSERVER = aligned(colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"])
CAMERA = colour.MSDS_CAMERA_SENSITIVITIES["Nikon 5100 (NPL)"]
NIKON = np.maximum(aligned(CAMERA), 0)
LIGHTS = {name: aligned(colour.SDS_ILLUMINANTS[name]) for name in ("A", "D65")}
PATCHES = np.stack([aligned(patch) for patch in colour.SDS_COLOURCHECKERS["BabelColor Average"].values()], axis=1)


def fitted(light: str) -> SpectralColour:
    return colour_of(NIKON, LIGHTS[light], surfaces=PATCHES, observer=OBSERVER)


def test_the_analytic_illuminants_are_the_tables() -> None:
    np.testing.assert_allclose(standard_light_a(NM), LIGHTS["A"], rtol=1e-5)  # tables have six digits
    reference = colour.sd_blackbody(4000, SHAPE).values
    np.testing.assert_allclose(black_body(NM, cct_k=4000.0), reference / reference[36], rtol=1e-4)  # it has 1.4388e-2


@pytest.mark.parametrize("light", LIGHTS)
def test_the_neutral_is_the_reciprocal_of_colours_white_balance(light: str) -> None:
    gains = colour.characterisation.white_balance_multipliers(CAMERA, colour.SDS_ILLUMINANTS[light])
    expected = gains[1] / gains
    # The curves of this camera are slightly negative here and there, which we cut: 2e-4.
    assert neutral_of(NIKON, LIGHTS[light]) == pytest.approx(tuple(expected), rel=2e-4)
    assert fitted(light).neutral == neutral_of(NIKON, LIGHTS[light])


def test_a_camera_that_sees_as_people_do_is_solved_exactly() -> None:
    mixed = np.array([[0.9, 0.3, 0.0], [0.1, 0.8, 0.2], [0.0, 0.1, 0.7]])
    found = colour_of(OBSERVER @ mixed.T, LIGHTS["D65"], surfaces=PATCHES, observer=OBSERVER)
    white = LIGHTS["D65"] @ OBSERVER
    green = (mixed @ white / white[1])[1]
    np.testing.assert_allclose(found.camera_from_xyz, mixed / green, atol=1e-10)
    assert found.residual_rms < 1e-12


@pytest.mark.parametrize("light", LIGHTS)
def test_white_is_exact_and_the_rest_is_the_constrained_least_squares(light: str) -> None:
    found = fitted(light)
    # XYZ of the patches by colour's own integration, at the scale Y(white) = 1.
    spd = colour.SDS_ILLUMINANTS[light]
    patches = colour.SDS_COLOURCHECKERS["BabelColor Average"].values()
    xyz = np.stack([colour.sd_to_XYZ(p.copy().align(SHAPE), illuminant=spd, method="Integration") for p in patches])
    xyz = xyz / 100
    white = LIGHTS[light] @ OBSERVER
    white = white / white[1]
    matrix = np.array(found.camera_from_xyz)
    np.testing.assert_allclose(matrix @ white, found.neutral, rtol=1e-12)
    # Independent solution: what is free lies in the plane perpendicular to the white.
    plane = null_space(white[None])
    seen = (PATCHES * LIGHTS[light][:, None]).T @ NIKON / (LIGHTS[light] @ NIKON)[1]
    for channel in range(3):
        fixed = found.neutral[channel] * white / (white @ white)
        free = np.linalg.lstsq(xyz @ plane, seen[:, channel] - xyz @ fixed, rcond=None)[0]
        # colour integrates with its observer at 1 nm and the light interpolated: 1e-3 of the largest element.
        np.testing.assert_allclose(matrix[channel], fixed + plane @ free, atol=1e-3)
    rms = np.sqrt(np.mean(np.square(seen - xyz @ matrix.T)))
    assert found.residual_rms == pytest.approx(rms, rel=0.02)


def test_the_matrix_brings_the_patches_back_to_their_colours() -> None:
    power = LIGHTS["D65"]
    white = power @ OBSERVER
    xyz = (PATCHES * power[:, None]).T @ OBSERVER / white[1]
    seen = (PATCHES * power[:, None]).T @ NIKON / (power @ NIKON)[1]
    found = seen @ np.linalg.inv(np.array(fitted("D65").camera_from_xyz)).T
    true_lab, found_lab = (colour.XYZ_to_Lab(v, colour.XYZ_to_xy(white)) for v in (xyz, found))
    # Measured 0.92 in the mean; a 3×3 matrix cannot do better than about 1 on a camera that is not colorimetric.
    assert float(np.mean(colour.delta_E(true_lab, found_lab, method="CIE 2000"))) < 1.2


def test_what_cannot_be_solved_is_refused() -> None:
    with pytest.raises(ContractError, match="four or more"):
        colour_of(NIKON, LIGHTS["A"], surfaces=PATCHES[:, :3], observer=OBSERVER)
    with pytest.raises(ContractError, match="every channel"):
        neutral_of(NIKON * np.array([1.0, 1.0, 0.0]), LIGHTS["A"])
    with pytest.raises(ContractError, match="finite values"):
        neutral_of(-NIKON, LIGHTS["A"])
