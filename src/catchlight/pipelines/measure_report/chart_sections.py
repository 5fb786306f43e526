"""What the page's template shows of charts: colour, noise and geometry."""

from __future__ import annotations

from typing import Any

from catchlight.pipelines.measure_report import colour_plots, geometry_plots, noise_plots
from catchlight.pipelines.measurement.measurement import MeasuredPicture

# Less than this below the darkest patch is as good as measured.
BEYOND_EV = 0.5


def colour_section(picture: MeasuredPicture) -> dict[str, Any] | None:
    """A ColorChecker's swatches, plot and table; None without one."""
    colours = picture.charts.colours
    if colours is None:
        return None
    kinds = [
        ("as shot", colours.as_shot),
        ("balanced", colours.balanced),
        ("with matrix", colours.corrected),
    ]
    return {
        "mean": f"ΔE2000 {colours.balanced.mean_2000:.1f}",
        "swatches": colour_plots.swatches(colours),
        "plot": colour_plots.error_plot(colours),
        "rows": [
            {
                "name": name,
                "mean": f"{e.mean_2000:.2f}",
                "median": f"{e.median_2000:.2f}",
                "largest": f"{e.worst_2000:.2f}",
                "patch": e.worst_patch,
            }
            for name, e in kinds
        ],
    }


def noise_section(picture: MeasuredPicture) -> dict[str, Any] | None:
    """Noise against light, dynamic range and tone response; None without even patches."""
    noise, tone = picture.charts.noise, picture.charts.tone
    if noise is None:
        return None
    chart = "row of grey steps" if picture.charts.wedge is not None else "ColorChecker"
    beyond = max(c.beyond_ev for c in noise.curves)
    return {
        "lead": f"Measured on the even patches of the {chart} in this one picture; levels {noise.domain}, 1 = white.",
        "plot": noise_plots.snr_plot(noise),
        "rows": [
            {
                "channel": c.channel,
                "letter": noise_plots.LETTERS[c.channel],
                "range": "–" if c.dynamic_range_ev is None else f"{c.dynamic_range_ev:.1f}",
                "range10": "–" if c.dynamic_range_10_ev is None else f"{c.dynamic_range_10_ev:.1f}",
                "shot": f"{c.shot:.2e}",
                "read": f"{c.read**0.5:.2e}",
            }
            for c in noise.curves
        ],
        "beyond": f" The last {beyond:.1f} EV lie below the darkest patch and are the model's."
        if beyond > BEYOND_EV
        else "",
        "tone": None
        if tone is None
        else {"plot": noise_plots.tone_plot(tone), "slope": f"{tone.slope:.3f}", "worst": f"{tone.worst_ev:.2f}"},
    }


def geometry_section(picture: MeasuredPicture) -> dict[str, Any] | None:
    """Distortion and lateral colour; None without a grid."""
    grid = picture.charts.grid
    if grid is None:
        return None
    plot, times = geometry_plots.distortion_plot(grid, picture.shape)
    return {
        "nodes": grid.nodes,
        "kind": "dot grid" if grid.kind == "dots" else "checkerboard",
        "plot": plot,
        "times": "to scale" if times == 1 else f"{times:g} times as strong",
        "worst": signed(grid.worst_pct, 2),
        "word": "barrel" if grid.worst_pct < 0 else "pincushion",
        "tv": signed(grid.tv_pct, 2),
        "k1": signed(grid.k1, 4),
        "k2": signed(grid.k2, 4),
        "residual": f"{grid.residual_px:.3f}",
        "lateral": geometry_plots.lateral_colour_plot(grid, picture.shape),
        "red": signed(grid.red.worst_px, 2),
        "blue": signed(grid.blue.worst_px, 2),
    }


def signed(value: float, digits: int) -> str:
    """With its sign, and a minus as wide as the plus."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")
