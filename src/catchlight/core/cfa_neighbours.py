"""Which photosites around one see the same colour."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Int64

from catchlight.core.cfa import CfaPattern
from catchlight.core.errors import ContractError

# Within one tile's length in every direction each colour of every pattern lies eight times at least.
_REACH = 6
MOST_NEIGHBOURS = 8


@cache
def same_colour_neighbours(cfa: CfaPattern) -> Int64[np.ndarray, "sites 8 2"]:
    """The eight nearest photosites of the same colour of every site of the tile, row by row: steps (rows, columns).

    The nearest come first; of equally near ones the upper, then the left one.

    >>> same_colour_neighbours(CfaPattern(name="RGGB"))[0].tolist()
    [[-2, 0], [0, -2], [0, 2], [2, 0], [-2, -2], [-2, 2], [2, -2], [2, 2]]
    """
    steps = [(y, x) for y in range(-_REACH, _REACH + 1) for x in range(-_REACH, _REACH + 1) if y or x]
    steps.sort(key=lambda step: (step[0] ** 2 + step[1] ** 2, step))
    found = []
    for y, row in enumerate(cfa.tile):
        for x, colour in enumerate(row):
            same = [step for step in steps if cfa.colour_at(y + step[0], x + step[1]) == colour]
            if len(same) < MOST_NEIGHBOURS:
                raise ContractError(f"a pattern has every colour often; {cfa.name} has {len(same)} within {_REACH}")
            found.append(same[:MOST_NEIGHBOURS])
    result: Int64[np.ndarray, "sites 8 2"] = np.array(found, np.int64)
    result.flags.writeable = False
    return result
