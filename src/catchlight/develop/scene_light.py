"""How much light there was, from what the camera says of its exposure."""

from __future__ import annotations

from catchlight.core import Metadata

# Reflected-light meters: N²/t = L·S / K with K = 12.5 cd·s/m² (ISO 2720:1974, section 5, as makers choose it); what the
# meter aims at is shown at mid-grey.
_METER_K, _MID_GREY = 12.5, 0.18
# For cameras that do not tell their f-number; phones have 1.8, lenses at night about 2.8.
_APERTURE_F = 2.8


def luminance_of_one_cd_m2(metadata: Metadata | None) -> float | None:
    """Luminance in cd/m² that a linear value of 1 stands for; None when the file does not tell time and ISO.

    >>> round(luminance_of_one_cd_m2(Metadata(exposure_s=0.1, iso=1600.0, aperture_f=2.0)), 2)
    1.74
    """
    if metadata is None or not metadata.exposure_s or not metadata.iso:
        return None
    aperture = metadata.aperture_f or _APERTURE_F
    return _METER_K * aperture**2 / (metadata.exposure_s * metadata.iso) / _MID_GREY
