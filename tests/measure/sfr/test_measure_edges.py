"""Edges found in whole pictures: all of a chart's, none where there is none, and no confident nonsense."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from scipy.special import ndtr

from catchlight.core.colour import srgb_decode, srgb_encode
from catchlight.core.errors import ContractError
from catchlight.measure.sfr import Channel, EdgesFound, Viewing, acutance, measure_edges


def square_chart(
    *, sigma_px: float = 0.8, noise: float = 0.0, seed: int = 0, low: float = 0.15, high: float = 0.6
) -> tuple[np.ndarray, list[tuple[float, float]]]:
    """Six squares turned by 5 to 9°, exact for the blur except near corners; and the middles of their edges."""
    height, width, side = 260, 380, 60.0
    y, x = np.mgrid[:height, :width] + 0.5
    dark = np.zeros((height, width))
    middles = []
    for k in range(6):
        cx, cy = 65 + 125 * (k % 3), 65 + 130 * (k // 3)
        angle = math.radians(5 + 0.8 * k)
        u = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        v = (y - cy) * math.cos(angle) - (x - cx) * math.sin(angle)
        dark += np.prod([ndtr((side / 2 - np.abs(w)) / sigma_px) for w in (u, v)], axis=0)
        for du, dv in ((side / 2, 0), (-side / 2, 0), (0, side / 2), (0, -side / 2)):
            middles.append(
                (cx + du * math.cos(angle) - dv * math.sin(angle), cy + du * math.sin(angle) + dv * math.cos(angle))
            )
    plane = high + (low - high) * dark
    if noise:
        plane = plane + np.random.default_rng(seed).normal(0, noise, plane.shape)
    return plane.astype(np.float32), middles


def found_of(found: EdgesFound, middles: list[tuple[float, float]]) -> int:
    return sum(any(math.hypot(e.line.x - x, e.line.y - y) < 6 for e in found.edges) for x, y in middles)


@pytest.mark.parametrize(("sigma_px", "noise"), [(0.5, 0.0), (0.8, 0.02), (1.5, 0.005), (2.5, 0.02)])
def test_all_edges_of_a_chart_and_no_others(sigma_px: float, noise: float) -> None:
    plane, middles = square_chart(sigma_px=sigma_px, noise=noise)
    found = measure_edges({"Y": Channel(plane=plane, limits=None)})
    assert found_of(found, middles) == len(found.edges) == 24
    truth = math.sqrt(math.log(2) / 2) / (math.pi * sigma_px)
    errors = np.array([e.mtf50_cy_px / truth - 1 for e in found.edges])
    assert abs(float(np.median(errors))) < (0.002 if noise == 0 else 0.02)
    assert all(abs(e.mtf50_cy_px / truth - 1) < 5 * e.mtf50_error_cy_px / e.mtf50_cy_px + 0.003 for e in found.edges)


def test_turned_picture_gives_turned_edges() -> None:
    plane, _ = square_chart()
    upright = measure_edges({"Y": Channel(plane=plane)}).edges
    turned = measure_edges({"Y": Channel(plane=np.ascontiguousarray(plane.T))}).edges
    assert len(upright) == len(turned)
    for edge in upright:
        nearest = min(turned, key=lambda e: math.hypot(e.line.x - edge.line.y, e.line.y - edge.line.x))
        assert nearest.mtf50_cy_px == pytest.approx(edge.mtf50_cy_px, rel=2e-3)


def test_channels_tell_lateral_colour() -> None:
    plane, _ = square_chart()
    height, width = plane.shape
    shift = np.float32([[1, 0, 0.35], [0, 1, 0]])
    moved = cv2.warpAffine(plane, shift, (width, height), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    found = measure_edges({"G": Channel(plane=plane), "R": Channel(plane=moved)})
    red = [e for e in found.edges if e.channel == "R" and abs(e.line.angle_deg) < 20]
    assert len(red) == 12
    along_x = [e.shift_px * math.copysign(1, math.cos(math.radians(e.line.angle_deg))) for e in red]
    assert float(np.median(along_x)) == pytest.approx(0.35 * math.cos(math.radians(7)), abs=0.01)


@pytest.mark.parametrize("kind", ["noise", "gradient", "clouds", "grass", "black", "ramp", "disc"])
def test_no_edge_is_invented(kind: str) -> None:
    rng = np.random.default_rng(2)
    shape = (300, 400)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    smooth = cv2.GaussianBlur(rng.standard_normal(shape).astype(np.float32), (0, 0), 12)
    planes = {
        "noise": 0.5 + 0.1 * rng.standard_normal(shape).astype(np.float32),
        "gradient": x / 400,
        "clouds": 0.5 + smooth / (4 * float(smooth.std())),
        "grass": cv2.GaussianBlur(rng.random(shape).astype(np.float32), (0, 0), 1.0),
        "black": np.zeros(shape, np.float32),
        "ramp": np.clip((x - 190) / 20, 0, 1) * 0 + y / 300,
        "disc": (np.hypot(x - 200, y - 150) < 90).astype(np.float32),
    }
    found = measure_edges({"Y": Channel(plane=np.ascontiguousarray(planes[kind], np.float32))})
    assert found.edges == ()
    assert "no usable edge" in found.warnings[0]


def test_clipped_edge_is_refused_with_the_number() -> None:
    plane, _ = square_chart(sigma_px=1.5)
    clipped = np.minimum(plane / 0.45, 1).astype(np.float32)
    found = measure_edges({"Y": Channel(plane=clipped)})
    assert found.edges == ()
    assert "no usable edge" in found.warnings[0]
    assert "clipped: 100%" in found.warnings[0]


def test_wrong_curve_is_told() -> None:
    plane, _ = square_chart(sigma_px=1.5, low=0.03, high=0.8)
    encoded = srgb_encode(plane)
    wrong = measure_edges({"Y": Channel(plane=encoded)})
    assert any("wrong gamma" in w and "encoded" in w for w in wrong.warnings)
    assert all(e.confidence <= 0.5 for e in wrong.edges)
    twice = measure_edges({"Y": Channel(plane=srgb_decode(plane))})
    assert any("wrong gamma" in w and "--linear" in w for w in twice.warnings)
    right = measure_edges({"Y": Channel(plane=plane)})
    assert right.warnings == ()
    assert min(e.confidence for e in right.edges) > 0.9


def test_unslanted_edges_are_left_out_with_the_reason() -> None:
    x = np.arange(200)[None, :] + 0.5
    plane = np.repeat(0.2 + 0.6 * ndtr((x - 100.2) / 0.6), 150, axis=0).astype(np.float32)
    found = measure_edges({"Y": Channel(plane=plane)})
    assert found.edges == ()
    assert "phases" in found.warnings[0]


def test_blur_wider_than_its_surroundings_is_refused() -> None:
    plane, _ = square_chart(sigma_px=14.0)
    assert measure_edges({"Y": Channel(plane=plane)}).edges == ()


def test_different_sizes_are_refused() -> None:
    with pytest.raises(ContractError, match="one size"):
        measure_edges(
            {"R": Channel(plane=np.zeros((40, 40), np.float32)), "G": Channel(plane=np.zeros((40, 41), np.float32))}
        )


def test_tiny_pictures_have_no_edge() -> None:
    for side in (1, 2, 8, 23):
        found = measure_edges({"Y": Channel(plane=np.ones((side, side), np.float32))})
        assert found.edges == ()


def test_acutance_falls_with_blur_and_rises_with_distance() -> None:
    values = []
    for sigma_px in (0.5, 1.0, 2.0):
        plane, _ = square_chart(sigma_px=sigma_px)
        response = measure_edges({"Y": Channel(plane=plane)}).edges[0].response
        near, far = (Viewing(name="", pitch_mm=0.25, distance_mm=d) for d in (400.0, 1600.0))
        assert acutance(response, near) < acutance(response, far) <= 1.0
        values.append(acutance(response))
    assert values[0] > values[1] > values[2] > 0
