"""What a picture tells without a truth beside it: blur, compression, unlikeness to undamaged photos."""

from catchlight.measure.no_reference.blockiness import blockiness
from catchlight.measure.no_reference.blur_estimate import BlurEstimate, estimate_blur
from catchlight.measure.no_reference.edge_blur import EdgeBlur, edge_blur
from catchlight.measure.no_reference.niqe import PristineModel, fit_pristine, niqe, shipped_model

__all__ = [
    "BlurEstimate",
    "EdgeBlur",
    "PristineModel",
    "blockiness",
    "edge_blur",
    "estimate_blur",
    "fit_pristine",
    "niqe",
    "shipped_model",
]
