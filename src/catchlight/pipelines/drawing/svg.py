"""The pieces that every drawing is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape


def drawing(width: float, height: float, title: str, parts: Sequence[str]) -> Markup:
    """One `<svg>` of drawn parts, with a title for those who do not see it."""
    name = escape(title)
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{name}"><title>{name}</title>'
    return Markup(head + "".join(parts) + "</svg>")


def text(x: float, y: float, words: str, anchor: str, *, kind: str = "") -> str:
    """Words at a place; `anchor` is start, middle or end, `kind` a class of the style sheet."""
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def polyline(points: Sequence[tuple[float, float]], kind: str, *, title: str = "") -> str:
    """A line through points, of a class of the style sheet; `title` is what the pointer shows over it."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if not title:
        return f'<polyline class="{kind}" points="{joined}"/>'
    return f'<polyline class="{kind}" points="{joined}"><title>{escape(title)}</title></polyline>'


def round_length(value: float) -> float:
    """The nearest smaller 1, 2 or 5 times a power of ten.

    >>> round_length(37.0), round_length(0.7)
    (20.0, 0.5)
    """
    power = 10.0 ** math.floor(math.log10(value))
    return max(m for m in (1, 2, 5) if m * power <= value * (1 + 1e-9)) * power
