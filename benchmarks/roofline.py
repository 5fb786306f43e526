"""How far each stage of `catchlight develop` is from what the machine can do: bytes, operations, bounds, times.

Usage: python benchmarks/roofline.py [--height 3000] [--width 4000] [--runs 3]

What is synthetic: the frame (smooth noise with sensor noise on it) and its motion (0.4° and a few pixels).

What is measured: copy bandwidth (both ways counted, on arrays far beyond the caches), peak arithmetic (float32
multiply-adds on values that stay in registers and the first-level cache), both on all cores that the process may use;
then each stage alone, best of `--runs`. "CPU/cores" is the processor time of all threads over the number of cores,
which other programs on the machine disturb least; the wall time of a quiet machine is close to it.

Bytes and operations for each sample are counted from the code and stand in `stages`: what must come from memory or go
there when everything in between stays in the caches (a written line counts twice, since it is fetched first), and
additions and multiplications, an absolute value, a division or a root as one. The machine's own two figures are taken
by processor time as well, so that all numbers of one run share what else goes on.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import no_type_check

import cv2
import numpy as np
from numba import njit

from catchlight.burst import Alignment, MosaicMerge
from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel
from catchlight.core.bands import core_count, for_bands
from catchlight.develop import add_burst_detail, denoise_mosaic


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One row of the table; bytes and operations for each sample of the mosaic."""

    name: str
    bytes: float
    operations: float
    work: Callable[[], object]


def main() -> None:
    """Measures and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    bandwidth, peak = copy_bandwidth(), peak_operations()
    print(f"{core_count()} cores: copy {bandwidth / 1e9:.1f} GB/s (read and written), {peak / 1e9:.0f} Gflop/s\n")
    print(
        "| stage | B/sample | op/sample | memory bound, ms | arithmetic bound, ms | CPU/cores, ms | wall, ms | over |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    samples = asked.height * asked.width
    for stage in stages(asked.height, asked.width):
        memory_s, compute_s = stage.bytes * samples / bandwidth, stage.operations * samples / peak
        cpu_s, wall_s = timed(stage.work, asked.runs)
        over = cpu_s / core_count() / max(memory_s, compute_s)
        print(
            f"| {stage.name} | {stage.bytes:.0f} | {stage.operations:.0f} | {memory_s * 1e3:.1f} | "
            f"{compute_s * 1e3:.1f} | {cpu_s / core_count() * 1e3:.0f} | {wall_s * 1e3:.0f} | {over:.1f} × |"
        )


def stages(height_px: int, width_px: int) -> list[Stage]:
    """The stages that this note is about, ready to run on one frame."""
    rng = np.random.default_rng(0)
    scene = cv2.GaussianBlur(rng.random((height_px, width_px), np.float32), (0, 0), 2)
    noise = NoiseModel.same(shot=1e-3, read=1e-5)
    still, moved = (
        LinearMosaic(
            values=scene + np.float32(0.02) * rng.standard_normal(scene.shape, np.float32),
            cfa=CfaPattern(name="RGGB"),
            gains=(1.0, 1.0, 1.0),
            noise=noise,
        )
        for _ in range(2)
    )
    c, s = np.cos(np.radians(0.4)), np.sin(np.radians(0.4))
    turn, middle = np.array([[c, -s], [s, c]]), np.array([width_px / 2, height_px / 2])
    affine = np.column_stack([turn, middle - turn @ middle + np.array([3.3, 2.2])])
    alignment = replace(Alignment.identity(scene.shape), affine=affine)
    merge = MosaicMerge(still)
    merge.add(moved, alignment)
    merged = merge.finish()
    running = MosaicMerge(still)
    picture = np.zeros((height_px, width_px, 3), np.float32)
    return [
        # Mosaic and reference in, three sums in and out, two weights in and out and one out, at a quarter of the size.
        Stage(name="merge one frame", bytes=37, operations=540, work=lambda: running.add(moved, alignment)),
        # In; bent out and in twice for the tint; blocks in and out; back in and out.
        Stage(name="denoise", bytes=52, operations=760, work=lambda: denoise_mosaic(merged)),
        Stage(name="demosaic", bytes=28, operations=165, work=lambda: interpolate_cfa(merged.values, merged.cfa)),
        # Each plane in, its blocks out and in, the picture's channel in and out: lines of it are shared by channels.
        Stage(name="detail", bytes=120, operations=580, work=lambda: add_burst_detail(picture, merged, in_place=True)),
    ]


def timed(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Least processor and least wall seconds; a first run that compiles does not count."""
    work()
    cpu_s, wall_s = [], []
    for _ in range(runs):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        cpu_s.append(time.process_time() - cpu)
        wall_s.append(time.perf_counter() - wall)
    return min(cpu_s), min(wall_s)


def copy_bandwidth() -> float:
    """Bytes read and written in a second by a copy on all cores."""
    source, target = np.ones((512, 131072), np.float32), np.zeros((512, 131072), np.float32)

    def copy(top: int, bottom: int) -> None:
        target[top:bottom] = source[top:bottom]

    cpu_s, _ = timed(lambda: for_bands(copy, 512), 5)
    return 2 * source.nbytes / cpu_s * core_count()


def peak_operations() -> float:
    """Float32 operations in a second, all cores busy with multiply-adds."""
    values = np.full((core_count(), 4096), 0.5, np.float32)
    rounds = 20000

    def work(top: int, bottom: int) -> None:
        for row in range(top, bottom):
            _multiply_add(values[row], rounds)

    cpu_s, _ = timed(lambda: for_bands(work, core_count(), step=1, at_most=1), 3)
    return 2 * 16 * values.size * rounds / cpu_s * core_count()


@njit(nogil=True, error_model="numpy", fastmath={"contract"})
@no_type_check
def _multiply_add(values, rounds):
    a, b = np.float32(0.999), np.float32(0.001)
    for _ in range(rounds):
        for x in range(values.size):
            v = values[x]
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            v = v * a + b
            values[x] = v


if __name__ == "__main__":
    main()
