"""How each frame of a RAW burst was lit, against the reference: flash and the bands of flickering lamps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float32

from catchlight.burst import Alignment
from catchlight.burst.flash import LightVerdict, light_verdict, reference_has_flash
from catchlight.burst.flicker import RowGains, own_bands, row_gains
from catchlight.pipelines.burst_doubts import flicker_note

Pyramid = list[Float32[np.ndarray, "_ _"]]
# Rows that are enough to see bands and lit places: the coarsest level of the pyramid that has as many is looked at.
_ROWS = 200


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
        level = max((k for k, plane in enumerate(self.still) if len(plane) >= _ROWS), default=0)
        still, frame = self.still[level], moved[level]
        small = alignment.affine.astype(np.float32)
        small[:, 2] /= 2 ** (level + 1)
        clip = {"full": full, "reference_full": self.full}
        verdict = light_verdict(still, frame, small, noise_variance=self.variance / 4**level, **clip)
        curve = row_gains(still, frame, small, **clip)
        self.verdicts.append(verdict)
        if verdict.lit != "frame":
            self.curves.append(curve)
        return verdict, curve

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
        """What the user should know; flashes are told where their frames are left out."""
        note = flicker_note(self.curves)
        return [] if note is None else [note]
