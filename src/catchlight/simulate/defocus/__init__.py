"""What a lens makes of a scene in depth: focal stacks, dual-pixel pairs and focus sweeps, occlusion included."""

from catchlight.simulate.defocus.compose import defocused
from catchlight.simulate.defocus.depth_layers import DepthLayer, DepthLayers
from catchlight.simulate.defocus.focal_stack import FocalStack, FocusShot
from catchlight.simulate.defocus.focus_sweep import FocusSweep, SweepPlan, SweepShot
from catchlight.simulate.defocus.layers_of_scene import layers_of_scene
from catchlight.simulate.defocus.slice_depth import slice_depth

__all__ = [
    "DepthLayer",
    "DepthLayers",
    "FocalStack",
    "FocusShot",
    "FocusSweep",
    "SweepPlan",
    "SweepShot",
    "defocused",
    "layers_of_scene",
    "slice_depth",
]
