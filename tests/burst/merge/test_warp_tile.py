import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.merge.warp_tile import OUTSIDE, TILE, lanczos_weights, warp_rows
from catchlight.camera import interpolate_cfa
from catchlight.camera.cfa_interpolation import noise_floor
from catchlight.core import CfaPattern

GRBG = CfaPattern(name="GRBG")


def _taps(fraction: np.ndarray) -> np.ndarray:
    """The normalised kernel itself."""
    x = np.arange(-2, 4) - fraction[..., None]
    kernel = np.sinc(x) * np.sinc(x / 3)
    return kernel / kernel.sum(axis=-1, keepdims=True)


def test_the_polynomials_are_the_kernel() -> None:
    fraction = np.linspace(0, 1, 101)
    g = fraction - 0.5
    kernel = lanczos_weights().astype(np.float64)
    found = np.empty((101, 6))
    for tap in range(3):
        even = np.polynomial.polynomial.polyval(g * g, kernel[tap, 0])
        odd = g * np.polynomial.polynomial.polyval(g * g, kernel[tap, 1])
        found[:, tap], found[:, 5 - tap] = even + odd, even - odd
    np.testing.assert_allclose(found, _taps(fraction), atol=5e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=5e-6)


def _slow(mosaic: np.ndarray, affine: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both passes one sample at a time, on the frame interpolated as a whole; and the places (u, v)."""
    colours = interpolate_cfa(mosaic, GRBG).astype(np.float64)
    h, w = mosaic.shape
    y, x = np.mgrid[:h, :w] + 0.5
    u = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2] - 0.5
    v = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2] - 0.5
    iv = np.floor(v).astype(int)
    down = _taps(v - iv)
    out = np.zeros((h, w, 3))
    for j in range(6):
        row = iv - 2 + j
        # Where this row of the frame crosses the reference's column.
        across = u + (row - v) * affine[0, 1] / affine[1, 1]
        iu = np.floor(across).astype(int)
        taps = _taps(across - iu)
        for i in range(6):
            sample = colours[np.clip(row, 0, h - 1), np.clip(iu - 2 + i, 0, w - 1)]
            out += (down[..., j] * taps[..., i])[..., None] * sample
    return out, u, v


@pytest.mark.parametrize(
    ("angle_deg", "zoom", "shift"), [(0, 1, (0.0, 0.0)), (0, 1, (3.25, -1.5)), (2, 1, (1.3, 4.6)), (-9, 1.08, (-5, 2))]
)
def test_two_passes_as_written_out_slowly(angle_deg: float, zoom: float, shift: tuple[float, float]) -> None:
    rng = np.random.default_rng(1)
    h, w = TILE + 20, TILE + 50
    mosaic = rng.random((h, w)).astype(np.float32)
    c, s = zoom * np.cos(np.radians(angle_deg)), zoom * np.sin(np.radians(angle_deg))
    linear = np.array([[c, -s], [s, c]])
    middle = np.array([w / 2, h / 2])
    affine = np.column_stack([linear, middle - linear @ middle + np.array(shift)])
    slow, u, v = _slow(mosaic, affine)
    still = Alignment.identity((h, w))
    out = np.empty((3, h, w), np.float32)
    phase = np.empty((h // 2, w // 2), np.uint16)
    for top in range(0, h, TILE):
        bottom = min(top + TILE, h)
        warp_rows(
            mosaic, affine, still.shifts, still.cell_px, *GRBG.red_yx, noise_floor(0.0), lanczos_weights(),
            top, bottom, 0, w, out[:, top:bottom], phase[top // 2 : bottom // 2],
        )  # fmt: skip
    inner = (u > 8) & (v > 8) & (u < w - 9) & (v < h - 9)
    assert inner.mean() > 0.5
    np.testing.assert_allclose(np.moveaxis(out, 0, -1)[inner], slow[inner], atol=2e-4)
    gone = (u < -1.01) | (v < -1.01) | (u >= w + 0.01) | (v >= h + 0.01)
    assert (out[:, gone] == OUTSIDE).all()
    # A single plane gets the colour that the pattern has at every site.
    own = np.empty((1, h, w), np.float32)
    for top in range(0, h, TILE):
        bottom = min(top + TILE, h)
        warp_rows(
            mosaic, affine, still.shifts, still.cell_px, *GRBG.red_yx, noise_floor(0.0), lanczos_weights(),
            top, bottom, 0, w, own[:, top:bottom], phase[top // 2 : bottom // 2],
        )  # fmt: skip
    sites = np.tile(GRBG.indices, (h // 2, w // 2)).astype(int)
    np.testing.assert_allclose(own[0], np.take_along_axis(out, sites[None], 0)[0], atol=1e-6)
    # The phase is the place of every quad's first sample on the frame's 2×2 lattice, in 16ths.
    row, column = np.divmod(phase.astype(int), 32)
    for found, place in ((row, v), (column, u)):
        away = np.mod(found / 16 - place[::2, ::2] + 1, 2) - 1
        assert np.abs(away).max() <= 1 / 32 + 1e-3


def test_a_frame_that_is_turned_too_far_is_not_seen() -> None:
    mosaic = np.zeros((160, 160), np.float32)
    affine = np.array([[0.0, -1.0, 160.0], [1.0, 0.0, 0.0]])
    still = Alignment.identity((160, 160))
    out = np.zeros((3, TILE + 2, 160), np.float32)[:, :TILE]
    phase = np.empty((TILE // 2, 80), np.uint16)
    warp_rows(
        mosaic, affine, still.shifts, 64, *GRBG.red_yx, noise_floor(0.0), lanczos_weights(), 0, TILE, 0, 160, out, phase
    )
    assert (out == OUTSIDE).all()
