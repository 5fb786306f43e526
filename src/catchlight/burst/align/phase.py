"""Shift between two small pictures by phase correlation that knows how much of each frequency is noise."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Complex64, Float32

Grey = Float32[np.ndarray, "h w"]

# Around a peak nothing else counts as another one.
_PEAK_PX = 4


class PhaseReference:
    """The picture that others are compared with, transformed once.

    Each frequency counts by its phase, as in Kuglin & Hines 1975, "The phase correlation image alignment method", but
    those that noise governs by their power over that of noise. Pictures are padded, so that a shift does not come in
    again on the other side.
    """

    def __init__(self, reference: Grey, *, noise_variance: float) -> None:
        h, w = reference.shape
        self._shape = (cv2.getOptimalDFTSize(h + h // 2), cv2.getOptimalDFTSize(w + w // 2))
        # Flat in the middle, falling over a sixth of each side: content that is shifted far still counts.
        self._window = np.outer(_taper(h), _taper(w)).astype(np.float32)
        self._floor = np.float32(2.0 * noise_variance * float(np.square(self._window).sum()) + 1e-12)
        self._spectrum = self._transform(reference)

    def peaks(self, frame: Grey, *, count: int) -> list[tuple[float, float, float]]:
        """(dx, dy, height) of the `count` highest peaks: the reference's place p is seen in the frame at p + d."""
        cross = np.conj(self._spectrum) * self._transform(frame)
        size = np.abs(cross)
        surface = np.fft.irfft2(cross / (size + self._floor), s=self._shape)
        rows, columns = self._shape
        h, w = frame.shape
        found = []
        # Shifts of more than half of a side leave too little in common.
        surface[h // 2 : rows - h // 2] = -1
        surface[:, w // 2 : columns - w // 2] = -1
        for _ in range(count):
            at = int(np.argmax(surface))
            y, x = divmod(at, columns)
            height = float(surface[y, x])
            if height <= 0:
                break
            dy, dx = _apex(surface[:, x], y), _apex(surface[y], x)
            found.append((dx - columns if dx > columns / 2 else dx, dy - rows if dy > rows / 2 else dy, height))
            reach = np.arange(-_PEAK_PX, _PEAK_PX + 1)
            surface[np.ix_((y + reach) % rows, (x + reach) % columns)] = -1
        return found

    def _transform(self, picture: Grey) -> Complex64[np.ndarray, "_ _"]:
        weighted = (picture - picture.mean()) * self._window
        spectrum: Complex64[np.ndarray, "_ _"] = np.fft.rfft2(weighted, s=self._shape)
        return spectrum


def _taper(length: int) -> Float32[np.ndarray, "_"]:
    """1 in the middle, a raised cosine over a sixth at both ends."""
    ramp = max(length // 6, 1)
    taper = np.ones(length, np.float32)
    rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(ramp) + 0.5) / ramp)).astype(np.float32)
    taper[:ramp], taper[length - ramp :] = rise, rise[::-1]
    return taper


def _apex(line: Float32[np.ndarray, "_"], at: int) -> float:
    """Place of a peak between samples, by the parabola through three of them."""
    left, middle, right = (float(line[(at + k) % len(line)]) for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    return at + (0.5 * (left - right) / bend if bend < -1e-12 and min(left, right) > -1 else 0.0)


def without_shade(picture: Grey, *, sigma_px: float) -> Grey:
    """The picture less its own broad blur: skies and falling light look alike in any two pictures."""
    plain: Grey = picture - cv2.GaussianBlur(picture, (0, 0), sigma_px)
    return plain
