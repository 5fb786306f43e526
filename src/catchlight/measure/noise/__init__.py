"""Noise from frames of a still scene: in time, in the dark, and what stays the same from frame to frame."""

from catchlight.measure.noise.dark_signal import DarkSignal, dark_current_per_s, dark_signal
from catchlight.measure.noise.flat_field import FlatField, flat_field
from catchlight.measure.noise.photon_transfer import PhotonTransfer, TransferTable, fit_photon_transfer
from catchlight.measure.noise.plane_stack import PlaneStack
from catchlight.measure.noise.static_noise import StaticNoise, static_noise

__all__ = [
    "DarkSignal",
    "FlatField",
    "PhotonTransfer",
    "PlaneStack",
    "StaticNoise",
    "TransferTable",
    "dark_current_per_s",
    "dark_signal",
    "fit_photon_transfer",
    "flat_field",
    "static_noise",
]
