"""Batches of noisy and clean crops for training."""

from catchlight.simulate.batches.burst_crops import burst_crops
from catchlight.simulate.batches.crop_batch import CropBatch, CropPlan

__all__ = [
    "CropBatch",
    "CropPlan",
    "burst_crops",
]
