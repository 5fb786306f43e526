"""Cards in space: where they are drawn, how deep they are, where they go."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from jaxtyping import TypeCheckError

from catchlight.core import ContractError, Frame
from catchlight.simulate import night_city
from catchlight.simulate.scene3d import CameraPath, Card, CardScene, Pinhole, random_scene, true_flow


def _texture(h: int, w: int, *, seed: int = 0, smooth_px: float = 2.0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((h, w, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), smooth_px, borderType=cv2.BORDER_REFLECT101)
    return np.clip(0.5 + (soft - 0.5) * 2 * smooth_px, 0, 1).astype(np.float32)


def _card(h: int = 60, w: int = 80, **changes: object) -> Card:
    alpha = np.zeros((h, w), np.float32)
    alpha[3:-3, 3:-3] = 1
    values: dict[str, object] = {"colour": _texture(h, w, seed=1), "alpha": alpha, "centre_m": (0.0, 0.0, 2.0)}
    return Card(**{**values, "width_m": w / 200 * 2.0, **changes})  # type: ignore[arg-type]


def _backdrop(**changes: object) -> Card:
    values: dict[str, object] = {
        "colour": _texture(90, 120), "alpha": np.ones((90, 120), np.float32), "centre_m": (0.0, 0.0, 4.0),
        "width_m": 120 / 200 * 4.0, "endless": True,
    }  # fmt: skip
    return Card(**{**values, **changes})  # type: ignore[arg-type]


CAMERA = Pinhole(focal_px=200.0, size_px=(120, 160))
MOVING = CameraPath(
    positions_m=np.array([[0.0, 0, 0], [0.06, -0.03, 0.05], [0.0, 0.05, 0.1]]),
    turns_rad=np.array([[0.0, 0, 0], [0.01, -0.02, 0.015], [0.02, 0.01, -0.02]]),
    step_s=0.1,
)


def _project(point: np.ndarray, time_s: float) -> np.ndarray:
    """The textbook's way, one point at a time."""
    world_from_camera = MOVING.at(np.array([time_s]))[0]
    x, y, z = world_from_camera[:3, :3].T @ (point - world_from_camera[:3, 3])
    return np.array([200.0 * x / z + 80, 200.0 * y / z + 60])


def test_a_card_that_faces_the_camera_is_its_texture() -> None:
    card = _backdrop(colour=_texture(120, 160), alpha=np.ones((120, 160), np.float32), width_m=160 / 200 * 4.0)
    view = CardScene(cards=(card,), path=CameraPath.still()).view(CAMERA, time_s=0.0)
    np.testing.assert_allclose(view.picture(), card.colour, atol=1e-5)
    np.testing.assert_allclose(view.depth().metres, 4.0, rtol=1e-6)
    assert view.depth().valid.all()


def test_half_the_distance_is_twice_the_size_and_far_textures_are_averaged() -> None:
    def seen(depth_m: float) -> np.ndarray:
        near = _backdrop(centre_m=(0.0, 0.0, depth_m))
        return CardScene(cards=(near,), path=CameraPath.still()).view(CAMERA, time_s=0.0).picture()

    close, usual, far = (seen(depth) for depth in (2.0, 4.0, 32.0))
    corners = cv2.resize(usual[30:90, 40:120], (160, 120), interpolation=cv2.INTER_CUBIC)
    assert np.abs(close - corners)[10:-10, 10:-10].mean() < 0.01
    # Eight texture pixels on each of the picture's, and blobs about four wide: their mean has little contrast left.
    assert far.std() < 0.45 * usual.std()
    assert far.mean() == pytest.approx(usual.mean(), abs=0.03)


