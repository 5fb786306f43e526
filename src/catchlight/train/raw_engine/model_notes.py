"""What the entries of both engines say."""

from __future__ import annotations

MODEL_NOTES = {
    "task": "noise removal and demosaicing of Bayer mosaics",
    "licence": "Apache-2.0",
    "data": "221 photos: Cloudinary Image Dataset '22, training part (CC-BY-SA-4.0, attribution: Cloudinary); "
    "CLIC 2025, 41 photos (Unsplash licence); manifest train/recipes/data/raw_engine.json",
    "input_range": "quads of RGGB samples under EngineCurve (black 0, white 1), then their noise deviation, 0 to 0.5",
}
