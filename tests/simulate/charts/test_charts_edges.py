from dataclasses import replace

import cv2
import numpy as np
import pytest

from catchlight.core.errors import ContractError
from catchlight.simulate.charts.blurred_step import blurred_step
from catchlight.simulate.charts.edge_roi import edge_mtf, edge_roi
from catchlight.simulate.charts.paint import Dot, paint, rectangle
from catchlight.simulate.charts.slanted_edges import SlantedEdgeChart, slanted_edges
from catchlight.simulate.charts.view import ChartView, perspective

FINE = 16  # samples a pixel of the slow reference
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


def _view(**changes: object) -> ChartView:
    h = perspective(height=96, width=128, chart_height=0.75, yaw_deg=20.0, pitch_deg=-12.0, roll_deg=8.0, fill=0.8)
    return replace(ChartView(height=96, width=128, image_from_chart=h), **changes)


def _supersampled(view: ChartView, inside: object, blur_px: float) -> np.ndarray:
    """Slow and obvious: asks every sub-pixel whether it sees the shape, blurs, averages over photosites."""
    y, x = np.mgrid[: view.height * FINE, : view.width * FINE]
    seen = (np.stack([x, y], axis=-1) + 0.5) / FINE
    ideal, _ = view.before_lens(seen)
    inverse = np.linalg.inv(np.asarray(view.image_from_chart))
    mapped = np.concatenate([ideal, np.ones_like(ideal[..., :1])], axis=-1) @ inverse.T
    fine = inside(mapped[..., :2] / mapped[..., 2:]).astype(np.float32)
    if blur_px > 0:
        fine = cv2.GaussianBlur(fine, (0, 0), blur_px * FINE, borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(fine, (view.width, view.height), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize(("aperture", "normal"), [(0.0, (1.0, 0.0)), (1.0, (1.0, 0.0)), (1.0, (0.8, 0.6))])
@pytest.mark.parametrize("sigma", [0.0, 0.4, 2.0])
def test_a_blurred_step_is_the_integral_that_it_claims(sigma: float, aperture: float, normal: tuple) -> None:
    distance = np.linspace(-6, 6, 241) + 0.0137
    if aperture == 0:
        grid = np.zeros((1, 2))
    else:
        u = (np.arange(80) + 0.5) / 80 - 0.5
        grid = np.stack(np.meshgrid(u, u), axis=-1).reshape(-1, 2) * aperture
    shifted = distance[:, None] + grid @ np.array(normal)
    expected = blurred_step(shifted, sigma_px=sigma).mean(axis=1)
    got = blurred_step(distance, sigma_px=sigma, normal=normal, aperture_px=aperture)
    assert np.abs(got - expected).max() < (2e-2 if sigma == 0 else 5e-5)


@pytest.mark.parametrize("sigma", [0.0, 0.8])
@pytest.mark.parametrize("lens", [{}, {"k1": -0.12, "k2": 0.03}])
def test_a_rectangle_agrees_with_many_samples(sigma: float, lens: dict) -> None:
    view = _view(sigma_px=sigma, aperture_px=1.0).with_lens(**lens)
    patch = rectangle(0.3, 0.2, 0.4, 0.35, light=WHITE, on=BLACK)
    expected = _supersampled(
        view, lambda p: (p[..., 0] > 0.3) & (p[..., 0] < 0.7) & (p[..., 1] > 0.2) & (p[..., 1] < 0.55), sigma
    )
    difference = np.abs(paint(view, [patch], background=BLACK)[..., 1] - expected)
    assert np.sqrt(np.mean(difference**2)) < 1.5e-3
    corners = view.to_image(np.asarray(patch.corners))
    y, x = np.mgrid[:96, :128] + 0.5
    away = np.min([np.hypot(x - c[0], y - c[1]) for c in corners], axis=0) > 3 + 3 * sigma
    assert difference[away].max() < (0.03 if sigma == 0 else 0.004)  # the samples' own error: 1/32


@pytest.mark.parametrize("lens", [{}, {"k1": 0.1}])
def test_a_dot_agrees_with_many_samples(lens: dict) -> None:
    view = _view(sigma_px=0.6, aperture_px=1.0).with_lens(**lens)
    dot = Dot(centre=(0.4, 0.3), radius=0.1, light=WHITE, on=BLACK)
    expected = _supersampled(view, lambda p: np.hypot(p[..., 0] - 0.4, p[..., 1] - 0.3) < 0.1, 0.6)
    got = paint(view, [dot], background=BLACK)[..., 1]
    assert np.abs(got - expected).max() < 0.02
    assert got.sum() == pytest.approx(expected.sum(), rel=1e-3)


def test_the_edge_has_the_transfer_that_it_claims() -> None:
    # The finely sampled profile of a vertical edge: differences, then a Fourier sum, without any slanted-edge method.
    offsets = np.arange(-12, 12, 0.05)
    middle = [edge_roi(height=1, width=1, angle_deg=0.0, offset_px=float(-o), aperture_px=1.0)[0, 0] for o in offsets]
    spread = np.diff(np.asarray(middle, np.float64)) / 0.6
    for f in (0.1, 0.25, 0.5):
        wave = np.exp(-2j * np.pi * f * (offsets[:-1] + 0.025))
        assert abs((spread * wave).sum()) / np.sinc(0.05 * f) == pytest.approx(
            float(edge_mtf(np.array([f]), sigma_px=0.7, aperture_px=1.0)[0]), rel=2e-4
        )


def test_every_edge_of_a_chart_lies_where_the_list_says() -> None:
    h = perspective(height=300, width=400, chart_height=2 / 3, yaw_deg=15.0, pitch_deg=10.0, fill=0.95)
    view = ChartView(height=300, width=400, image_from_chart=h, sigma_px=0.8).with_lens(k1=-0.06)
    for layout in ("squares", "bars", "checker"):
        chart = slanted_edges(view, layout=layout, rows=3, columns=4)
        assert len(chart.edges) >= 20
        picture = chart.light[..., 1]
        for edge in chart.edges:
            if edge.length_px < 12:
                continue
            # Along the normal the light rises from low to high, through the middle value exactly on the edge.
            steps = np.array([-4.0, 0.0, 4.0])
            xy = np.array([edge.x, edge.y]) + steps[:, None] * np.array(edge.normal) - 0.5
            seen = cv2.remap(picture, xy[None].astype(np.float32), None, cv2.INTER_LINEAR)[0]
            half = (edge.low + edge.high) / 2
            assert seen[0] == pytest.approx(edge.low, abs=0.01)
            assert seen[1] == pytest.approx(half, abs=0.02)
            assert seen[2] == pytest.approx(edge.high, abs=0.01)


def test_slant_and_blur_of_the_true_edges() -> None:
    h = perspective(height=300, width=400, chart_height=2 / 3)
    view = ChartView(height=300, width=400, image_from_chart=h, sigma_px=0.5, sigma_corner_px=1.5)
    edges = slanted_edges(view, rows=2, columns=3, turn_deg=7.0).edges
    assert len(edges) == 24
    assert all(e.slant_deg == pytest.approx(7, abs=1e-9) for e in edges)
    radius2 = [((e.x - 200) ** 2 + (e.y - 150) ** 2) / 250**2 for e in edges]
    assert [e.sigma_px for e in edges] == pytest.approx([0.5 + r for r in radius2])


def test_lateral_colour_moves_red_outwards() -> None:
    view = _view().with_lens(red=0.01)
    far = view.to_image(np.array([[0.95, 0.7]]), channel=0) - view.to_image(np.array([[0.95, 0.7]]), channel=1)
    centre = np.array([64, 48])
    radius = np.linalg.norm(view.to_image(np.array([[0.95, 0.7]])) - centre)
    assert np.linalg.norm(far) == pytest.approx(0.01 * radius)
    # The gradient of a border carries the sign: red reaches farther than green.
    picture = paint(view, [rectangle(0.1, 0.1, 0.8, 0.55, light=WHITE, on=BLACK)], background=BLACK)
    assert picture[..., 0].sum() == pytest.approx(1.01**2 * picture[..., 1].sum(), rel=2e-3)


def test_impossible_views_are_refused() -> None:
    with pytest.raises(ContractError, match="in front of the camera"):
        perspective(height=96, width=128, chart_height=1.0, yaw_deg=85.0, fill=4.0)
    with pytest.raises(ContractError, match="background"):
        paint(_view(), [], background=np.zeros((3, 3, 3), np.float32))


def test_edges_that_the_border_cuts_are_listed_apart() -> None:
    def chart(fill: float) -> SlantedEdgeChart:
        homography = perspective(height=120, width=180, chart_height=2 / 3, fill=fill)
        return slanted_edges(ChartView(height=120, width=180, image_from_chart=homography), rows=2, columns=3)

    whole, close = chart(0.9), chart(1.5)
    assert len(whole.edges) == 24
    assert whole.cut == ()
    assert close.cut
    assert len(close.edges) + len(close.cut) < 24 + 1
    ends = [(e.x, e.y) for e in close.edges]
    assert not any((e.x, e.y) in ends for e in close.cut)
