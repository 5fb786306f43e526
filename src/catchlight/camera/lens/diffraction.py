"""The image of a point as waves draw it, integrated over photosites."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64
from numpy import fft

from catchlight.core.errors import ContractError

Grid = Float64[np.ndarray, "n n"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Psf:
    """A point spread function on the pixel grid, for convolution.

    Args:
        kernel: odd size, sum 1.
        lost: share of the light that falls outside the window, before the kernel was brought to a sum of 1.
    """

    kernel: Float32[np.ndarray, "k k"]
    lost: float


def diffraction_psf(
    amplitude: Grid,
    wavefront_um: Grid,
    *,
    wavelength_um: float,
    aperture_f: float,
    pixel_pitch_um: float,
    window_px: int,
) -> Psf:
    """The pupil's point spread function at one wavelength, integrated over square photosites.

    The autocorrelation of the pupil is the optical transfer function; it ends at 1/(λN), so times the photosite's sinc
    and transformed onto the pixel centres it gives the integral over every photosite without any oversampling. The
    grid repeats the picture every samples·λN: choose samples ≥ 2·window·pitch/(λN), and `samples_for` does.

    Args:
        amplitude: transmission of the pupil's cells for the amplitude, ≥ 0 (square root of that for light).
        wavefront_um: optical path of the same cells.
        wavelength_um: wavelength of the light.
        aperture_f: working f-number.
        pixel_pitch_um: side of a photosite.
        window_px: side of the kernel; odd.

    Raises:
        ContractError: shapes that differ, an even window, a window too wide for the sampling, a dark pupil, or numbers
            that are not > 0.

    Source: Goodman, "Introduction to Fourier optics", 3rd ed., equation 6-28; the transform onto a chosen grid: Soummer
    et al. 2007, "Fast computation of Lyot-style coronagraph propagation".
    """
    check_waves(wavelength_um, aperture_f, pixel_pitch_um)
    if amplitude.shape != wavefront_um.shape:
        raise ContractError(f"amplitude and wavefront share one grid; found {amplitude.shape}, {wavefront_um.shape}")
    samples = len(amplitude)
    if window_px < 1 or window_px % 2 == 0:
        raise ContractError(f"a kernel's window is odd; found {window_px} px")
    period_um = samples * wavelength_um * aperture_f
    if window_px * pixel_pitch_um > period_um:
        raise ContractError(
            f"{samples} samples of the pupil serve {period_um:.3g} µm; found a window of {window_px} px"
        )
    transfer = optical_transfer(amplitude, wavefront_um / wavelength_um)
    cycles_per_px = fft.fftfreq(2 * samples, 1 / (2 * samples)) / period_um * pixel_pitch_um
    centres = np.arange(window_px) - window_px // 2
    onto = np.exp(-2j * math.pi * np.outer(centres, cycles_per_px)) * np.sinc(cycles_per_px)
    kernel = np.real(onto @ transfer @ onto.T) * (pixel_pitch_um / period_um) ** 2
    total = float(kernel.sum())
    kernel = np.maximum(kernel, 0)
    return Psf(kernel=(kernel / kernel.sum()).astype(np.float32), lost=max(1 - total, 0.0))


def optical_transfer(amplitude: Grid, wavefront_waves: Grid) -> np.ndarray:
    """Transfer function of a pupil, complex, 1 at no frequency, in FFT order on a grid of twice the size.

    Its k-th frequency is k / (samples·λN), cycles per unit of λN.

    Raises:
        ContractError: a pupil that passes nothing.
    """
    samples = len(amplitude)
    wave = amplitude * np.exp(2j * math.pi * wavefront_waves)
    power = np.abs(fft.fft2(wave, (2 * samples, 2 * samples))) ** 2
    transfer = fft.ifft2(power)
    if not transfer[0, 0].real > 0:
        raise ContractError("a pupil passes some light; found none")
    result: np.ndarray = transfer / transfer[0, 0].real
    return result


def circular_mtf(cycles_times_wavelength_f: Float64[np.ndarray, "n"]) -> Float64[np.ndarray, "n"]:
    """Transfer function of a perfect circular aperture at ν·λ·N, which is 0…1: (2/π)(acos s - s·√(1 - s²)).

    Source: Goodman, "Introduction to Fourier optics", 3rd ed., equation 6-32.
    """
    s = np.clip(np.abs(cycles_times_wavelength_f), 0, 1)
    result: Float64[np.ndarray, "n"] = 2 / math.pi * (np.arccos(s) - s * np.sqrt(1 - s * s))
    return result


def samples_for(window_px: int, *, wavelength_um: float, aperture_f: float, pixel_pitch_um: float) -> int:
    """Cells across the pupil that keep the picture's repetition twice a window apart; a multiple of 32, 64 at least."""
    wanted = 2 * window_px * pixel_pitch_um / (wavelength_um * aperture_f)
    # Multiples of 32 have small prime factors alone up to far beyond what is used, which the transform likes.
    return max(64, 32 * math.ceil(wanted / 32))


def check_waves(wavelength_um: float, aperture_f: float, pixel_pitch_um: float) -> None:
    """Raises ContractError unless all three are finite and > 0."""
    for name, value in (
        ("a wavelength in µm", wavelength_um),
        ("an f-number", aperture_f),
        ("a pixel pitch in µm", pixel_pitch_um),
    ):
        if not (math.isfinite(value) and value > 0):
            raise ContractError(f"{name} is finite and > 0; found {value}")
