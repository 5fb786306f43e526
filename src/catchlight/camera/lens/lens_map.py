"""Which position of the focus actuator focuses where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from catchlight.core.errors import ContractError

Values = Float[np.ndarray, "..."]


@dataclass(frozen=True, slots=True, kw_only=True)
class LensMap:
    """A monotone piecewise linear map between dioptres and positions of the actuator, invertible.

    Beyond its ends it goes on as its first and last pieces do: a lens reaches a little beyond both.

    Args:
        focus_d: dioptres of the points, strictly rising; at least two.
        position_dac: actuator position of each, strictly rising or strictly falling.

    Raises:
        ContractError: fewer than two points, different lengths, NaN, or not strictly monotone.

    >>> phone = LensMap(focus_d=(0.0, 15.0), position_dac=(445.0, 925.0))
    >>> phone.dac_at(2.0), phone.dioptres_at(925.0)
    (509.0, 15.0)
    """

    focus_d: tuple[float, ...]
    position_dac: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.focus_d) != len(self.position_dac) or len(self.focus_d) < 2:
            raise ContractError(
                "a lens map has at least two points, each with dioptres and a position; "
                f"found {len(self.focus_d)} and {len(self.position_dac)}"
            )
        focus, position = np.asarray(self.focus_d), np.asarray(self.position_dac)
        steps = np.diff(position)
        if not (np.isfinite(focus).all() and np.isfinite(position).all() and (np.diff(focus) > 0).all()):
            raise ContractError(f"a lens map's dioptres are finite and strictly rising; found {self.focus_d}")
        if not ((steps > 0).all() or (steps < 0).all()):
            raise ContractError(f"a lens map's positions strictly rise or strictly fall; found {self.position_dac}")

    def dac_at(self, focus_d: float) -> float:
        """Position that focuses at `focus_d`; not rounded to the actuator's steps, nor limited to its range."""
        return float(self.dac_of(np.array(focus_d, np.float64)))

    def dioptres_at(self, position_dac: float) -> float:
        """Where the lens at `position_dac` is focused."""
        return float(self.dioptres_of(np.array(position_dac, np.float64)))

    def dac_of(self, focus_d: Values) -> Float[np.ndarray, "..."]:
        """`dac_at` for every value of an array; float64."""
        return _through(focus_d, np.asarray(self.focus_d), np.asarray(self.position_dac))

    def dioptres_of(self, position_dac: Values) -> Float[np.ndarray, "..."]:
        """`dioptres_at` for every value of an array; float64."""
        order = 1 if self.position_dac[-1] > self.position_dac[0] else -1
        return _through(position_dac, np.asarray(self.position_dac)[::order], np.asarray(self.focus_d)[::order])

    def dac_per_dioptre(self, focus_d: float) -> float:
        """Slope of the map at `focus_d`; that of the nearer piece beyond the ends."""
        piece = int(np.clip(np.searchsorted(self.focus_d, focus_d, side="right") - 1, 0, len(self.focus_d) - 2))
        rise = self.position_dac[piece + 1] - self.position_dac[piece]
        return rise / (self.focus_d[piece + 1] - self.focus_d[piece])


def _through(
    at: Float[np.ndarray, "..."], x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "..."]:
    """Linear interpolation between rising x, the end pieces prolonged."""
    piece = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(x) - 2)
    slope = np.diff(y) / np.diff(x)
    return np.asarray(y[piece] + slope[piece] * (at - x[piece]))
