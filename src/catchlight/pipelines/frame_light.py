"""How each frame of a RAW burst was lit, against the reference: flash and the bands of flickering lamps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32, Float64

from catchlight.burst import Alignment
from catchlight.burst.light.flash import LightVerdict, light_verdict, reference_has_flash
from catchlight.burst.light.flicker import RowGains, own_bands, row_gains
from catchlight.burst.light.flicker_align import affine_without_rows
from catchlight.pipelines.burst_doubts import flash_note, flicker_note

Pyramid = list[Float32[np.ndarray, "_ _"]]
# Rows that are enough to see bands and lit places: the coarsest level of the pyramid that has as many is looked at.
_ROWS = 200
# Bands of less depth do not pull the alignment: within 0.3 px on simulated bursts.
_SUSPICIOUS = 0.05


@dataclass(slots=True)
class FrameLight:
    """Collects what every frame tells.

    Args:
        still: grey pyramid of the reference.
        variance: noise variance of its finest level.
        full: value at which the reference is clipped.
    """

    still: Pyramid
    variance: float
    full: float = 1.0
    verdicts: list[LightVerdict] = field(default_factory=list)
    curves: list[RowGains] = field(default_factory=list)

    def judge(self, moved: Pyramid, alignment: Alignment, *, full: float) -> tuple[LightVerdict, RowGains]:
        """Verdict on one frame, brought to the reference's brightness, and the gains that even out its bands."""
        level = self._level
        still, frame = self.still[level], moved[level]
        small = self._small(alignment.affine)
        clip = {"full": full, "reference_full": self.full}
        verdict = light_verdict(still, frame, small, noise_variance=self.variance / 4**level, **clip)
        curve = row_gains(still, frame, small, **clip)
        self.verdicts.append(verdict)
        if verdict.lit != "alike":
            # A flash lights some rows more than others: that is no lamp that flickers.
            return verdict, RowGains(log_gains=np.zeros(len(frame)), depth=0.0, significant=False)
        self.curves.append(curve)
        return verdict, curve

    def bands_first(self, moved: Pyramid, alignment: Alignment, *, full: float) -> RowGains | None:
        """Bands that may have misled the alignment, found without it; None where none are seen.

        Even the frame out with them and align it again: `judge` then tells the bands as they are.
        """
        level = self._level
        clip = {"full": full, "reference_full": self.full}
        seen = row_gains(self.still[level], moved[level], self._small(alignment.affine), **clip)
        # Misled, it makes curves of the picture's own rows: significant or not.
        if seen.depth < _SUSPICIOUS:
            return None
        affine, _ = affine_without_rows(self.still[0], moved[0], noise_variance=self.variance)
        found = row_gains(self.still[level], moved[level], self._small(affine), **clip)
        return found if found.significant else None

    @property
    def _level(self) -> int:
        return max((k for k, plane in enumerate(self.still) if len(plane) >= _ROWS), default=0)

    def _small(self, affine: Float64[np.ndarray, "2 3"]) -> Float32[np.ndarray, "2 3"]:
        small = affine.astype(np.float32)
        small[:, 2] /= 2 ** (self._level + 1)
        return small

    @property
    def reference_lit(self) -> bool:
        """Whether the reference is the one with the flash."""
        return reference_has_flash(self.verdicts)

    def reference_bands(self) -> RowGains | None:
        """What evens out the reference's own bands; None where it has none that can be told."""
        if not self.curves:
            return None
        found = own_bands(self.curves)
        return found if found.significant else None

    def notes(self) -> list[str]:
        """What the user should know; a flash of another frame is told where that is left out."""
        told = (flash_note(self.verdicts), flicker_note(self.curves))
        return [note for note in told if note is not None]
