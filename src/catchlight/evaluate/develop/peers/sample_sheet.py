"""Pictures of the sample night burst from every program, side by side in one tone.

Usage: python -m catchlight.evaluate.develop.peers.sample_sheet FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from catchlight.core import CatchlightError, srgb_decode
from catchlight.evaluate.develop.peers.all_peers import EVERYONE
from catchlight.evaluate.develop.peers.measured_peer import failure_of, run_peer
from catchlight.evaluate.develop.peers.peer import Peer
from catchlight.evaluate.develop.peers.placed_truth import place_truth
from catchlight.evaluate.develop.peers.tone_fit import fit_tone
from catchlight.evaluate.photo_sets import read_photo
from catchlight.io import expand_inputs

# Left, top of what is shown: the lantern that moves, the tower's sign, a lit window behind branches.
CROPS = {"lantern": (140, 150), "tower": (330, 180), "window": (300, 570)}
_CROP_PX, _SHOWN_PX, _LABEL_PX, _COLUMNS = 150, 300, 26, 5
# The scene is dark: all pictures, the truth included, are shown through the same power.
_LIFT = 0.7
_LIMIT_S, _QUALITY = 300.0, 88

Picture = Float32[np.ndarray, "h w 3"]


def sample_pictures(peers: Sequence[Peer] = EVERYONE) -> tuple[dict[str, Picture], dict[str, str]]:
    """The sample burst from every method, encoded in the truth's tone and geometry; and why some have no picture.

    The truth that ships is compressed with loss: good enough for a tone and to look at, not to measure against.
    """
    samples = Path(str(files("catchlight") / "samples"))
    truth = srgb_decode(read_photo(samples / "night_burst_truth.webp").frame.pixels)
    frames = expand_inputs([samples / "night_burst"])
    shown: dict[str, Picture] = {"the scene without noise": _encoded(truth, truth)}
    failures: dict[str, str] = {}
    for peer in peers:
        result = run_peer(peer, frames, limit_s=_LIMIT_S)
        try:
            if result.picture is None:
                failures[peer.name] = failure_of(result.figures) or "no picture"
            else:
                shown[peer.name] = _encoded(result.picture, truth)
        except CatchlightError as error:
            failures[peer.name] = str(error)
    return shown, failures


def contact_sheet(pictures: dict[str, Picture], *, at: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    """The same crop of every picture, enlarged twice without smoothing, with its name below; RGB.

    Args:
        pictures: encoded sRGB by name, one size.
        at: left and top of the crop.
    """
    cells = [_cell(picture, name, at) for name, picture in pictures.items()]
    columns = min(_COLUMNS, len(cells))
    cells += [np.zeros_like(cells[0])] * (-len(cells) % columns)
    rows = [np.hstack(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    sheet: UInt8[np.ndarray, "h w 3"] = np.vstack(rows)
    return sheet


def write_sheets(folder: Path) -> dict[str, str]:
    """Writes one JPEG for each crop into `folder`; returns what failed and why."""
    pictures, failures = sample_pictures()
    folder.mkdir(parents=True, exist_ok=True)
    for name, at in CROPS.items():
        sheet = contact_sheet(pictures, at=at)
        cv2.imwrite(str(folder / f"{name}.jpg"), sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return failures


def _encoded(picture: Picture, truth: Float32[np.ndarray, "truth_h truth_w 3"]) -> Picture:
    placed = place_truth(truth, picture)
    fitted = fit_tone(picture, placed.pixels, seen=placed.seen).applied(picture)
    # Whole pixels: crops stay as the program made them.
    dx, dy = (round(float(v)) for v in placed.truth_from_picture[:, 2])
    whole = np.zeros((*truth.shape[:2], 3), np.float32)
    h, w = (min(a + d, b) for a, d, b in zip(picture.shape, (dy, dx), truth.shape, strict=False))
    top, left = max(dy, 0), max(dx, 0)
    whole[top:h, left:w] = fitted[top - dy : h - dy, left - dx : w - dx]
    return whole


def _cell(picture: Picture, name: str, at: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    left, top = at
    crop = picture[top : top + _CROP_PX, left : left + _CROP_PX] ** np.float32(_LIFT)
    large = cv2.resize(crop, (_SHOWN_PX, _SHOWN_PX), interpolation=cv2.INTER_NEAREST)
    label = np.full((_LABEL_PX, _SHOWN_PX, 3), 24, np.uint8)
    cv2.putText(label, name, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.48, (230, 230, 230), 1, cv2.LINE_AA)
    shown = np.rint(np.clip(large, 0, 1) * 255).astype(np.uint8)
    return np.pad(np.vstack([shown, label]), ((0, 4), (0, 4), (0, 0)))


if __name__ == "__main__":
    for method, reason in write_sheets(Path(sys.argv[1])).items():
        print(f"{method}: {reason}")
