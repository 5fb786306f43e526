"""Named looks: whole sets of dials, each with an intention."""

from __future__ import annotations

from typing import Literal, get_args

from catchlight.core import ContractError
from catchlight.develop.natural_look import NaturalLook

LookName = Literal["natural", "bright", "neutral"]

LOOKS: dict[LookName, NaturalLook] = {
    # The scene as it was remembered: night stays night.
    "natural": NaturalLook(),
    # Night as phones show it: two thirds of an EV more, dark parts opened as far as the dial goes without flattening
    # them, a softer curve to make room, and a little colour back that the softer curve takes away.
    "bright": NaturalLook(exposure_ev=0.67, contrast=0.95, shadows=1.4, saturation=1.06),
    # A document: exposure only. The straightest curve, no lifted shadows, white surfaces white, half the sharpening.
    "neutral": NaturalLook(contrast=0.8, shadows=0.0, sharpness=0.5, warmth=-1.0),
}


def look_named(name: str) -> NaturalLook:
    """The dials of a look; single ones are turned with `dataclasses.replace`.

    Args:
        name: natural, bright or neutral.

    Raises:
        ContractError: no such look.

    >>> look_named("bright").exposure_ev
    0.67
    """
    for known, look in LOOKS.items():
        if known == name:
            return look
    raise ContractError(f"look is one of {', '.join(get_args(LookName))}; found {name!r}")
