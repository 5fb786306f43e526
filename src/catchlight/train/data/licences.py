"""Licences of photos: which ones may train weights that are shipped, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """One licence, judged for one purpose: weights that everybody may use, change and sell.

    Args:
        name: as in a manifest, an SPDX identifier where there is one.
        shippable: photos under it may train shipped weights.
        why: the reason, in one line.
    """

    name: str
    shippable: bool
    why: str


_PERMISSIVE = "any use; the notice is kept in the model's card"
_NO_SALE = "non-commercial only, while the weights may be sold"
_NO_CHANGE = "no derivatives, and weights may count as one"
_OURS = (
    Licence(name="CC0-1.0", shippable=True, why="no rights reserved"),
    *(
        Licence(name=f"CC-BY-{version}", shippable=True, why="any use with attribution, which the model's card gives")
        for version in ("2.0", "3.0", "4.0")
    ),
    *(
        Licence(
            name=f"CC-BY-SA-{version}",
            shippable=True,
            why="any use with attribution; share-alike binds copies of the photos, which are not shipped; the card "
            "names the set",
        )
        for version in ("2.0", "3.0", "4.0")
    ),
    *(Licence(name=name, shippable=True, why=_PERMISSIVE) for name in ("MIT", "BSD-2-Clause", "BSD-3-Clause")),
    Licence(name="Apache-2.0", shippable=True, why=_PERMISSIVE),
    Licence(
        name="Unsplash",
        shippable=True,
        why="free use, also commercial, without attribution; forbids only to compile a similar photo service",
    ),
    Licence(
        name="Kodak-unrestricted",
        shippable=False,
        why="free to use, but the Kodak photos are a test set: what trains on them cannot be compared on them",
    ),
    *(Licence(name=f"CC-BY-NC-{version}", shippable=False, why=_NO_SALE) for version in ("2.0", "3.0", "4.0")),
    *(Licence(name=f"CC-BY-NC-SA-{version}", shippable=False, why=_NO_SALE) for version in ("2.0", "3.0", "4.0")),
    *(Licence(name=f"CC-BY-ND-{version}", shippable=False, why=_NO_CHANGE) for version in ("2.0", "3.0", "4.0")),
    *(Licence(name=f"CC-BY-NC-ND-{version}", shippable=False, why=_NO_SALE) for version in ("2.0", "3.0", "4.0")),
    Licence(name="research-only", shippable=False, why="research only, while the weights may be sold"),
    Licence(name="own", shippable=False, why="one's own photos: for one's own weights; give them a licence to ship"),
)
_BY_NAME = {licence.name.lower(): licence for licence in _OURS}


def judged_licence(name: str) -> Licence:
    """What is known about a licence; one that is not known may not train shipped weights.

    >>> judged_licence("cc-by-sa-4.0").shippable, judged_licence("CC-BY-NC-4.0").shippable
    (True, False)
    """
    known = _BY_NAME.get(name.lower())
    return known or Licence(name=name, shippable=False, why="not a licence that is known to allow it")
