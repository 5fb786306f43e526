import cv2
import numpy as np
import pytest

from catchlight.core import ContractError, srgb_encode
from catchlight.measure.halo import lightness, measure_halo


def _edge(height: int = 20, width: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Encoded 0.3 | 0.7, and the distance from the edge."""
    distance = np.broadcast_to((np.arange(width) + 0.5 - width / 2).astype(np.float32), (height, width)).copy()
    return np.where(distance[..., None] > 0, 0.7, 0.3).astype(np.float32).repeat(3, axis=2), distance


def test_lightness_agrees_with_colour_science() -> None:
    colour = pytest.importorskip("colour")
    encoded = np.random.default_rng(1).random((6, 7, 3)).astype(np.float32)
    lab = colour.XYZ_to_Lab(colour.sRGB_to_XYZ(encoded.astype(np.float64)))
    assert np.abs(lightness(encoded) - lab[..., 0]).max() < 0.05


def test_a_global_curve_has_no_halo() -> None:
    picture, distance = _edge()
    for curved in (picture, picture**2, 0.2 + 0.5 * picture):
        halo = measure_halo(curved.astype(np.float32), distance)
        assert halo.beyond(0.0) == pytest.approx(0, abs=1e-4)
        assert halo.overshoot_dl == halo.undershoot_dl == 0
        assert halo.step_dl == pytest.approx(np.ptp(lightness(curved.astype(np.float32))), abs=1e-4)


def test_a_planted_glow_is_found_with_its_size_and_reach() -> None:
    picture, distance = _edge()
    tone = lightness(picture)
    # 3 L* of glow on the bright side that falls to 1/e within 10 px, 2 L* of shadow on the dark one.
    tone = tone + np.where(distance > 0, 3.0, -2.0) * np.exp(-np.abs(distance) / 10)
    grey = srgb_encode(((tone + 16) / 116) ** 3)[..., None].repeat(3, axis=2).astype(np.float32)
    halo = measure_halo(grey, distance)
    assert halo.overshoot_dl == pytest.approx(3.0, abs=0.2)
    assert halo.undershoot_dl == pytest.approx(2.0, abs=0.15)
    assert halo.beyond(20.0) == pytest.approx(3 * np.exp(-2.05), abs=0.05)
    at = np.searchsorted(halo.distance_px, -10.5)
    assert halo.mean_dl[at] == pytest.approx(-2 * np.exp(-1.05), abs=0.03)


def test_a_soft_edge_counts_only_what_leaves_its_range() -> None:
    picture, distance = _edge()
    soft = cv2.GaussianBlur(picture, (0, 0), 4.0)
    assert measure_halo(soft, distance, soft_px=16.0).beyond(0.0) < 0.01
    assert measure_halo(soft, distance).beyond(0.0) > 5
    sharp = soft + 1.5 * (soft - cv2.GaussianBlur(soft, (0, 0), 4.0))
    assert measure_halo(sharp, distance, soft_px=16.0).overshoot_dl > 2


def test_both_sides_are_needed() -> None:
    picture, distance = _edge()
    with pytest.raises(ContractError, match="both sides"):
        measure_halo(picture, np.abs(distance))
    with pytest.raises(ContractError, match="both sides"):
        measure_halo(picture, distance, soft_px=500.0)
