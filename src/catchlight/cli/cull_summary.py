"""What culling found, in a short table for people."""

from __future__ import annotations

from catchlight.pipelines.culling import CulledGroup, Culling

_HEAD = ("stars", "score", "sharp", "exposed", "still")


def cull_lines(found: Culling) -> list[str]:
    """A block for each group of several shots, one for all that stand alone, and the sums."""
    several = [group for group in found.groups if len(group.shots) > 1]
    alone = [group for group in found.groups if len(group.shots) == 1]
    lines: list[str] = []
    for number, group in enumerate(several, 1):
        kind = "bracket" if group.bracket else "burst"
        lines += [f"group {number}, {kind} of {len(group.shots)}", *_table([group])]
    if alone:
        lines += [f"single {'shot' if len(alone) == 1 else 'shots'}, {len(alone)}", *_table(alone)]
    shots, rejected = len(found.shots), len(found.rejected)
    lines.append(
        f"{shots} {'shot' if shots == 1 else 'shots'} in {len(several)} {'group' if len(several) == 1 else 'groups'} "
        f"and {len(alone)} alone; {rejected} rated 1"
    )
    return lines


def _table(groups: list[CulledGroup]) -> list[str]:
    shots = [shot for group in groups for shot in group.shots]
    rows = [("", *_HEAD, "")] + [
        (
            shot.shot.path.name + (f" +{len(shot.shot.pictures) - 1}" if len(shot.shot.pictures) > 1 else ""),
            "★" * shot.rating,
            f"{shot.score.total:.2f}",
            f"{shot.score.sharpness:.2f}",
            f"{shot.score.exposure:.2f}",
            f"{shot.score.motion:.2f}",
            "; ".join(shot.score.reasons),
        )
        for shot in shots
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(6)]
    return [
        ("  " + "  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1]),
                           *(c.rjust(n) for c, n in zip(row[2:6], widths[2:], strict=True)), row[6]])).rstrip()
        for row in rows
    ]  # fmt: skip
