"""Speed and memory of `catchlight develop` at 12 or 24 megapixels: a burst, a long burst and a single frame.

Usage: python benchmarks/develop_12mp.py [--megapixels 12|24] [--frames 8] [--long 64] [--runs 3]
       [--json FILE] [--keep DIR]

What is synthetic: everything. The frames (4000×3000 or 5664×4240, RGGB, 12 bits, IMX477 noise at gain 4) are simulated
from a procedural night town with a hand shake of ±24 px and ±1° and a moving disc, and written as DNG to a temporary
folder before any clock runs. The long burst holds the same files again under other names (hard links), so its time and
memory are real, but its picture is not that of so many frames. The files lie in the page cache, as after copying from a
card.

What is measured: the whole process `catchlight develop FILES -o out.jpg`, interpreter start and JPEG included. Wall
seconds, the processor seconds of all its threads (which other programs on the machine disturb least), and the peak of
its resident memory as the kernel counts it (wait4). A warm-up on small frames compiles the
kernels first. "Reading alone" is the time to decode all frames without developing them, "writing alone" that of one
such JPEG, both inside one process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

# Height and width by megapixels, 4:3.
SIZES_PX = {12: (3000, 4000), 24: (4240, 5664)}
COMMAND = [sys.executable, "-c", "from catchlight.cli.main import main; main()", "develop"]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """All runs of one case."""

    case: str
    wall_s: list[float]
    cpu_s: list[float]
    peak_mb: float
    stages_s: dict[str, float]

    @property
    def line(self) -> str:
        """One line of the table."""
        stages = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.stages_s.items() if seconds >= 0.005)
        best, middle = min(self.wall_s), statistics.median(self.wall_s)
        return f"| {self.case} | {best:.2f} | {middle:.2f} | {min(self.cpu_s):.2f} | {self.peak_mb:.0f} | {stages} |"


def main() -> None:
    """Makes the frames, runs every case, prints one table and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megapixels", type=int, choices=sorted(SIZES_PX), default=12, help="size (default 12)")
    parser.add_argument("--frames", type=int, default=8, help="frames of the burst (default 8)")
    parser.add_argument("--long", type=int, default=64, help="frames of the long burst; 0 leaves it out (default 64)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each case; the long burst runs once (default 3)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--keep", type=Path, help="make or use the frames in this folder instead of a temporary one")
    # For the processes that this one starts: it must stay small itself, since a child's peak begins at its parent's.
    parser.add_argument("--make", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--io", nargs="+", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        make_frames(Path(asked.make[0]), *(int(v) for v in asked.make[1:]))
    elif asked.io:
        time_files(asked.io)
    else:
        with tempfile.TemporaryDirectory(prefix="catchlight-benchmark-") as temporary:
            run_all(asked, Path(temporary))


def run_all(asked: argparse.Namespace, temporary: Path) -> None:
    """The whole benchmark."""
    folder = asked.keep or temporary / "frames"
    warm = temporary / "warm"
    height_px, width_px = SIZES_PX[asked.megapixels]
    print(f"making {asked.frames} synthetic frames of {width_px}×{height_px} px ...", file=sys.stderr, flush=True)
    myself([warm, 2, 256, 320])
    if len(list(folder.glob("*.dng"))) != asked.frames:
        myself([folder, asked.frames, height_px, width_px])
    frames = sorted(folder.glob("*.dng"))
    print("warming up: kernels compile on the first run ...", file=sys.stderr, flush=True)
    measure("warm-up", sorted(warm.glob("*.dng")), temporary, runs=1)
    cases = [(f"{len(frames)} frames", frames, asked.runs), ("1 frame", frames[:1], asked.runs)]
    if asked.long:
        cases.insert(1, (f"{asked.long} frames", repeated(frames, asked.long, temporary / "long"), 1))
    results = []
    for name, files, runs in cases:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results.append(measure(name, files, temporary, runs=runs))
    read_s, write_s = io_seconds(frames)
    size = f"{asked.megapixels} MP, {cores()} cores"
    print(f"| {size} | best s | median s | least CPU s | peak MB | stages of the median run, s |")
    print("|---|---:|---:|---:|---:|---|")
    for result in results:
        print(result.line)
    print(f"\nreading alone: {read_s:.2f} s for {len(frames)} frames; writing alone: {write_s:.2f} s for one JPEG")
    if asked.json:
        whole = {
            "machine": {"cores": cores(), "processor": processor(), "python": platform.python_version()},
            "size_px": [width_px, height_px],
            "synthetic": True,
            "cases": [asdict(result) for result in results],
            "reading_alone_s": read_s,
            "writing_alone_s": write_s,
        }
        asked.json.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def measure(case: str, files: list[Path], temporary: Path, *, runs: int) -> Measured:
    """Runs the command `runs` times, each in a process of its own."""
    seen: list[tuple[float, float, float, dict[str, float]]] = []
    for _ in range(runs):
        out, record = temporary / "out.jpg", temporary / "record.json"
        for path in (out, record):
            path.unlink(missing_ok=True)
        start = time.perf_counter()
        child = subprocess.Popen([*COMMAND, *map(str, files), "-o", str(out), "--json", str(record), "--quiet"])
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            sys.exit(f"catchlight develop failed with exit code {child.returncode}; see the line above")
        timings = json.loads(record.read_text(encoding="utf-8"))["timings_s"]
        # Kilobytes on Linux, bytes on macOS.
        peak_mb = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e6 / 1024)
        seen.append((wall_s, usage.ru_utime + usage.ru_stime, peak_mb, timings))
    seen.sort(key=lambda run: run[0])
    wall_s, _, _, timings = seen[(len(seen) - 1) // 2]
    stages = {name: round(seconds, 3) for name, seconds in timings.items()}
    stages["start and write"] = round(wall_s - sum(timings.values()), 3)
    return Measured(
        case=case,
        wall_s=[round(s[0], 3) for s in seen],
        cpu_s=[round(s[1], 3) for s in seen],
        peak_mb=round(max(s[2] for s in seen)),
        stages_s=stages,
    )


def myself(arguments: list[object]) -> None:
    """This script in a process of its own, to make frames."""
    subprocess.run([sys.executable, __file__, "--make", *map(str, arguments)], check=True)


def make_frames(folder: Path, frames: int, height_px: int, width_px: int) -> None:
    """Simulates the burst and writes it as DNG."""
    from catchlight.io import write_dng_cfa
    from catchlight.simulate import (
        IMX477,
        SHAKEN_AND_ROTATED,
        BurstPlan,
        MovingObject,
        night_city,
        simulate_burst,
        textured_disc,
    )

    room_px = 72 + width_px // 40
    colour, alpha = textured_disc(diameter_px=height_px // 8)
    plan = BurstPlan(
        frames=frames,
        gain=4.0,
        exposure=0.7,
        shake=SHAKEN_AND_ROTATED,
        moving=MovingObject(colour=colour, alpha=alpha, at=(0.4, 0.5), step_px=(40.0, 10.0)),
        size_px=(height_px, width_px),
        seed=1,
    )
    scene = night_city(height_px=height_px + 2 * room_px, width_px=width_px + 2 * room_px)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.dng"):
        old.unlink()
    for number, raw in enumerate(simulate_burst(scene, sensor=IMX477, plan=plan)):
        write_dng_cfa(folder / f"frame_{number:03d}.dng", raw, force=True)


def repeated(frames: list[Path], count: int, folder: Path) -> list[Path]:
    """The frames again and again under other names, until there are `count`."""
    folder.mkdir()
    names = [folder / f"frame_{number:03d}.dng" for number in range(count)]
    for number, name in enumerate(names):
        source = frames[number % len(frames)]
        try:
            os.link(source, name)
        except OSError:  # another file system
            shutil.copy(source, name)
    return names


def io_seconds(files: list[Path]) -> tuple[float, float]:
    """Seconds to read all files, and to write one JPEG of their size."""
    done = subprocess.run(
        [sys.executable, __file__, "--io", *map(str, files)], check=True, capture_output=True, text=True
    )
    read_s, write_s = (float(v) for v in done.stdout.split())
    return read_s, write_s


def time_files(files: list[Path]) -> None:
    """Prints both times of `io_seconds`."""
    import numpy as np

    from catchlight.core import Frame
    from catchlight.io import read_picture, write_frame

    read_picture(files[0])
    start = time.perf_counter()
    for path in files:
        picture = read_picture(path)
    read_s = time.perf_counter() - start
    # The first frame's noise and detail, as a picture.
    grey = picture.mosaic / np.float32(picture.white_dn)  # type: ignore[union-attr]
    frame = Frame(pixels=np.repeat(np.sqrt(grey)[..., None], 3, axis=2), transfer="srgb")
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        write_frame(Path(folder) / "out.jpg", frame)
        print(read_s, time.perf_counter() - start)


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    main()
