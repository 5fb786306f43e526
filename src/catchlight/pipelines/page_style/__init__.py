"""What the report pages share: their colours, letters and the figures at the head."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup


def base_style() -> Markup:
    """The style sheet with which every page begins."""
    return Markup((Path(__file__).parent / "base.css").read_text(encoding="utf-8"))
