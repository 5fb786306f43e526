"""What a tuned network says of itself, and the files of a result."""

from __future__ import annotations

import json
import math
from hashlib import sha256
from pathlib import Path
from typing import Any

from catchlight.core import CatchlightError
from catchlight.io import atomic_output
from catchlight.train.finetune.comparison import LEAST_GAIN_DB, Judged, comparison_table
from catchlight.train.finetune.request import FineTuneRequest
from catchlight.train.finetune.tune import Tuned, forget_run
from catchlight.train.run_folder import RunFolder

REPORT, CARD = "report.json", "CARD.md"


class NotBetterError(CatchlightError):
    """The tuned network is not better on the held-out photos, and was thrown away."""


def save_tuned(request: FineTuneRequest, tuned: Tuned) -> tuple[Path, ...]:
    """Writes weights, card and report, or the report alone where the network is not better; the run is removed.

    Returns:
        The files written.

    Raises:
        NotBetterError: after the report is written.
        OutputError: something cannot be written.
    """
    assert tuned.network is not None and tuned.comparison is not None
    better, files = tuned.comparison.better, RunFolder(request.folder)
    report = request.folder / REPORT
    text = json.dumps(tuned_record(request, tuned), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_output(report, force=True) as temporary:
        temporary.write_text(text, encoding="utf-8")
    if not better:
        forget_run(request.folder)
        raise NotBetterError(why_not(tuned))
    files.write_weights(tuned.network.state_dict(), files.best)
    card = request.folder / CARD
    with atomic_output(card, force=True) as temporary:
        temporary.write_text(card_text(request, tuned, digest=_digest(files.best)), encoding="utf-8")
    forget_run(request.folder)
    return files.best, card, report


def why_not(tuned: Tuned) -> str:
    """One line: what the held-out photos said against it."""
    assert tuned.comparison is not None
    worse, said = tuned.comparison.worse_at, tuned.comparison.overall
    if worse and tuned.comparison.surely_better:
        said = min(worse, key=lambda row: row.gained)
        return f"worse on your held-out photos at gain {said.gain:.3g}: {difference_text(said)}; nothing was changed"
    least = f" ({LEAST_GAIN_DB:g} dB at least are asked for)" if tuned.comparison.surely_better else ""
    return f"not better on your held-out photos: {difference_text(said)}{least}; nothing was changed"


def tuned_record(request: FineTuneRequest, tuned: Tuned) -> dict[str, Any]:
    """The result for machines."""
    comparison = tuned.comparison
    assert comparison is not None
    return {
        "model": request.model,
        "weights_sha256": _digest(tuned.weights),
        "camera": request.camera.name,
        "method": request.method,
        "rank": request.rank if request.method == "low-rank" else None,
        "seed": request.seed,
        "photos": {"train": tuned.photos, "held_out": tuned.held_out, "scenes": tuned.scenes},
        "skipped": list(tuned.skipped),
        "parameters": {"trained": tuned.trained, "all": tuned.parameters},
        "steps": tuned.steps,
        "minutes": round(tuned.minutes, 3),
        "better": comparison.better,
        "scenes_judged": comparison.scenes,
        "rows": [_row(row) for row in (*comparison.rows, comparison.overall)],
    }


def card_text(request: FineTuneRequest, tuned: Tuned, *, digest: str) -> str:
    """The card of a tuned network, in Markdown; the photos are in it as numbers alone."""
    assert tuned.comparison is not None
    method = f"low-rank adapters of rank {request.rank}, merged" if request.method == "low-rank" else "the last blocks"
    low, high = tuned.gains[0], tuned.gains[-1]
    lines = [
        f"# {tuned.weights.stem}, tuned for {request.camera.name}",
        "",
        f"- Weights: SHA-256 `{digest}`, {tuned.parameters} parameters.",
        f"- Tuned from: `{tuned.weights.name}`, SHA-256 `{_digest(tuned.weights)}`; its licence and card hold on.",
        f"- Tuned on: {tuned.photos} photos of the user; they are not kept.",
        f"- Judged on: {tuned.held_out} other photos, {tuned.comparison.scenes} of {tuned.scenes} scenes.",
        f"- Camera: {request.camera.name}, gains {low:.3g} to {high:.3g}, simulated from its profile.",
        f"- Method: {method}; {tuned.trained} numbers trained, {tuned.steps} steps, {tuned.minutes:.1f} minutes.",
        "- For this camera alone: with another one the original is the better choice.",
        "",
        "PSNR of encoded sRGB on the held-out photos; paired differences with 95 % confidence over scenes:",
        "",
        *comparison_table(tuned.comparison),
    ]
    return "\n".join(lines) + "\n"


def difference_text(row: Judged) -> str:
    """A paired difference and its interval."""
    return f"{row.gained:+.2f} ± {row.ci95:.2f} dB".replace("-", "−")


def _row(row: Judged) -> dict[str, float | None]:
    def number(value: float) -> float | None:
        return round(value, 4) if math.isfinite(value) else None

    return {
        "gain": row.gain, "before_db": number(row.before), "after_db": number(row.after),
        "gained_db": number(row.gained), "ci95_db": number(row.ci95),
    }  # fmt: skip


def _digest(place: Path) -> str:
    return sha256(place.read_bytes()).hexdigest()
