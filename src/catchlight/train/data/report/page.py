"""The page that shows a set of photos: what is in it, what the gates found, how its figures are spread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import UInt8
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from catchlight import __version__
from catchlight.core import CatchlightError
from catchlight.io import atomic_output
from catchlight.pipelines.page_style import base_style
from catchlight.pipelines.report.pictures import data_uri
from catchlight.train.data.gates.finding import GateFinding
from catchlight.train.data.gates.run_gates import GateReport
from catchlight.train.data.manifest import SPLITS, Entry
from catchlight.train.data.photo_facts import PhotoFacts
from catchlight.train.data.photo_set import PhotoSet
from catchlight.train.data.report import plots
from catchlight.train.data.report.tally import tally
from catchlight.train.data.set_facts import SetFacts

PAGE_NAME = "index.html"
_THUMBNAIL_PX, _SAMPLE_PX = 150, 190
# So many pictures tell what a gate means; a page stays below a few megabytes.
_MOST_SHOWN, _SAMPLES = 18, 24
_WORDS = {
    "licence": "May the photos train weights for everybody?",
    "unreadable": "Damaged, missing, or not the bytes that the manifest tells.",
    "near-duplicate": "The same photo twice: scaled, compressed again, or mirrored.",
    "leakage": "A scene or class in two splits.",
    "graphic": "Drawings, charts and screenshots: even to the last bit, with edges one pixel steep.",
    "grayscale": "Without colour there is nothing to learn about colour.",
    "blurred": "Nothing sharp in them.",
    "clipped": "Mostly full or empty.",
    "too small": "Smaller than what is cut out of them.",
    "drift": "Splits that are not drawn from the same world.",
    "dropped": "How much the gates take away.",
}
_SAID = {"stop": "to settle", "acknowledged": "acknowledged", "drop": "dropped", "note": "noted"}


def write_data_report(
    photo_set: PhotoSet, seen: SetFacts, report: GateReport, directory: Path, *, force: bool = False
) -> Path:
    """Writes one self-contained HTML page and returns its path.

    Args:
        photo_set: the set, to show its photos.
        seen: what was measured in it.
        report: what the gates found.
        directory: an existing folder.
        force: overwrite an existing page.

    Raises:
        OutputError: the page exists already, or cannot be written.
    """
    loader = PackageLoader("catchlight.train.data.report", ".")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    manifest = seen.manifest
    aside = [entry for entry in manifest.entries if entry.dropped]
    page = environment.get_template("page.html.j2").render(
        version=__version__,
        base_style=base_style(),
        heading=manifest.name,
        subheading=_subheading(seen, report),
        tiles=_tiles(seen, report, aside),
        notes=manifest.notes,
        stops=[finding.sentence for finding in report.stops],
        tallies=tally(manifest, report),
        splits=[s for s in SPLITS if any(e.split == s for e in manifest.kept())],
        gates=_gates(photo_set, report),
        aside=_aside(photo_set, aside),
        samples=_samples(photo_set, report),
        panels=_panels(seen),
        labels=_labels(manifest.kept()),
        sources=manifest.sources,
        said=_SAID,
    )
    path = Path(directory) / PAGE_NAME
    with atomic_output(path, force=force) as place:
        place.write_text(page, encoding="utf-8", errors="backslashreplace")
    return path


def _subheading(seen: SetFacts, report: GateReport) -> str:
    counts = Counter(entry.split for entry in seen.manifest.kept())
    parts = [f"{counts[split]} {split}" for split in SPLITS if counts[split]]
    pixels = sum(f.height_px * f.width_px for f in seen.facts.values()) / 1e6
    return f"{', '.join(parts)} · {pixels:.0f} megapixels · {len(seen.manifest.sources)} source" + (
        "s" if len(seen.manifest.sources) != 1 else ""
    )


def _tiles(seen: SetFacts, report: GateReport, aside: Sequence[Entry]) -> list[tuple[str, str]]:
    tiles = [(str(len(report.kept)), "photos may be used"), (str(len(report.dropped)), "dropped by the gates")]
    if aside:
        tiles.append((str(len(aside)), "set aside by the manifest"))
    tiles.append((str(len(report.stops)), "findings that stop a run"))
    notes = sum(finding.severity == "note" for finding in report.findings)
    if notes:
        tiles.append((str(notes), "notes"))
    return tiles


def _gates(photo_set: PhotoSet, report: GateReport) -> list[dict[str, Any]]:
    """One part for each gate that found something, the gravest first."""
    order = {"stop": 0, "drop": 1, "note": 2}
    names = dict.fromkeys(finding.gate for finding in report.findings)
    parts = []
    for gate in names:
        found = sorted((f for f in report.findings if f.gate == gate), key=lambda f: order[f.severity])
        shown, left = [], _MOST_SHOWN
        for finding in found:
            files = finding.entries[: max(min(left, 6), 0)]
            left -= len(files)
            pictures = [_picture(photo_set, _entry(photo_set, file), file in finding.drops) for file in files]
            shown.append({"severity": _severity(finding, report), "sentence": finding.sentence, "pictures": pictures})
        # Findings about one photo each make one grid.
        singles = [s for s, f in zip(shown, found, strict=True) if len(f.entries) == 1]
        parts.append(
            {
                "name": gate,
                "words": _WORDS.get(gate, ""),
                "singles": [s for s in singles if s["pictures"]],
                "hidden": sum(not s["pictures"] for s in singles),
                "others": [s for s, f in zip(shown, found, strict=True) if len(f.entries) != 1],
                "counts": Counter(_severity(f, report) for f in found).items(),
                "rank": min(order[f.severity] for f in found),
            }
        )
    return sorted(parts, key=lambda part: part["rank"])


def _severity(finding: GateFinding, report: GateReport) -> str:
    return "acknowledged" if finding.severity == "stop" and finding.gate in report.acknowledged else finding.severity


def _aside(photo_set: PhotoSet, aside: Sequence[Entry]) -> list[dict[str, Any]]:
    reasons = Counter(entry.dropped for entry in aside)
    return [
        {
            "reason": reason,
            "count": count,
            "pictures": [_picture(photo_set, e, True) for e in aside if e.dropped == reason][: 2 * _MOST_SHOWN],
        }
        for reason, count in reasons.most_common()
    ]


def _samples(photo_set: PhotoSet, report: GateReport) -> list[dict[str, Any]]:
    """Some of the photos that are used, evenly over the set."""
    kept = report.kept
    places = np.unique(np.linspace(0, len(kept) - 1, min(_SAMPLES, len(kept))).round().astype(int)).tolist()
    return [_picture(photo_set, _entry(photo_set, kept[i]), False, side_px=_SAMPLE_PX) for i in places]


def _entry(photo_set: PhotoSet, file: str) -> Entry:
    return next(entry for entry in photo_set.manifest.entries if entry.file == file)


def _picture(photo_set: PhotoSet, entry: Entry, dropped: bool, *, side_px: int = _THUMBNAIL_PX) -> dict[str, Any]:
    try:
        uri = data_uri(_square(photo_set.read(entry), side_px), quality=78)
    except CatchlightError:
        uri = ""
    return {
        "uri": uri,
        "name": entry.file.rsplit("/", 1)[-1],
        "file": entry.file,
        "split": entry.split,
        "dropped": dropped,
    }


def _square(pixels: UInt8[np.ndarray, "h w 3"], side_px: int) -> UInt8[np.ndarray, "s s 3"]:
    """The middle of the photo."""
    h, w, _ = pixels.shape
    side = min(h, w)
    top, left = (h - side) // 2, (w - side) // 2
    part = np.ascontiguousarray(pixels[top : top + side, left : left + side])
    return cv2.resize(part, (side_px, side_px), interpolation=cv2.INTER_AREA)


def _panels(seen: SetFacts) -> list[tuple[str, Markup, str]]:
    by_split: dict[str, list[PhotoFacts]] = {}
    for entry in seen.entries:
        by_split.setdefault(entry.split, []).append(seen.facts[entry.file])
    if not by_split:
        return []
    ordered: dict[str, list[PhotoFacts]] = {split: by_split[split] for split in SPLITS if split in by_split}
    mean = {
        name: plots.mean_plot(ordered, fact=name, title=f"{name.capitalize()} of the pixels by split", x_name=name)
        for name in ("brightness", "saturation")
    }
    sizes = {s: [(f.height_px * f.width_px) ** 0.5 for f in part] for s, part in ordered.items()}
    blurs = {s: [f.blur_px for f in part if f.blur_px is not None] for s, part in ordered.items()}
    noise = {s: [f.noise_dn for f in part] for s, part in ordered.items()}
    clipped = {s: [100 * f.clipped_share for f in part] for s, part in ordered.items()}
    none = sum(f.blur_px is None for f in seen.facts.values())
    panels = [
        ("Brightness", mean["brightness"], "Share of the pixels by their encoded brightness, 0 black to 1 white."),
        ("Saturation", mean["saturation"], "Share of the pixels by (max − min) / max of their channels."),
        (
            "Size",
            plots.share_plot(sizes, title="Sizes by split", x_name="√(width × height), px", logarithmic=True),
            "Share of the photos by the side of the square with as many pixels.",
        ),
    ]
    if any(blurs.values()):
        panels.append(
            (
                "Sharpness",
                plots.share_plot({s: b for s, b in blurs.items() if b}, title="Blur by split", x_name="blur, px"),
                "Share of the photos by the blur of their steepest edges, as a Gaussian's; 0 is sharp to the pixel."
                + (f" Not told of {none}: too few clean edges." if none else ""),
            )
        )
    return [
        *panels,
        (
            "Noise",
            plots.share_plot(noise, title="Noise by split", x_name="deviation, of 255"),
            "Share of the photos by the deviation in their flattest quarter; compression takes it to 0.",
        ),
        (
            "Clipping",
            plots.share_plot(clipped, title="Clipped pixels by split", x_name="clipped pixels, %"),
            "Share of the photos by how many pixels have a channel at 0 or 255.",
        ),
    ]


def _labels(entries: Sequence[Entry]) -> list[tuple[str, dict[str, int]]]:
    """The commonest labels with their counts by split."""
    counts = Counter(entry.label for entry in entries if entry.label is not None)
    return [
        (label, {s: sum(e.label == label and e.split == s for e in entries) for s in SPLITS})
        for label, _ in counts.most_common(20)
    ]
