"""Noise that is not independent from photosite to photosite or from frame to frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchlight.core.camera_colour import Triple
from catchlight.core.errors import ContractError

_NOT_NEGATIVE = ("prnu", "dsnu", "column_fixed", "column", "banding", "dark_per_s", "hot_share", "hot_times")
# Below -1/4 the tail has no finite kurtosis, at -1/2 no finite variance; at 2 the distribution is uniform.
_TAIL_RANGE = (-0.25, 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternNoise:
    """Fixed pattern, column noise, banding, dark current and the shape of the read noise of one sensor.

    All amplitudes are standard deviations or means on the normalised scale (black 0, white 1) at gain 1; they arise
    before the amplifier and grow in proportion to the gain. Row noise stands in the noise law instead.

    Args:
        prnu: relative standard deviation of the photosites' sensitivity; fixed.
        dsnu: standard deviation of the photosites' own offsets; fixed.
        column_fixed: standard deviation of the columns' own offsets; fixed.
        column: standard deviation of the offset that a column gets anew in every frame.
        banding: standard deviation of a sine wave down the rows whose phase is new in every frame.
        banding_period_rows: rows of one such wave.
        dark_per_s: mean dark signal a second at `dark_reference_c`.
        dark_doubling_k: warming that doubles the dark current.
        dark_reference_c: temperature of `dark_per_s` in degrees Celsius.
        hot_share: share of photosites whose dark current is far above the mean; fixed.
        hot_times: mean dark current of those, as a multiple of `dark_per_s` (exponentially distributed).
        read_tail: shape λ of the Tukey lambda distribution of the read noise; None for a Gaussian (close to λ = 0.14),
            smaller is heavier-tailed.
        black_bias_dn: offset of the black level of red, green and blue in DN, on top of the sensor's.
        serial: seed of all that is fixed: the same number is the same camera.

    Raises:
        ContractError: a value out of its range.

    Source: EMVA standard 1288 release 4.0, sections 2 and 4 (PRNU, DSNU, dark current and its doubling temperature);
    Wei et al. 2020, "A Physics-based Noise Formation Model for Extreme Low-light Raw Denoising" (Tukey lambda shape,
    banding, colour bias).
    """

    prnu: float = 0.0
    dsnu: float = 0.0
    column_fixed: float = 0.0
    column: float = 0.0
    banding: float = 0.0
    banding_period_rows: float = 64.0
    dark_per_s: float = 0.0
    # Holst and Lomheim 2007, "CMOS/CCD Sensors and Camera Systems": silicon's dark current doubles every 6 to 8 K.
    dark_doubling_k: float = 7.0
    dark_reference_c: float = 25.0
    hot_share: float = 0.0
    hot_times: float = 0.0
    read_tail: float | None = None
    black_bias_dn: Triple = (0.0, 0.0, 0.0)
    serial: int = 0

    def __post_init__(self) -> None:
        for name in _NOT_NEGATIVE:
            value = getattr(self, name)
            if not 0 <= value < math.inf:
                raise ContractError(f"pattern noise {name} is a finite number ≥ 0; found {value}")
        if not self.prnu < 0.3 or not self.hot_share <= 1:
            raise ContractError(f"prnu < 0.3 and hot_share ≤ 1; found {self.prnu} and {self.hot_share}")
        for name in ("banding_period_rows", "dark_doubling_k"):
            if not 0 < getattr(self, name) < math.inf:
                raise ContractError(f"pattern noise {name} is a finite number > 0; found {getattr(self, name)}")
        if not math.isfinite(self.dark_reference_c):
            raise ContractError(f"a temperature is a finite number; found {self.dark_reference_c}")
        if self.read_tail is not None and not _TAIL_RANGE[0] < self.read_tail <= _TAIL_RANGE[1]:
            raise ContractError(f"read_tail lies in {_TAIL_RANGE[0]}…{_TAIL_RANGE[1]}; found {self.read_tail}")
        if len(self.black_bias_dn) != 3 or not all(math.isfinite(v) for v in self.black_bias_dn):
            raise ContractError(f"black_bias_dn is three finite numbers; found {self.black_bias_dn}")
        if self.serial < 0:
            raise ContractError(f"a serial number is an integer ≥ 0; found {self.serial}")

    def dark_signal(self, *, gain: float, exposure_s: float, temperature_c: float) -> float:
        """Mean dark signal, normalised, of an exposure at a temperature; the gain amplifies it.

        >>> noise = PatternNoise(dark_per_s=1e-3, dark_doubling_k=6.0, dark_reference_c=20.0)
        >>> round(noise.dark_signal(gain=2.0, exposure_s=10.0, temperature_c=32.0), 6)
        0.08
        """
        warming = 2.0 ** ((temperature_c - self.dark_reference_c) / self.dark_doubling_k)
        return self.dark_per_s * exposure_s * gain * warming
