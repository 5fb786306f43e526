"""Compares the noise of the built-in cameras with darktable's measurements of the same models: a check of the range.

Usage: python scripts/compare_noise_profiles.py

darktable's table (GPL-3, so only ratios are shown and nothing of it is shipped) lies in CATCHLIGHT_DATA (default
../shared/data), calib/darktable_noiseprofiles. It is measured on pictures that darktable has processed, and its
variance is smaller than a photosite's by a factor that depends on that processing; so ratios of shot noise that agree
from camera to camera and from ISO to ISO are the sign of agreement, not ratios of 1. (Found: 9.1 to 14.1 from ISO 1600
on, 11.9 in the median; less at ISO 100, where what darktable measures holds more than shot noise.) Read noise is
compared in order of magnitude at best: darktable's b absorbs what its straight line leaves.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from catchlight.camera.profile import load_builtin

DATA = Path(os.environ.get("CATCHLIGHT_DATA", "../shared/data"))
MODELS = {
    "canon_5d4": "EOS 5D Mark IV",
    "canon_70d": "EOS 70D",
    "canon_700d": "EOS 700D",
    "nikon_d850": "D850",
    "sony_a7s2": "ILCE-7S",  # the predecessor: darktable's table lacks the Mark II
}


def main() -> None:
    """Prints the ratio of green shot and read noise, ours by theirs, at whole stops."""
    path = DATA / "calib/darktable_noiseprofiles/noiseprofiles.json"
    if not path.is_file():
        sys.exit(f"darktable's table was expected as {path}; set CATCHLIGHT_DATA to the folder above calib.")
    makers = json.loads(path.read_text())["noiseprofiles"]
    theirs = {model["model"]: model["profiles"] for maker in makers for model in maker["models"]}
    print(f"{'camera':12} {'ISO':>6} {'shot ratio':>10} {'read ratio':>10}")
    for name, model in MODELS.items():
        sensor = load_builtin(name).sensor
        for profile in theirs[model]:
            gain = profile["iso"] / sensor.base_iso
            if gain not in (1, 4, 16, 64):
                continue
            noise = sensor.noise_at(gain)
            read = noise.read[1] / profile["b"][1] if profile["b"][1] > 0 else float("nan")
            print(f"{name:12} {profile['iso']:6} {noise.shot[1] / profile['a'][1]:10.2f} {read:10.2f}")


if __name__ == "__main__":
    main()
