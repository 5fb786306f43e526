"""What culling found, for machines."""

from __future__ import annotations

from typing import Any

from catchlight.pipelines.culling.cull import CulledShot, Culling


def culling_record(culling: Culling) -> dict[str, Any]:
    """The fixed form: keys groups (frames, best, bracket) and skipped; paths as the folder was named."""
    return {
        "groups": [
            {
                "frames": [_frame(shot) for shot in group.shots],
                "best": str(group.shots[group.best].shot.path),
                "bracket": group.bracket,
            }
            for group in culling.groups
        ],
        "skipped": [{"path": str(path), "reason": reason} for path, reason in culling.skipped],
    }


def _frame(culled: CulledShot) -> dict[str, Any]:
    score = culled.score
    return {
        "path": str(culled.shot.path),
        "files": [str(path) for path in culled.shot.pictures],
        "rating": culled.rating,
        "score": round(score.total, 4),
        "sharpness": round(score.sharpness, 4),
        "exposure": round(score.exposure, 4),
        "motion": round(score.motion, 4),
        "blur_px": round(score.blur_px, 2),
        "reasons": list(score.reasons),
    }
