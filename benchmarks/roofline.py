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
from functools import partial
from typing import no_type_check

import cv2
import numpy as np
from numba import njit

from catchlight.burst import Alignment, MosaicMerge
from catchlight.burst.regress import HeldFrame, Step, refine
from catchlight.burst.regress.frame_trust import frame_trust
from catchlight.burst.regress.gather import gather_rows
from catchlight.burst.regress.residual import local_range, residual_rows
from catchlight.camera import interpolate_cfa
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel
from catchlight.core.bands import core_count, for_bands
from catchlight.develop import denoise_mosaic
from catchlight.develop.denoise_dct import shrink_blocks


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
    picture = interpolate_cfa(merged.values, merged.cfa)
    held = [HeldFrame.of(still, Alignment.identity(scene.shape)), *(HeldFrame.of(moved, alignment) for _ in range(7))]
    whole = (0, height_px)
    contrast = local_range(picture)
    found = residual_rows(held[1], picture, contrast, first_row=0, scale=1.0, rows=whole)
    weight = frame_trust(*found, share=0.1)
    sums = np.zeros((3, height_px, width_px), np.float32)
    weights = np.zeros_like(sums)
    variance = np.full((height_px // 2, width_px // 2), 1e-4, np.float32)

    def gather() -> None:
        gather_rows(
            held[1], found[0], weight, first_row=0, scale=1.0, support=1.5, shared=False, top=0,
            sums=sums, weights=weights,
        )  # fmt: skip

    def refine_all() -> None:
        shrink = partial(shrink_blocks, threshold=2.4, stride=8)
        refine(picture.copy(), held, Step(support=1.5), scale=1.0, share=0.1, shrink=shrink)

    return [
        # Mosaic and reference in, the sum in and out, two weights in and out and one out, at a quarter of the size.
        Stage(name="merge one frame", bytes=21, operations=440, work=lambda: running.add(moved, alignment)),
        # In; bent out and in twice for the tint; blocks in and out; back in and out.
        Stage(name="denoise", bytes=52, operations=760, work=lambda: denoise_mosaic(merged)),
        Stage(name="demosaic", bytes=28, operations=165, work=lambda: interpolate_cfa(merged.values, merged.cfa)),
        # Codes, picture and contrast in; residual, variance and contrast out.
        Stage(
            name="residual of one frame", bytes=42, operations=85,
            work=lambda: residual_rows(held[1], picture, contrast, first_row=0, scale=1.0, rows=whole),
        ),
        # Three planes in, weights out; everything else could stay in the caches.
        Stage(name="trust in one frame", bytes=20, operations=35, work=lambda: frame_trust(*found, share=0.1)),
        # Residual and weight in, three sums and their weights in and out.
        Stage(name="gather one frame", bytes=56, operations=90, work=gather),
        # Plane in, blocks out and in, plane out; a variance at a quarter of the size.
        Stage(name="shrink one colour", bytes=21, operations=195, work=lambda: shrink_blocks(
            sums[0], variance, threshold=2.4, stride=8)),
        # Eight frames of the three before, three colours, and each picture in and out once more.
        Stage(name="refine, eight frames", bytes=8 * 118 + 3 * 21 + 36, operations=8 * 210 + 3 * 195, work=refine_all),
    ]  # fmt: skip


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
