"""The page that shows how a development came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8
from jinja2 import Environment, PackageLoader, StrictUndefined

from catchlight import __version__
from catchlight.core import GREEN, ContractError, Frame, NoiseModel
from catchlight.core.units import db_from_ratio
from catchlight.develop import linearise
from catchlight.io import atomic_output
from catchlight.pipelines.development import Development, DevelopSettings
from catchlight.pipelines.geometry import centre_shift_px, shown_orientation, stored_shape
from catchlight.pipelines.page_style import base_style
from catchlight.pipelines.report import plots
from catchlight.pipelines.report.crops import Crop, choose_crops
from catchlight.pipelines.report.motion import motion_field, turned_map
from catchlight.pipelines.report.noise import NoiseCurve, local_noise, noise_curve
from catchlight.pipelines.report.pictures import Screen, data_uri, luma_of, shrunk, trust_picture
from catchlight.pipelines.report.sheet import Pair, before_after_sheet

REPORT_NAME = "index.html"
_WIDE_PX, _SMALL_PX, _HISTOGRAM_PX, _ANALYSED_PX = 1600, 320, 1200, 2000
_CROP_PX, _SHEET_PX = 528, 1080
_LEAST_GAIN_DB = 0.05  # less is shown as 0.0
_RIM = 14  # the part of the width that hand shake may take off each side
_DIALS = {
    "exposure_ev": "Exposure, EV",
    "contrast": "Contrast",
    "shadows": "Shadows",
    "saturation": "Saturation",
    "sharpness": "Sharpness",
    "warmth": "Warmth of low light",
}


def write_report(
    development: Development,
    directory: Path,
    *,
    settings: DevelopSettings | None = None,
    force: bool = False,
    first_run: bool = False,
) -> Path:
    """Writes one self-contained HTML page (pictures, style and script inside; no network) and returns its path.

    Args:
        development: the result of `develop(..., with_before=True)`; without `before` the comparisons are left out.
        directory: an existing folder.
        settings: the dials it was made with, to be shown.
        force: overwrite an existing page.
        first_run: the times contain compiling, and the page says so.

    Raises:
        ContractError: there is no picture (render `mosaic`).
        OutputError: the page exists already, or cannot be written.
    """
    page = render_report(development, settings=settings, first_run=first_run)
    path = Path(directory) / REPORT_NAME
    with atomic_output(path, force=force) as place:
        # Bytes of a file's name that are no text are shown as escapes.
        place.write_text(page, encoding="utf-8", errors="backslashreplace")
    return path


def render_report(development: Development, *, settings: DevelopSettings | None = None, first_run: bool = False) -> str:
    """The page's HTML; arguments as for `write_report`."""
    frame = development.frame
    if frame is None:
        raise ContractError("a report shows the developed picture; develop with render natural or linear")
    before = _comparable(development)
    screen = Screen.for_frame(frame)
    burst = bool(development.records)
    names = ("one frame", f"{len(development.records) + 1} frames") if burst else ("noise left in", "finished")
    loader = PackageLoader("catchlight.pipelines.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    small = screen.whole(frame, _SMALL_PX)
    noise = _noise(development, before, names)
    places = _places(development, screen)
    return environment.get_template("page.html.j2").render(
        version=__version__,
        base_style=base_style(),
        heading=f"{len(development.records) + 1} frames, one photo" if burst else "One frame, developed",
        subheading=_shot(frame),
        names=names,
        ratio=f"{frame.shape[1]} / {frame.shape[0]}",
        result=data_uri(screen.whole(frame, _WIDE_PX), quality=88),
        before=None if before is None else data_uri(screen.whole(before, _WIDE_PX), quality=84),
        gain_ev=float(np.log2(screen.gain)),
        before_is=_before_is(development),
        tiles=_tiles(development, noise),
        notes=[note[:1].upper() + note[1:] for note in development.notes],
        crops=[_crop(place, before, frame, screen) for place in places],
        sheet=None if before is None else data_uri(_sheet(before, frame, places, screen, names), quality=90),
        noise=noise,
        expected_db=_expected_db(development),
        frames=_frames(development, small),
        base=None if shown_orientation(development) is None else data_uri(_grey(small), quality=75),
        path=_path(development),
        histograms=_histograms(frame, before, screen, names),
        timings=plots.bar_plot(development.timings_s),
        total_s=sum(s for _, s in development.timings_s),
        first_run=first_run,
        skipped=development.skipped,
        facts=_facts(development, settings),
        provenance=frame.provenance,
    )


def _comparable(development: Development) -> Frame | None:
    frame, before = development.frame, development.before
    if frame is None or before is None or before.shape != frame.shape:
        return None
    # A single picture that was RGB already has nothing before it.
    same = not development.records and development.reference_raw is None
    return None if same else before


def _before_is(development: Development) -> str:
    """What the picture on the left is, in words."""
    which = "one frame" if development.records else "the same frame"
    if development.reference_raw is None:
        return f"{which} alone, rendered like the result"
    assert development.frame is not None
    if development.frame.transfer == "linear":
        return f"{which}, demosaiced, no noise removal, rendered like the result"
    return f"{which}, demosaiced, no noise removal or sharpening, toned like the result"


def _expected_db(development: Development) -> float:
    return db_from_ratio(1 / max(development.share, 1e-6))


def _shot(frame: Frame) -> str:
    m = frame.metadata
    make = "" if m.model.lower().startswith(m.make.lower()) else m.make
    facts = [f"{make} {m.model}".strip()]
    if m.exposure_s:
        facts.append(f"{m.exposure_s:.1f} s" if m.exposure_s >= 0.4 else f"1/{round(1 / m.exposure_s)} s")
    if m.aperture_f:
        facts.append(f"f/{m.aperture_f:g}")
    if m.iso:
        facts.append(f"ISO {m.iso:g}")
    facts.append(f"{frame.shape[1]} × {frame.shape[0]} px")
    return " · ".join(f for f in facts if f)


def _tiles(development: Development, noise: dict[str, Any] | None) -> list[tuple[str, str]]:
    """The figures at the head of the page."""
    tiles = []
    if development.records:
        less_db = _expected_db(development)
        word = "less" if less_db > -0.05 else "more"
        tiles.append((f"{abs(less_db):.1f} dB", f"{word} noise, expected from the noise model"))
        if noise is not None and noise["lowered"]:
            tiles.append((f"{noise['gain_db']:.1f} dB", "less noise, measured in flat places"))
        light = 1 + sum(record.trust for record in development.records)
        tiles.append((f"{light:.1f}", "frames' worth of light on average"))
        tiles.append(
            (
                f"{np.mean([r.trust for r in development.records]):.0%}",
                f"of the other frame{_plural(development.records)} agreed",
            )
        )
    if development.skipped:
        tiles.append((str(len(development.skipped)), f"frame{_plural(development.skipped)} left out"))
    tiles.append((f"{sum(s for _, s in development.timings_s):.1f} s", "to develop"))
    return tiles


def _plural(things: Sequence[object]) -> str:
    return "" if len(things) == 1 else "s"


def _places(development: Development, screen: Screen) -> list[Crop]:
    """The parts of the picture that are shown at full size."""
    frame = development.frame
    assert frame is not None
    small = screen.shown(frame, shrunk(frame.pixels, _ANALYSED_PX))
    scale = max(frame.shape) / max(small.shape)
    side = min(_CROP_PX, min(frame.shape) // 3)  # a third leaves room for different places in small pictures too
    if side < 32:
        return []
    moving = None
    orientation = shown_orientation(development)
    if development.records and orientation is not None:
        doubt = 1 - np.mean([r.trust_map for r in development.records], axis=0)
        moving = turned_map(_without_edges(doubt), orientation)
    found = choose_crops(luma_of(small), side=round(side / scale), moving=moving)
    h, w = frame.shape
    return [
        Crop(what=p.what, left=min(round(p.left * scale), w - side), top=min(round(p.top * scale), h - side), side=side)
        for p in found
    ]


def _crop(place: Crop, before: Frame | None, frame: Frame, screen: Screen) -> dict[str, Any]:
    pictures = [screen.crop(f, place) for f in (before, frame) if f is not None]
    return {
        "what": place.what,
        "where": f"{place.left}, {place.top}",
        "side": place.side,
        "pictures": [(data_uri(p, quality=92), f"{_noise_in(p):.1f}") for p in pictures],
    }


def _sheet(
    before: Frame, frame: Frame, places: Sequence[Crop], screen: Screen, names: tuple[str, str]
) -> UInt8[np.ndarray, "_ _ 3"]:
    """Before and after in one picture: whole, and at full size."""
    whole = Pair(what="", before=screen.whole(before, _SHEET_PX), after=screen.whole(frame, _SHEET_PX))
    crops = [Pair(what=p.what, before=screen.crop(before, p), after=screen.crop(frame, p)) for p in places]
    return before_after_sheet(whole, crops, names=names)


def _without_edges(doubt: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """The map with its rim at the median: shifted frames lack their edges, and nothing moved there."""
    h, w = doubt.shape
    top, left = h // _RIM, w // _RIM
    inside = np.full_like(doubt, np.median(doubt))
    inside[top : h - top, left : w - left] = doubt[top : h - top, left : w - left]
    return inside


def _noise_in(picture: UInt8[np.ndarray, "h w 3"]) -> float:
    """Deviation of brightness in flat places, in steps of 8 bits."""
    return local_noise(luma_of(picture.astype(np.float32)))


def _noise(development: Development, before: Frame | None, names: tuple[str, str]) -> dict[str, Any] | None:
    """Measured in the linear mosaic where there is one, else in the finished pictures."""
    raw, merged = development.reference_raw, development.merged
    model: NoiseModel | None = None
    curve: NoiseCurve | None
    encoded = raw is None or merged is None
    if raw is not None and merged is not None:
        linear = linearise(raw, noise=development.noise, gains=merged.gains)
        model = linear.noise
        green = next(plane for colour, plane in merged.cfa.planes if colour == GREEN)
        curve = noise_curve(linear.values[green], merged.values[green], white=True)
        labels = names if development.records else ("measured", "")
    elif before is not None and development.frame is not None:
        curve = noise_curve(_green(before), _green(development.frame), white=False)
        labels = names
    else:
        return None
    if curve is None:
        return None
    gain_db = float(20 * np.log10(np.median(curve.before / np.maximum(curve.after, 1e-9))))
    return {
        "plot": plots.noise_plot(curve, model=model, share=development.share, encoded=encoded, labels=labels),
        "labels": labels,
        "model": model is not None,
        "gain_db": gain_db,
        "lowered": gain_db >= _LEAST_GAIN_DB,
        "encoded": encoded,
    }


def _green(frame: Frame) -> Float32[np.ndarray, "h w"]:
    return np.ascontiguousarray(frame.pixels[..., 1])


def _frames(development: Development, small: UInt8[np.ndarray, "h w 3"]) -> list[dict[str, Any]]:
    """Every frame in the order of the input: the reference too, for the table."""
    shape, orientation = stored_shape(development), shown_orientation(development)
    rows: list[dict[str, Any]] = [
        {"index": development.reference_index, "name": development.reference_name, "reference": True}
    ]
    for record in development.records:
        field = motion_field(record.alignment, shape, orientation or 1)
        shown = small.shape[:2] if orientation is not None else shape
        dx, dy = centre_shift_px(record.alignment, shape)
        arrows, times = plots.arrow_plot(field, shown, f"Motion of {record.name}")
        trust = record.trust_map if orientation is None else turned_map(record.trust_map, orientation)
        rows.append(
            {
                "index": record.index,
                "name": record.name,
                "reference": False,
                "shift": _signed(f"{dx:+.1f}, {dy:+.1f}"),
                "rotation": _signed(f"{record.alignment.rotation_deg:+.2f}"),
                "local": f"{float(np.quantile(field.local_px, 0.98)):.1f}",
                "brightness": f"{record.brightness:.3f}",
                "correlation": f"{record.alignment.correlation:.3f}",
                "trust": record.trust,
                "arrows": arrows,
                "times": f"{times:g}",
                "trust_picture": data_uri(trust_picture(small if orientation is not None else None, trust), quality=78),
            }
        )
    return sorted(rows, key=lambda row: int(row["index"]))


def _grey(small: UInt8[np.ndarray, "h w 3"]) -> UInt8[np.ndarray, "h w 3"]:
    """The picture as the trust maps show it where nothing is doubted."""
    return trust_picture(small, np.ones(small.shape[:2], np.float32))


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _path(development: Development) -> Any:
    if not development.records:
        return None
    shape = stored_shape(development)
    moves = [(r.index, *centre_shift_px(r.alignment, shape)) for r in development.records]
    moves.append((development.reference_index, 0.0, 0.0))
    ordered = [(str(index), dx, dy) for index, dx, dy in sorted(moves)]
    return plots.path_plot(ordered, str(development.reference_index))


def _histograms(frame: Frame, before: Frame | None, screen: Screen, names: tuple[str, str]) -> list[tuple[str, Any]]:
    states = [(names[0], before), (names[1], frame)] if before is not None else [("", frame)]
    counts = [(name, plots.rgb_shares(_sampled(f, screen))) for name, f in states if f is not None]
    # The fullest bin but a few sets the height, so that a black sky does not flatten the rest.
    highest = max(float(np.quantile(c, 0.985)) for _, c in counts)
    return [(name, plots.histogram_plot(c, highest=max(highest, 1e-6), label=name or "result")) for name, c in counts]


def _sampled(frame: Frame, screen: Screen) -> Float32[np.ndarray, "h w 3"]:
    """Some of the pixels as they are: averaging would hide the noise."""
    step = max(1, max(frame.shape) // _HISTOGRAM_PX)
    return screen.shown(frame, np.ascontiguousarray(frame.pixels[::step, ::step]))


def _facts(development: Development, settings: DevelopSettings | None) -> list[tuple[str, str]]:
    noise = development.noise
    origin = {
        "file": "from the file",
        "settings": "given",
        "estimate": "estimated from the frame",
        "camera profile": "from the camera's profile",
    }
    facts = [
        ("Reference", f"{development.reference_name} (frame {development.reference_index})"),
        ("Noise model", origin.get(development.noise_from, development.noise_from)),
        ("Shot noise, R G B", "  ".join(f"{v:.3g}" for v in noise.shot)),
        ("Read noise variance, R G B", "  ".join(f"{v:.3g}" for v in noise.read)),
        ("Share of variance left", f"{development.share:.3f}"),
    ]
    if settings is not None:
        facts += [
            ("Rendering", settings.render),
            ("Denoise", f"{settings.denoise:g}"),
            *((_DIALS.get(name, name), f"{value:g}") for name, value in asdict(settings.look).items()),
        ]
    return facts
