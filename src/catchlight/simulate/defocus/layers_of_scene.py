"""The cards of a scene as layers that a lens can blur."""

from __future__ import annotations

import numpy as np

from catchlight.simulate.defocus.depth_layers import DepthLayer, DepthLayers
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.scene_view import CardScene


def layers_of_scene(scene: CardScene, camera: Pinhole, *, time_s: float = 0.0) -> DepthLayers:
    """What `camera` sees of every card at a time, hidden parts included, from back to front.

    Args:
        scene: cards that do not pass through each other.
        camera: its margin should be the largest blur's radius.
        time_s: when.
    """
    view = scene.view(camera, time_s=time_s)
    layers = []
    for card in view.order:
        # Behind the camera there is nothing to blur; infinity keeps the numbers finite.
        with np.errstate(divide="ignore"):
            dioptres = np.divide(np.float32(1), view.plane_depth_m[card], dtype=np.float32)
        # A plane runs on to where the lens cannot focus; its own pixels, if any are seen, tell what is possible.
        own = dioptres[view.layers[card][..., 3] > 0]
        dioptres = np.clip(dioptres, own.min(), own.max()) if own.size else np.zeros_like(dioptres)
        layers.append(DepthLayer(colour=view.layers[card], dioptres=dioptres))
    return DepthLayers(layers=tuple(layers), margin_px=camera.margin_px)
