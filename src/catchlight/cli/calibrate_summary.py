"""What a calibration found, as a short table for people and as JSON for machines."""

from __future__ import annotations

import json
import math
from pathlib import Path

from catchlight import __version__
from catchlight.camera.profile import profile_to_toml
from catchlight.measure.noise.dark_signal import DarkSignal
from catchlight.measure.noise.photon_transfer import PhotonTransfer
from catchlight.pipelines.calibration import Calibration, GainNoise

_HEAD = (" gain", "shot", "±", "read", "±", "full well", "read", "frames")


def table_lines(found: Calibration, place: Path) -> list[str]:
    """A line for each gain, and one for everything else that was measured."""
    rows = [_HEAD] + [_row(g) for g in found.gains]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    for dark in found.darks:
        time = "" if dark.exposure_s is None else f" at {dark.exposure_s:g} s"
        lines.append(
            f"darks{time}: black {dark.mean_black_dn:.2f} DN, {len(dark.defects_yx)} defects, fixed pattern "
            f"{math.sqrt(dark.dsnu):.2e} of white"
        )
    if found.flat is not None:
        prnu = "" if found.flat.prnu is None else f", photosites differ by {found.flat.prnu:.2%}"
        lines.append(f"flat: corners at {found.flat.falloff:.0%}{prnu}, {len(found.flat.defects_yx)} defects")
    lines += [line for part in (found.chart, found.sweep) if part is not None for line in part.lines()]
    return [*lines, f"{place}: {found.profile.name}, noise at {_count(len(found.gains), 'gain')}"]


def record_text(found: Calibration, place: Path) -> str:
    """The content of the `--json` file.

    Keys: `catchlight` (version), `output`, `name`, `gains` (each with `gain`, `iso`, `frames`, `scenes`, `method`,
    `shot`, `read`: variance = shot · signal + read, black 0, white 1; `shot_se`, `read_se`: standard errors, null when
    unknown; `shot_limit`, `read_limit`: the least that as many samples allow (Cramér–Rao); `full_well_e`, `read_e`;
    `row`, `row_se`: variance that a row shares, not part of read; `colours`; `curvature`, `curvature_se`; `samples`;
    `used`), `darks`, `flat`, `chart`, `sweep`, `warnings`, `profile` (the TOML).
    """
    content = {
        "catchlight": __version__,
        "output": str(place),
        "name": found.profile.name,
        "gains": [_gain(g) for g in found.gains],
        "darks": [_dark(d) for d in found.darks],
        "flat": None
        if found.flat is None
        else {
            "level": found.flat.level,
            "falloff": found.flat.falloff,
            "prnu": found.flat.prnu,
            "defects": len(found.flat.defects_yx),
        },
        "chart": None if found.chart is None else found.chart.record(),
        "sweep": None if found.sweep is None else found.sweep.record(),
        "warnings": list(found.warnings),
        "profile": profile_to_toml(found.profile),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _row(noise: GainNoise) -> tuple[str, ...]:
    fit = noise.fit
    return (
        f"{noise.gain:g}",
        f"{fit.shot:.4e}",
        _percent(fit.shot_se, fit.shot),
        f"{fit.read:.4e}",
        _percent(fit.read_se, fit.read),
        "unknown" if math.isinf(fit.full_well_e) else f"{fit.full_well_e:.0f} e-",
        "unknown" if math.isinf(fit.read_e) else f"{fit.read_e:.2f} e-",
        f"{noise.frames} of {_count(noise.scenes, 'scene')}",
    )


def _percent(error: float, value: float) -> str:
    if not (value > 0 and math.isfinite(error)):
        return "?"
    return f"{error / value:.1%}" if error < value else ">100%"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _gain(noise: GainNoise) -> dict[str, object]:
    return {
        "gain": noise.gain,
        "iso": noise.iso,
        "frames": noise.frames,
        "scenes": noise.scenes,
        "method": noise.method,
        **_fit(noise.fit),
        "row": noise.row,
        "row_se": _finite(noise.row_se),
        "used": noise.used,
        "colours": None
        if noise.colours is None
        else {name: _fit(fit) for name, fit in zip(("red", "green", "blue"), noise.colours, strict=True)},
        "colours_differ": noise.colours_differ,
    }


def _fit(fit: PhotonTransfer) -> dict[str, object]:
    return {
        "shot": fit.shot,
        "read": fit.read,
        "shot_se": _finite(fit.shot_se),
        "read_se": _finite(fit.read_se),
        "shot_limit": _finite(fit.shot_limit),
        "read_limit": _finite(fit.read_limit),
        "full_well_e": _finite(fit.full_well_e),
        "read_e": _finite(fit.read_e),
        "curvature": fit.curvature,
        "curvature_se": fit.curvature_se,
        "samples": fit.samples,
        "darkest": fit.darkest,
        "brightest": fit.brightest,
    }


def _dark(dark: DarkSignal) -> dict[str, object]:
    return {
        "frames": dark.frames,
        "exposure_s": dark.exposure_s,
        "black_dn": list(dark.black_dn),
        "read": dark.read,
        "read_se": dark.read_se,
        "dsnu": dark.dsnu,
        "defects": len(dark.defects_yx),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
