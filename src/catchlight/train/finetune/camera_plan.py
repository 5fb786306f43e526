"""What training crops of one camera are drawn from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from catchlight.camera.sensor.noise_law import NoiseLaw
from catchlight.core import ContractError

Range = tuple[float, float]
# Few cameras amplify more than six stops before the converter; what a profile states beyond is a power law drawn out.
_MOST_STOPS = 6
# Noise changes slowly with gain: two stops from one row of the table to the next; two such steps from a single gain.
_ROW_STOPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraPlan:
    """Sizes, and the ranges that every crop draws from.

    Args:
        gain: least and largest gain of the camera, evenly in stops.
        crop_px: height and width of a crop, even.
        batch: crops of a batch.
        clean_share: share of the crops without any noise, so that sharpness is kept.
        merged_share: share of the noisy crops that are the mean of several frames, as a merge leaves them.
        most_frames: of such a merge.
        torn_share: share of the merged crops where parts could not be merged and are one frame.
        exposure: what the photo's white becomes as a share of the sensor's, evenly in stops, for half of the crops.
        light_cct_k: colour temperature of the light, evenly in mired.
        seed: of everything.

    Raises:
        ContractError: a value out of range.
    """

    gain: Range
    crop_px: int = 96
    batch: int = 8
    clean_share: float = 0.1
    merged_share: float = 0.3
    most_frames: int = 8
    torn_share: float = 0.3
    exposure: Range = (0.05, 1.0)
    light_cct_k: Range = (2800.0, 7500.0)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.crop_px < 8 or self.crop_px % 2 or self.batch < 1 or self.seed < 0 or self.most_frames < 2:
            raise ContractError(f"crops are even-sized, 8 px at least; one a batch, two frames at least; found {self}")
        for name in ("gain", "exposure", "light_cct_k"):
            low, high = getattr(self, name)
            if not 0 < low <= high < math.inf:
                raise ContractError(f"the range of {name} is 0 < low ≤ high; found {low} and {high}")
        for name in ("clean_share", "merged_share", "torn_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise ContractError(f"{name} is 0…1; found {getattr(self, name)}")


def camera_gains(law: NoiseLaw) -> tuple[float, ...]:
    """The gains at which a camera is judged: from its least measured one to its largest, two stops apart or less.

    At most six stops; a law of one gain, which is a power law anyway, is followed over four.

    >>> camera_gains(NoiseLaw.from_electrons(full_well_e=8000.0, before_gain_e=2.0, after_gain_e=2.0))
    (1.0, 4.0, 16.0, 64.0)
    """
    low, high = law.knots[0].gain, law.knots[-1].gain
    stops = min(math.log2(high / low), _MOST_STOPS) if len(law.knots) > 1 else 2 * _ROW_STOPS
    count = max(math.ceil(stops / _ROW_STOPS - 1e-9), 1)
    return tuple(low * 2 ** (stops * i / count) for i in range(count + 1))
