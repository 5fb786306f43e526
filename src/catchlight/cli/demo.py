"""`catchlight demo`: the main job on the sample that ships."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from catchlight.cli.terminal import say

_MANIFEST = "made-by-catchlight-demo.json"
_RESULTS = ("night.jpg", "night_single_frame.jpg", "night.dng", "rose.jpg", "report/index.html")


def demo(
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT_DIR", help="Folder for the results; made where missing.")
    ] = "catchlight-demo",
    json: Annotated[str | None, typer.Option(metavar="FILE", help="Write what was done, for machines.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print warnings and errors only.")] = False,
) -> Callable[[Callable[[], None]], None]:
    """Develop the samples that ship: a night burst, a RAW."""
    from catchlight.cli.place_name import place_name

    return partial(_demo, place_name("--output", output), place_name("--json", json), quiet)


def _demo(folder: Path | None, record_file: Path | None, quiet: bool, check: Callable[[], None]) -> None:
    from catchlight.cli.first_run import told_first_run
    from catchlight.cli.new_folder import new_folder

    assert folder is not None
    own = OwnFiles(folder)
    own.require_ours(_RESULTS)
    if record_file is not None:
        _check_record_file(record_file, folder, own)
    first_run = told_first_run(quiet=quiet)
    with new_folder(folder / "report"):
        lines = _made(folder, own, record_file, quiet=quiet, check=check, first_run=first_run)
    if not quiet:
        say(*lines)


def _made(
    folder: Path,
    own: OwnFiles,
    record_file: Path | None,
    *,
    quiet: bool,
    check: Callable[[], None],
    first_run: bool,
) -> list[str]:
    """Develops and writes everything; returns what to tell."""
    from catchlight.cli.develop import developed
    from catchlight.cli.request import DevelopRequest
    from catchlight.cli.summary import noise_reduction_db, record
    from catchlight.io import atomic_output, expand_inputs, write_dng_cfa, write_frame
    from catchlight.pipelines import DevelopSettings, merged_raw
    from catchlight.pipelines.report import write_report

    samples = Path(str(files("catchlight") / "samples"))

    def request(source: Path, *, report: Path | None = None) -> DevelopRequest:
        return DevelopRequest(
            inputs=tuple(expand_inputs([source])),
            output=folder,
            output_is_folder=True,
            settings=DevelopSettings(),
            report=report,
        )

    asked = request(samples / "night_burst", report=folder / "report")
    night = developed(asked, quiet=quiet, check=check)
    assert night.frame is not None and night.before is not None
    with own.making("night.jpg") as place:
        write_frame(place, night.frame, force=True)
    with own.making("night_single_frame.jpg") as place:
        write_frame(place, night.before, force=True)
    with own.making("night.dng") as place:
        write_dng_cfa(place, merged_raw(night), force=True)
    with own.making("report/index.html") as place:
        write_report(night, place.parent, settings=asked.settings, force=True, first_run=first_run)
    asked_rose = request(samples / "nikon_rose.dng")
    rose = developed(asked_rose, quiet=quiet, check=check)
    assert rose.frame is not None
    with own.making("rose.jpg") as place:
        write_frame(place, rose.frame, force=True)
    if record_file is not None:
        runs = ((night, asked, "night.jpg"), (rose, asked_rose, "rose.jpg"))
        records = [record(done, of, folder / name, first_run=first_run) for done, of, name in runs]
        with own.making(_listed(record_file)) as place, atomic_output(place, force=True) as temporary:
            temporary.write_text(_demo_json(folder, records), encoding="utf-8", errors="backslashreplace")
    seconds = sum(s for d in (night, rose) for _, s in d.timings_s)
    time = f"{seconds:.1f} s{' (includes compiling, first run only)' if first_run else ''}"
    return _told(folder, len(night.records) + 1, noise_reduction_db(night), time)


def _told(folder: Path, frames: int, gain_db: float, time: str) -> list[str]:
    merged = f"{frames} hand-held frames merged: {gain_db:.1f} dB less noise expected"
    rows = {
        "night.jpg": f"{merged}, no ghost of the moving lantern",
        "night_single_frame.jpg": "one frame, demosaiced, no noise removal or sharpening, toned like the result",
        "night.dng": "the merged RAW, for any RAW editor",
        "report/index.html": "open it in a browser: before and after, motion, trust, noise",
        "rose.jpg": "a real Nikon RAW crop, one frame",
    }
    width = max(len(str(folder / name)) for name in rows)
    lines = [f"  {folder / name!s:<{width}}  {what}" for name, what in rows.items()]
    heading = f"Developed in {time}. The night burst is synthetic (made from a CC0 photo); the rose is real."
    return [heading, *lines]


def _demo_json(folder: Path, records: list[dict[str, object]]) -> str:
    """The `--json` file: `catchlight` (version), `files` (`path`, `bytes`), `developments` (records of `develop`)."""
    from catchlight import __version__

    written = [{"path": str(folder / name), "bytes": (folder / name).stat().st_size} for name in _RESULTS]
    content = {"catchlight": __version__, "files": written, "developments": records}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _check_record_file(path: Path, folder: Path, own: OwnFiles) -> None:
    """Fails before any work where the `--json` file is a result of the demo, someone else's, or cannot be written."""
    from catchlight.core import UsageError
    from catchlight.io import check_writable

    place = path.resolve()
    if place in [(folder / name).resolve() for name in (*_RESULTS, _MANIFEST)]:
        raise UsageError(f"{path}: is a result of the demo and the --json file; choose two names")
    own.require_ours((_listed(path),))
    # The demo's own folders are made later.
    if place.parent not in (folder.resolve(), (folder / "report").resolve()):
        check_writable(path, force=True)


def _listed(path: Path) -> str:
    """The name under which a file outside the folder is on the list."""
    return str(path.absolute())


class OwnFiles:
    """The files that earlier runs wrote, told from the user's by a list in `folder` with their hashes.

    Names are relative to the folder; an absolute path stands for itself.

    Args:
        folder: where the results go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._list = folder / _MANIFEST
        try:
            known = json.loads(self._list.read_text(encoding="utf-8"))["files"]
            self._hashes: dict[str, str | None] = dict(known)
        except (OSError, ValueError, KeyError, TypeError):
            self._hashes = {}

    def require_ours(self, names: tuple[str, ...]) -> None:
        """Raises OutputError where one of `names` exists and is not as an earlier run left it, or cannot be written."""
        from catchlight.core import OutputError
        from catchlight.io import check_writable

        if self._folder.exists() and not self._folder.is_dir():
            raise OutputError(f"{self._folder}: is a file; choose a folder with -o")
        for name in names:
            path = self._folder / name
            if path.parent.exists():
                check_writable(path, force=True)
            # None: an earlier run was ended while it made this file.
            ours = name in self._hashes and self._hashes[name] in (None, _hash(path))
            if path.exists() and not ours:
                raise OutputError(f"{path}: exists and was not made by the demo; move it away or choose another -o")

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """`with own.making("night.jpg") as place:` writes one file and puts it on the list."""
        path = self._folder / name
        self._note(name, None)
        yield path
        self._note(name, _hash(path))

    def _note(self, name: str, value: str | None) -> None:
        from catchlight.io import atomic_output

        self._hashes[name] = value
        with atomic_output(self._list, force=True) as place:
            place.write_text(json.dumps({"files": self._hashes}, indent=2) + "\n", encoding="utf-8")


def _hash(path: Path) -> str | None:
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else None
