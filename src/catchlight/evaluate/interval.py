"""The spread of a mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

from catchlight.core import ContractError

# 97.5 % quantile of Student's t for 1…30 degrees of freedom. Source: NIST/SEMATECH e-Handbook of Statistical Methods,
# table 1.3.6.7.2.
_T = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


def mean_ci95(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and half width of its 95 % confidence interval (Student's t); None for a single value.

    Raises:
        ContractError: no value.

    >>> [round(v, 3) for v in mean_ci95([1.0, 2.0, 3.0])]
    [2.0, 2.484]
    """
    count = len(values)
    if count == 0:
        raise ContractError("a mean is over at least one value; found none")
    mean = math.fsum(values) / count
    if count == 1:
        return mean, None
    deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (count - 1))
    freedom = count - 1
    # Beyond the table: the first terms of the expansion about the normal quantile, good to 0.001.
    t = _T[freedom - 1] if freedom <= len(_T) else 1.95996 + 2.3723 / freedom + 2.8225 / freedom**2
    return mean, t * deviation / math.sqrt(count)
