"""Conversions between the units that Catchlight's names carry."""

from __future__ import annotations

import math

from catchlight.core.errors import ContractError


def ev_from_ratio(ratio: float) -> float:
    """Exposure difference in EV (stops) of a ratio of light.

    >>> ev_from_ratio(8.0)
    3.0
    """
    if not ratio > 0:
        raise ContractError(f"a ratio of light is > 0; found {ratio}")
    return math.log2(ratio)


def ratio_from_ev(ev: float) -> float:
    """Ratio of light of an exposure difference in EV."""
    return float(2.0**ev)


def db_from_ratio(power_ratio: float) -> float:
    """Decibels of a ratio of powers (variances); infinite for infinity.

    >>> round(db_from_ratio(8.0), 2)
    9.03
    """
    if not power_ratio > 0:
        raise ContractError(f"a ratio of powers is > 0; found {power_ratio}")
    return 10.0 * math.log10(power_ratio)


def dioptres_from_metres(distance_m: float) -> float:
    """Focus distance in dioptres (1/m); infinity is 0 d."""
    if not distance_m > 0:
        raise ContractError(f"a distance is > 0 m; found {distance_m}")
    return 1.0 / distance_m


def metres_from_dioptres(distance_d: float) -> float:
    """Focus distance in metres; 0 d is infinity."""
    if not distance_d >= 0:
        raise ContractError(f"a dioptre value is ≥ 0 d; found {distance_d}")
    return math.inf if distance_d == 0 else 1.0 / distance_d
