"""Fits the model of undamaged photos that `catchlight.measure.no_reference.niqe` ships, and writes it.

Usage: python scripts/fit_niqe.py [OUT]      (default: src/catchlight/measure/niqe_pristine.toml)

The photos lie in CATCHLIGHT_DATA (default ../shared/data): all of photos/clic2025_960 (Unsplash licence) and the
training half of photos/cid22_512 (CC BY-SA 4.0), without its drawings, diagrams, collages and paintings. gb82 and
kodak24 are test sets and are not touched.

The photos were stored as JPEG of quality 90 and 92, which took the finest grain away that any camera leaves: fitted to
them as they are, light compression and smoothing would count as natural. They are made smaller by a quarter, which
breaks the 8×8 grid, and given a grain of one grey level of 256.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import cv2
import numpy as np

from catchlight.io import read_picture
from catchlight.measure.no_reference.niqe import fit_pristine

DATA = Path(os.environ.get("CATCHLIGHT_DATA", "../shared/data"))
# Photos carry a stock agency's number (5 to 8 digits); drawings, diagrams and collages a title or a longer one.
PHOTO_NAME = re.compile(r"(pexels-photo.*|\d{5,8}(_.*)?)")
# Close-ups of paintings, a rendering and a line pattern, found by looking at all 209.
NO_PHOTOS = ("2156881", "2387532", "2471234", "2693208", "2693212")
SCALE, GRAIN = 0.75, 1 / 255


def main() -> None:
    """Fits and writes."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("src/catchlight/measure/niqe_pristine.toml")
    files = training_photos()
    model = fit_pristine([undamaged(read_picture(path).pixels, seed) for seed, path in enumerate(files)])
    lower = model.covariance[np.tril_indices(len(model.mean))]
    # Every run of the same files gives the same text; nine digits are far below the spread of the features.
    lines = [
        "# The natural statistics of undamaged photos: mean and covariance of 36 features (see natural_statistics.py).",
        "# Written by scripts/fit_niqe.py. Photos: clic2025_960 (Unsplash licence) and the training half of cid22_512",
        "# (Cloudinary Image Dataset '22, CC BY-SA 4.0), drawings left out. Only these statistics are kept of them.",
        f"photos = {len(files)}",
        f"patches = {model.patches}",
        f"mean = {as_list(model.mean)}",
        "# The lower triangle of the covariance, row by row.",
        f"covariance_lower = {as_list(lower)}",
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{out}: {model.patches} patches of {len(files)} photos")


def training_photos() -> list[Path]:
    """The files that are fitted, in the order of their names."""
    clic = sorted((DATA / "photos/clic2025_960").rglob("*.jpg"))
    cid = sorted((DATA / "photos/cid22_512/training").glob("*.jpg"))
    cid = [path for path in cid if PHOTO_NAME.fullmatch(path.stem) and path.stem not in NO_PHOTOS]
    if not clic or not cid:
        sys.exit(f"The photos were expected in {DATA / 'photos'}; set CATCHLIGHT_DATA to the folder above it.")
    return [*clic, *cid]


def undamaged(pixels: np.ndarray, seed: int) -> np.ndarray:
    """The photo without the marks of its compression, with the grain that was lost."""
    h, w, _ = pixels.shape
    small = cv2.resize(pixels, (round(w * SCALE), round(h * SCALE)), interpolation=cv2.INTER_AREA)
    grain = np.random.default_rng(seed).standard_normal((*small.shape[:2], 1), np.float32)
    return np.clip(small + np.float32(GRAIN) * grain, 0, 1)


def as_list(values: np.ndarray) -> str:
    """TOML of an array, eight numbers a line."""
    texts = [f"{v:.9g}" if "." in f"{v:.9g}" or "e" in f"{v:.9g}" else f"{v:.9g}.0" for v in values]
    rows = [", ".join(texts[i : i + 8]) for i in range(0, len(texts), 8)]
    return "[\n  " + ",\n  ".join(rows) + ",\n]"


if __name__ == "__main__":
    main()
