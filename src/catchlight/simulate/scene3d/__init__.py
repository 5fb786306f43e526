"""Layered 3-D scenes: textured cards in front of a camera that moves on a known path."""

from catchlight.simulate.scene3d.camera_path import CameraPath, quaternion_from_rotation
from catchlight.simulate.scene3d.card import Card
from catchlight.simulate.scene3d.pinhole import Pinhole
from catchlight.simulate.scene3d.random_scene import random_scene
from catchlight.simulate.scene3d.scene_view import CardScene, SceneView
from catchlight.simulate.scene3d.true_flow import true_flow

__all__ = [
    "CameraPath",
    "Card",
    "CardScene",
    "Pinhole",
    "SceneView",
    "quaternion_from_rotation",
    "random_scene",
    "true_flow",
]