def test_flow_is_where_the_points_go() -> None:
    cards = (
        _backdrop(tilt_rad=(0.2, -0.3, 0.0)),
        _card(tilt_rad=(0.1, 0.3, 0.2), velocity_m_s=(0.4, 0.1, -0.3), spin_deg_s=60.0),
    )
    scene = CardScene(cards=cards, path=MOVING)
    first, second = scene.view(CAMERA, time_s=0.04), scene.view(CAMERA, time_s=0.11)
    flow, visible = true_flow(first, second), first.visible()
    assert set(np.unique(visible)) == {0, 1}
    rng = np.random.default_rng(0)
    for y, x in rng.integers([2, 2], [118, 158], (60, 2)):
        index = visible[y, x]
        # Back to the world: the ray through the pixel meets the card's plane.
        pose = MOVING.at(np.array([0.04]))[0]
        ray = pose[:3, :3] @ [(x + 0.5 - 80) / 200, (y + 0.5 - 60) / 200, 1.0]
        plane = cards[index].world_from_card(np.array([0.04]))[0]
        u, v, minus_z = np.linalg.solve(np.column_stack([plane[:, 0], plane[:, 1], -ray]), pose[:3, 3] - plane[:, 2])
        assert first.depth().metres[y, x] == pytest.approx(minus_z, rel=1e-5)
        there = _project(cards[index].world_from_card(np.array([0.11]))[0] @ [u, v, 1.0], 0.11)
        np.testing.assert_allclose(flow.vectors[y, x], there - [x + 0.5, y + 0.5], atol=1e-4)


def test_the_next_frame_warped_by_the_flow_is_this_frame_where_nothing_is_hidden() -> None:
    scene = CardScene(cards=(_backdrop(tilt_rad=(0.2, -0.3, 0.0)), _card(velocity_m_s=(0.9, 0.2, 0.0))), path=MOVING)
    first, second = scene.view(CAMERA, time_s=0.04), scene.view(CAMERA, time_s=0.11)
    flow = true_flow(first, second)
    y, x = np.mgrid[:120, :160].astype(np.float32)
    warped = cv2.remap(second.picture(), x + flow.vectors[..., 0], y + flow.vectors[..., 1], cv2.INTER_CUBIC)
    error = np.abs(warped - first.picture()).max(axis=2)
    seen = flow.confidence > 0
    # At the card's rim both surfaces share a pixel, which no single vector describes.
    rim = cv2.dilate(cv2.morphologyEx(first.visible().astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3))), None)
    inside = cv2.erode(seen.astype(np.uint8), np.ones((9, 9))).astype(bool) & (rim == 0)
    inside[:6], inside[-6:], inside[:, :6], inside[:, -6:] = False, False, False, False
    assert inside.mean() > 0.6
    assert error[inside].max() < 0.05
    assert np.percentile(error[inside], 99) < 0.02
    hidden = ~seen & (first.visible() == 0)
    hidden[:6], hidden[-6:], hidden[:, :6], hidden[:, -6:] = False, False, False, False
    assert hidden.sum() > 50
    assert np.median(error[hidden]) > 0.05


def test_what_a_moving_card_will_hide_is_told() -> None:
    # 2 m away and 200 px of focal length: 0.2 m are 20 px, and nothing else moves.
    scene = CardScene(cards=(_backdrop(), _card(velocity_m_s=(2.0, 0.0, 0.0))), path=CameraPath.still())
    first, second = scene.view(CAMERA, time_s=0.0), scene.view(CAMERA, time_s=0.1)
    flow = true_flow(first, second)
    hidden = (flow.confidence == 0) & (first.visible() == 0)
    rows, columns = np.nonzero(first.visible() == 1)
    right = int(columns.max()) + 1
    expected = np.zeros_like(hidden)
    expected[rows.min() : rows.max() + 1, right : right + 20] = True
    assert (hidden != expected).sum() <= 2 * (rows.max() - rows.min() + 1)
    np.testing.assert_allclose(
        flow.vectors[first.visible() == 1], [[20.0, 0.0]] * int((first.visible() == 1).sum()), atol=1e-4
    )
    assert (flow.vectors[first.visible() == 0] == 0).all()
    assert flow.confidence[first.visible() == 1].all()


def test_points_that_leave_the_picture_are_not_seen() -> None:
    scene = CardScene(cards=(_backdrop(velocity_m_s=(-4.0, 0.0, 0.0)),), path=CameraPath.still())
    flow = true_flow(scene.view(CAMERA, time_s=0.0), scene.view(CAMERA, time_s=0.1))
    # 0.4 m at 4 m with 200 px: 20 px to the left.
    np.testing.assert_allclose(flow.confidence[:, :20], 0)
    np.testing.assert_allclose(flow.confidence[:, 20:], 1)


