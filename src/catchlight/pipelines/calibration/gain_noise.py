"""The noise at one gain, and how it was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from catchlight.camera.sensor.noise_law import NoiseKnot
from catchlight.measure.noise.photon_transfer import PhotonTransfer, fit_photon_transfer
from catchlight.measure.noise.static_noise import StaticNoise

Method = Literal["differences in time", "flat places of one frame"]

# Colours count as different where a χ² of two degrees of freedom has chances below 1 in 1000 and it matters.
_CHI2_LIMIT, _LEAST_DIFFERENCE = 13.8, 0.03
# A line so bent is none: variance at the brightest level off by this share, at this many standard errors.
_MOST_BENT, _BENT_SIGMAS = 0.08, 5.0
# Beyond this relative standard error a number is a guess.
_MOST_UNSURE = 0.25
# Neighbours that share this part of their noise have been interpolated or compressed.
_MOST_ALIKE = 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class GainNoise:
    """Noise at one gain, normalised (black 0, white 1).

    Args:
        gain: gain against base sensitivity.
        iso: ISO speed of the frames; None when unknown.
        frames: how many frames took part.
        scenes: how many scenes or levels.
        fit: shot and read of all colours together.
        colours: red, green and blue by themselves; None for a sensor without filters.
        row: variance of the offset that a row's photosites share, not part of read.
        row_se: its standard error; infinite when it could not be measured.
        used: share of the picture that held still and was not clipped.
        method: how it was found.
    """

    gain: float
    iso: float | None
    frames: int
    scenes: int
    fit: PhotonTransfer
    colours: tuple[PhotonTransfer, PhotonTransfer, PhotonTransfer] | None
    row: float
    row_se: float
    used: float
    method: Method = "differences in time"

    @property
    def colours_differ(self) -> bool:
        """Whether the colours' noise differs by more than chance."""
        if self.colours is None or not all(np.isfinite((c.shot_se, c.read_se)).all() for c in self.colours):
            return False
        for name in ("shot", "read"):
            values = np.array([getattr(c, name) for c in self.colours])
            errors = np.array([max(getattr(c, f"{name}_se"), 1e-30) for c in self.colours])
            mean = float(np.average(values, weights=1 / errors**2))
            chi2 = float(np.square((values - mean) / errors).sum())
            if chi2 > _CHI2_LIMIT and np.ptp(values) > _LEAST_DIFFERENCE * mean:
                return True
        return False

    def knot(self, *, least_read: float) -> NoiseKnot:
        """The noise as a camera profile holds it: above zero, with colours where they differ.

        Args:
            least_read: what rounding alone adds; a read noise that was found smaller is taken for this.
        """
        row = six_digits(self.row) if self.row > 2 * self.row_se else 0.0
        shot, read = _positive(self.fit, least_read)
        if not self.colours_differ or self.colours is None:
            return NoiseKnot(gain=self.gain, shot=shot, read=read, row=row)
        (r, r_read), (g, g_read), (b, b_read) = (_positive(c, least_read) for c in self.colours)
        return NoiseKnot(
            gain=self.gain, shot=shot, read=read, row=row, shot_rgb=(r, g, b), read_rgb=(r_read, g_read, b_read)
        )


def gain_noise(
    found: Sequence[StaticNoise], *, gain: float, iso: float | None, frames: int, coloured: bool
) -> GainNoise:
    """The noise of all scenes of one gain."""
    tables = [t for noise in found for t in noise.tables]
    colours = None
    if coloured and {c for c, _ in tables} == {0, 1, 2}:
        red, green, blue = (fit_photon_transfer([t for c, t in tables if c == colour]) for colour in range(3))
        colours = (red, green, blue)
    measured = [(noise.row, noise.row_se) for noise in found if np.isfinite(noise.row_se) and noise.row_se > 0]
    row, row_se = 0.0, float("inf")
    if measured:
        weights = np.array([1 / se**2 for _, se in measured])
        row = max(float(np.average([r for r, _ in measured], weights=weights)), 0.0)
        row_se = float(1 / np.sqrt(weights.sum()))
    return GainNoise(
        gain=gain,
        iso=iso,
        frames=frames,
        scenes=len(found),
        fit=fit_photon_transfer([t for _, t in tables]),
        colours=colours,
        row=row,
        row_se=row_se,
        used=float(np.mean([noise.used for noise in found])),
    )


def doubts(noise: GainNoise, found: Sequence[StaticNoise], *, least_read: float) -> list[str]:
    """What a user should know before believing the numbers; each one line."""
    fit, lines = noise.fit, []
    where = f"gain {noise.gain:g}"
    correlation = float(np.median([f.correlation for f in found]))
    if correlation > _MOST_ALIKE:
        lines.append(
            f"{where}: the noise of neighbours agrees by {correlation:.0%}: these frames are interpolated or filtered, "
            "the numbers hold for them and not for the sensor"
        )
    if abs(fit.curvature) > max(_MOST_BENT, _BENT_SIGMAS * fit.curvature_se) and fit.curvature_se > 0:
        lines.append(
            f"{where}: variance against signal is no straight line, it bends by {fit.curvature:+.0%} at the bright "
            "end: frames of several gains, a tone curve, or a wrong white level"
        )
    for name, value, error in (("shot", fit.shot, fit.shot_se), ("read", fit.read, fit.read_se)):
        if value > 0 and error > _MOST_UNSURE * value:
            advice = "give darks or darker frames" if name == "read" else "give frames of several levels of light"
            unsure = f"±{error / value:.0%}" if error < value else "not at all"
            lines.append(f"{where}: {name} noise is not well determined ({unsure}); {advice}")
    if fit.read == 0 and fit.shot_se < _MOST_UNSURE * fit.shot:
        lines.append(
            f"{where}: no read noise is left below the shot noise: is the black level right? (--black); or give darks"
        )
    elif 0 < fit.read < 2 * least_read:
        lines.append(
            f"{where}: the read noise is mostly rounding ({fit.read / least_read:.1f} times 1/12 DN²): the files' "
            "steps are coarse for this sensor"
        )
    moved = max(f.moved for f in found)
    if moved > 0.02:
        lines.append(f"{where}: up to {moved:.0%} of a scene moved and was left out")
    return lines


def _positive(fit: PhotonTransfer, least_read: float) -> tuple[float, float]:
    # Shot noise of a million electrons: below what any photosite holds.
    return six_digits(max(fit.shot, 1e-6)), six_digits(max(fit.read, least_read))


def six_digits(value: float) -> float:
    """Six digits: more than any measurement has, and short enough to read."""
    return float(f"{value:.6g}")
