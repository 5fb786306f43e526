"""Cards in space, and what a camera at a known place sees of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64

from catchlight.core.depth import MetricDepth
from catchlight.core.errors import ContractError
from catchlight.simulate.scene3d.camera_path import CameraPath
from catchlight.simulate.scene3d.card import Card
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.sample_plane import sample_plane

# From here on a pixel belongs to the card, not to what is behind it.
VISIBLE_ALPHA = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SceneView:
    """What one camera pose sees, card by card.

    Args:
        layers: colour times alpha (linear sRGB), and alpha, of every card, in the scene's order.
        plane_depth_m: depth along the axis of each card's plane, whether the card is there or not.
        order: the cards from back to front.
        image_from_card: for every card and row the 3×3 homography texture (u, v, 1) → picture; its third component is
            the depth in metres.
    """

    layers: tuple[Float32[np.ndarray, "h w 4"], ...]
    plane_depth_m: tuple[Float32[np.ndarray, "h w"], ...]
    order: tuple[int, ...]
    image_from_card: Float64[np.ndarray, "cards h 3 3"]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        h, w = self.plane_depth_m[0].shape
        return h, w

    def picture(self) -> Float32[np.ndarray, "h w 3"]:
        """All cards laid over each other, linear sRGB; black where there is none."""
        result = np.zeros((*self.shape, 3), np.float32)
        for index in self.order:
            layer = self.layers[index]
            result *= 1 - layer[..., 3:]
            result += layer[..., :3]
        return result

    def visible(self) -> Int64[np.ndarray, "h w"]:
        """Index of the foremost card at every pixel; -1 where there is none."""
        index = np.full(self.shape, -1, np.int64)
        for card in self.order:
            index[self.layers[card][..., 3] >= VISIBLE_ALPHA] = card
        return index

    def depth(self) -> MetricDepth:
        """Depth of what is visible."""
        visible = self.visible()
        metres = np.full(self.shape, np.inf, np.float32)
        for card, plane in enumerate(self.plane_depth_m):
            np.copyto(metres, plane, where=visible == card)
        return MetricDepth(metres=metres, valid=visible >= 0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CardScene:
    """Cards that do not pass through each other, and a camera on a path.

    Args:
        cards: at least one. Those whose middle is nearer to the camera hide the others.
        path: of the camera.

    Raises:
        ContractError: no card.
    """

    cards: tuple[Card, ...]
    path: CameraPath

    def __post_init__(self) -> None:
        if not self.cards:
            raise ContractError("a scene has one card at least; found none")

    def view(self, camera: Pinhole, *, time_s: float, readout_s: float = 0.0) -> SceneView:
        """What the camera sees at a time.

        Args:
            camera: focal length and size.
            time_s: when; with a rolling shutter, when the middle row is read.
            readout_s: time from the first row to the last.

        Raises:
            ContractError: the camera is in the plane of a card.
        """
        image_from_card = self.homographies(camera, time_s=time_s, readout_s=readout_s)
        layers, depths = [], []
        for card, per_row in zip(self.cards, image_from_card, strict=True):
            if not (np.abs(np.linalg.det(per_row)) > 1e-15).all():
                raise ContractError(f"the camera lies in the plane of a card at {time_s} s; move one of them")
            layer, depth = sample_plane(
                card.levels, np.linalg.inv(per_row), width_px=camera.shape[1], endless=card.endless
            )
            layers.append(layer)
            depths.append(depth)
        middle = image_from_card.shape[1] // 2
        distance = [
            float(image_from_card[k, middle, 2] @ [card.alpha.shape[1] / 2, card.alpha.shape[0] / 2, 1.0])
            for k, card in enumerate(self.cards)
        ]
        # A backdrop is behind everything, however near the middle of its picture.
        order = sorted(range(len(distance)), key=lambda k: (not self.cards[k].endless, -distance[k]))
        return SceneView(
            layers=tuple(layers), plane_depth_m=tuple(depths), order=tuple(order), image_from_card=image_from_card
        )

    def homographies(
        self, camera: Pinhole, *, time_s: float, readout_s: float = 0.0
    ) -> Float64[np.ndarray, "cards h 3 3"]:
        """`image_from_card` of every card and row."""
        h = camera.shape[0]
        # Time runs on in the margin, at the pace of the rows inside.
        delay_s = ((np.arange(h) + 0.5 - h / 2) / camera.size_px[0]) * readout_s
        times_s = time_s + delay_s if readout_s > 0 else np.array([time_s])
        camera_from_world = np.linalg.inv(self.path.at(times_s))
        result = np.empty((len(self.cards), h, 3, 3))
        for k, card in enumerate(self.cards):
            seen = camera_from_world[:, :3, :3] @ card.world_from_card(times_s)
            seen[:, :, 2] += camera_from_world[:, :3, 3]
            result[k] = camera.matrix @ seen
        return result
