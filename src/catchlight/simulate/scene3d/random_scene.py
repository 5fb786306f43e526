"""A scene of photos in space, different for every seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from catchlight.core.colour import ColourSpace
from catchlight.core.errors import ContractError
from catchlight.core.frame import Frame
from catchlight.simulate.scene3d.camera_path import CameraPath
from catchlight.simulate.scene3d.card import Card
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.scene_view import CardScene
from catchlight.simulate.silhouette import silhouette

# Cards keep this share of the gap to their neighbours in depth free, so that they never touch while they tilt and move.
_CLEAR = 0.6
# What is cut out has 16 px at least, so that there is something to see of it.
_SMALLEST_PX = 32


def random_scene(
    photos: Sequence[Frame],
    *,
    camera: Pinhole,
    seed: int,
    cards: int = 4,
    near_m: float = 0.5,
    far_m: float = 4.0,
    duration_s: float = 1.0,
    shake_px: float = 30.0,
    object_px_s: float = 60.0,
    slanted: bool = True,
) -> CardScene:
    """A slanted endless backdrop and cut-out cards before it, each at its own depth, some of them moving.

    Depths are evenly spread in dioptres, so that every step defocuses equally.

    Args:
        photos: textures, in any RGB space; each card takes one of them.
        camera: what it is framed for.
        seed: of everything random.
        cards: cut-outs in front of the backdrop, ≥ 0.
        near_m: depth of the nearest card.
        far_m: depth of the backdrop where the camera looks at the start.
        duration_s: how long the camera wanders.
        shake_px: largest shift of the backdrop's picture that the camera's path causes, roughly.
        object_px_s: largest speed of a moving card in the picture, roughly.
        slanted: turn backdrop and cards; else all face the camera.

    Raises:
        ContractError: no photo, a negative count, photos or a picture below 32 px, or depths that are not
            0 < near < far.
    """
    if not photos or cards < 0:
        raise ContractError(f"a scene takes one photo or more and 0 or more cards; found {len(photos)} and {cards}")
    if min(min(photo.shape) for photo in photos) < _SMALLEST_PX or min(camera.size_px) < _SMALLEST_PX:
        smallest = min(min(photo.shape) for photo in photos)
        raise ContractError(
            f"photos and picture are {_SMALLEST_PX} px wide and high at least; "
            f"found {smallest} px and {min(camera.size_px)} px; take larger photos"
        )
    if not 0 < near_m < far_m:
        raise ContractError(f"a scene lies between two depths, 0 < near < far; found {near_m} m and {far_m} m")
    rng = np.random.default_rng([seed, 4])
    textures = [np.maximum(p.in_space(ColourSpace.SRGB, "linear").pixels, 0) for p in photos]
    depths_m = 1 / np.linspace(1 / far_m, 1 / near_m, cards + 1)
    made = [_backdrop(textures, camera, far_m, rng, slanted=slanted)]
    for k in range(1, cards + 1):
        gap_m = float(depths_m[k - 1] - depths_m[k])
        made.append(_cut_out(textures, camera, float(depths_m[k]), gap_m, rng, object_px_s, duration_s, slanted))
    reach_m = min(shake_px / camera.focal_px * far_m / 2, near_m / 4)
    turn_deg = float(np.degrees(shake_px / camera.focal_px / 2))
    path = CameraPath.wander(seed=seed, duration_s=duration_s, reach_m=reach_m, turn_deg=turn_deg)
    return CardScene(cards=tuple(made), path=path)


def _backdrop(
    textures: list[np.ndarray], camera: Pinhole, depth_m: float, rng: np.random.Generator, *, slanted: bool
) -> Card:
    colour = textures[int(rng.integers(len(textures)))]
    tilt = np.zeros(3)
    if slanted:
        # Farther towards one side; at 25° and with this angle of view it never reaches the cards before it.
        tilt[:2] = rng.uniform(-1, 1, 2)
        tilt *= float(np.radians(25.0) * rng.uniform(0.4, 1) / np.linalg.norm(tilt))
    # Sampled about 1:1, so that there is detail up to the pixels.
    width_m = colour.shape[1] / camera.focal_px * depth_m
    return Card(
        colour=colour,
        alpha=np.ones(colour.shape[:2], np.float32),
        centre_m=(0.0, 0.0, depth_m),
        width_m=width_m,
        tilt_rad=_three(tilt),
        endless=True,
    )


def _cut_out(
    textures: list[np.ndarray],
    camera: Pinhole,
    depth_m: float,
    gap_m: float,
    rng: np.random.Generator,
    object_px_s: float,
    duration_s: float,
    slanted: bool,
) -> Card:
    h, w = camera.size_px
    side_px = int(rng.uniform(0.25, 0.6) * min(h, w))
    photo = textures[int(rng.integers(len(textures)))]
    side_px = max(min(side_px, *photo.shape[:2]), 16)
    top, left = (int(rng.integers(length - side_px + 1)) for length in photo.shape[:2])
    colour = np.ascontiguousarray(photo[top : top + side_px, left : left + side_px])
    width_m = side_px / camera.focal_px * depth_m
    at = rng.uniform(-0.4, 0.4, 2) * [w, h] / camera.focal_px * depth_m
    moving = rng.random() < 0.6
    velocity = np.zeros(3)
    if moving:
        velocity[:2] = rng.uniform(-1, 1, 2) * object_px_s / camera.focal_px * depth_m
        velocity[2] = rng.uniform(-1, 1) * gap_m * (1 - _CLEAR) / 2 / max(duration_s, 1e-3)
    tilt = np.zeros(3)
    if slanted:
        # As far as half the card's width stays within its share of the gap.
        most = min(np.arcsin(min(gap_m * (1 - _CLEAR) / width_m, 0.99)), np.radians(40.0))
        tilt[:2] = rng.uniform(-1, 1, 2) * most / np.sqrt(2)
    return Card(
        colour=colour,
        alpha=silhouette(side_px, rng),
        centre_m=(float(at[0]), float(at[1]), depth_m),
        width_m=width_m,
        tilt_rad=_three(tilt),
        velocity_m_s=_three(velocity),
        spin_deg_s=float(rng.uniform(-40, 40)) if moving else 0.0,
    )


def _three(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