def test_with_a_rolling_shutter_flow_goes_where_dots_are_found() -> None:
    y, x = np.mgrid[:61, :61] + 0.5
    dot = np.exp(-((x - 30.5) ** 2 + (y - 30.5) ** 2) / (2 * 2.5**2)).astype(np.float32)
    for column, row in ((-0.3, -0.25), (0.25, 0.2), (0.0, 0.02)):
        card = Card(
            colour=np.ones((61, 61, 3), np.float32), alpha=dot, centre_m=(column, row, 2.0), width_m=0.61,
            velocity_m_s=(0.5, 2.0, 0.0),
        )  # fmt: skip
        scene = CardScene(cards=(card,), path=MOVING)
        first, second = (scene.view(CAMERA, time_s=t, readout_s=0.03) for t in (0.05, 0.09))
        found = []
        for view in (first, second):
            alpha = view.layers[0][..., 3]
            rows, columns = np.nonzero(alpha > 1e-4)
            weight = alpha[rows, columns] / alpha[rows, columns].sum()
            found.append(np.array([weight @ (columns + 0.5), weight @ (rows + 0.5)]))
        flow = true_flow(first, second)
        px, py = (int(v) for v in found[0])
        # The vector at the dot's middle pixel; within that pixel it changes by far less than the tolerance.
        np.testing.assert_allclose(flow.vectors[py, px], found[1] - found[0], atol=0.03)
    frozen = true_flow(*(CardScene(cards=(card,), path=MOVING).view(CAMERA, time_s=t) for t in (0.05, 0.09)))
    assert np.abs(frozen.vectors - flow.vectors)[py, px].max() > 0.3


def test_random_scenes_differ_by_seed_alone_and_their_cards_never_touch() -> None:
    photos = [night_city(height_px=120, width_px=140, seed=k) for k in range(2)]
    kwargs = {"camera": CAMERA, "cards": 5, "duration_s": 0.5}
    one, same, other = (random_scene(photos, seed=s, **kwargs) for s in (3, 3, 4))  # type: ignore[arg-type]
    at = {"time_s": 0.3}
    assert np.array_equal(one.view(CAMERA, **at).picture(), same.view(CAMERA, **at).picture())
    assert not np.array_equal(one.view(CAMERA, **at).picture(), other.view(CAMERA, **at).picture())
    for seed in range(4):
        scene = random_scene(photos, seed=seed, **kwargs)  # type: ignore[arg-type]
        assert len(scene.cards) == 6
        for time_s in (0.0, 0.5):
            view = scene.view(CAMERA, time_s=time_s)
            assert view.depth().valid.all()
            spans = []
            for card in scene.cards[1:]:
                h, w = card.alpha.shape
                corners = (
                    np.array([[0, 0, 1], [w, 0, 1], [0, h, 1], [w, h, 1]])
                    @ card.world_from_card(np.array([time_s]))[0].T
                )
                spans.append((corners[:, 2].min(), corners[:, 2].max()))
            assert all(far_low > near_high for (far_low, _), (_, near_high) in pairwise(spans))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Pinhole(focal_px=0.0, size_px=(4, 4)),
        lambda: CardScene(cards=(), path=CameraPath.still()),
        lambda: _card(width_m=0.0),
        lambda: _card(colour=np.full((60, 80, 3), -1, np.float32)),
        lambda: random_scene([], camera=CAMERA, seed=0),
        lambda: random_scene([Frame(pixels=_texture(20, 20))], camera=CAMERA, seed=0, near_m=5.0),
        lambda: CardScene(cards=(_card(tilt_rad=(0.0, np.pi / 2, 0.0)),), path=CameraPath.still()).view(
            CAMERA, time_s=0.0
        ),
    ],
)
def test_impossible_scenes_are_refused(wrong: object) -> None:
    with pytest.raises((ContractError, TypeCheckError)) as caught:
        wrong()  # type: ignore[operator]
    assert isinstance(caught.value, ContractError)
