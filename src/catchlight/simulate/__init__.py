"""Scenes, and what a camera would have made of them."""

from catchlight.camera.sensor.noise_law import NoiseKnot, NoiseLaw
from catchlight.camera.sensor.sensor import SensorProfile
from catchlight.simulate.batches import CropBatch, CropPlan, burst_crops
from catchlight.simulate.burst import SimulatedBurst, simulate_burst
from catchlight.simulate.burst_plan import BurstPlan
from catchlight.simulate.burst_truth import BurstTruth
from catchlight.simulate.defocus import DepthLayers, FocalStack, FocusSweep, SweepPlan, defocused, slice_depth
from catchlight.simulate.exposure_noise import record
from catchlight.simulate.hand_shake import SHAKEN, SHAKEN_AND_ROTATED, TRIPOD, HandShake
from catchlight.simulate.lanczos import sample_tile
from catchlight.simulate.light import neutral_under, white_xy
from catchlight.simulate.moving_object import MovingObject, sky_lantern, textured_disc
from catchlight.simulate.scene import mirrored, night_city
from catchlight.simulate.scene3d import CameraPath, Card, CardScene, Pinhole, random_scene, true_flow
from catchlight.simulate.sensors import BURST_PROTOCOL, IMX477, IMX708, NIKON_D850, SENSORS, SONY_A7S2
from catchlight.simulate.unprocess import camera_light
from catchlight.simulate.video import VideoFrame, VideoPlan, simulate_video

__all__ = [
    "BURST_PROTOCOL",
    "IMX477",
    "IMX708",
    "NIKON_D850",
    "SENSORS",
    "SHAKEN",
    "SHAKEN_AND_ROTATED",
    "SONY_A7S2",
    "TRIPOD",
    "BurstPlan",
    "BurstTruth",
    "CameraPath",
    "Card",
    "CardScene",
    "CropBatch",
    "CropPlan",
    "DepthLayers",
    "FocalStack",
    "FocusSweep",
    "HandShake",
    "MovingObject",
    "NoiseKnot",
    "NoiseLaw",
    "Pinhole",
    "SensorProfile",
    "SimulatedBurst",
    "SweepPlan",
    "VideoFrame",
    "VideoPlan",
    "burst_crops",
    "camera_light",
    "defocused",
    "mirrored",
    "neutral_under",
    "night_city",
    "random_scene",
    "record",
    "sample_tile",
    "simulate_burst",
    "simulate_video",
    "sky_lantern",
    "slice_depth",
    "textured_disc",
    "true_flow",
    "white_xy",
]
