"""Measures how fast training crops are simulated.

Usage: python benchmarks/simulate_crops.py [--workers N] [--seconds S]

Prints crops of 8×128² per second in this process and with worker processes, from synthetic photos.
"""

from __future__ import annotations

import argparse
import time

from catchlight.core.bands import core_count
from catchlight.simulate import IMX477, SONY_A7S2, night_city
from catchlight.simulate.batches.burst_crops import burst_crops
from catchlight.simulate.batches.crop_batch import CropPlan


def main() -> None:
    """Prints one line for each way of working."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=core_count())
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    photos = [night_city(height_px=800, width_px=1200, seed=seed) for seed in range(4)]
    plan = CropPlan()
    for workers in sorted({0, given.workers}):
        batches = burst_crops(photos, (IMX477, SONY_A7S2), plan=plan, workers=workers)
        # The first ones start the processes and compile.
        for _ in range(2 * workers + 1):
            next(batches)
        begin, busy, made = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - begin < given.seconds:
            next(batches)
            made += plan.batch
        rate = made / (time.perf_counter() - begin)
        cost = time.process_time() - busy
        batches.close()  # type: ignore[attr-defined] # a generator
        where = "in this process" if workers == 0 else f"with {workers} worker processes"
        print(f"{rate:6.1f} crops of {plan.frames}×{plan.crop_px}² per second {where} ({core_count()} cores)")
        if workers == 0:
            # What is left of the machine by others does not change this one.
            print(f"{made / cost:6.1f} crops per second of processor time")


if __name__ == "__main__":
    main()
