"""The report about a set: a page that needs nothing else, lines, and a record."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import OutputError
from catchlight.train.data import measure_set, open_set
from catchlight.train.data.gates import judge
from catchlight.train.data.report import data_record, report_lines, write_data_report


@pytest.fixture
def doubtful(album: Path, photo: Callable[..., np.ndarray], write: Callable[[Path, np.ndarray], Path]) -> Path:
    """The album with a grey picture, and one of training mirrored in validation; a name is a trap for HTML."""
    write(album / "train" / "<b>grey.png", np.repeat(photo(30)[..., :1], 3, axis=2))
    write(album / "val" / "mirrored.png", np.ascontiguousarray(photo(1)[:, ::-1]))
    return album


def test_all_three_tell_the_same(doubtful: Path, tmp_path: Path) -> None:
    photos = open_set(doubtful)
    seen = measure_set(photos)
    report = judge(seen)
    lines = "\n".join(report_lines(seen, report))
    assert re.search(r"album +unknown ✗ +7 +4 +– +– +1", lines)
    assert "stop, licence: album: 11 photos under the licence 'unknown'" in lines
    assert "stop, near-duplicate: train/1.png and val/mirrored.png" in lines
    assert "drop, grayscale: train/<b>grey.png" in lines and lines.endswith("10 photos kept, 1 dropped by the gates")

    record = json.loads(json.dumps(data_record(seen, report), allow_nan=False))
    assert record["dropped"] == {"train/<b>grey.png": ["grayscale"]} and len(record["kept"]) == 10
    assert {f["gate"] for f in record["findings"] if f["severity"] == "stop"} == {"licence", "near-duplicate"}
    assert len(record["photos"]) == 11 and record["photos"][0]["width_px"] == 144

    path = write_data_report(photos, seen, report, tmp_path)
    page = path.read_text("utf-8")
    assert "<b>grey" not in page and "&lt;b&gt;grey.png" in page
    # Nothing from outside.
    assert not re.search(r"(src|href)=\"(?!data:)", page) and "<script" not in page
    for title in ("Sources", "Near-duplicate", "Grayscale", "Brightness", "Saturation", "Size", "Noise", "Clipping"):
        assert title in page
    assert page.count("<svg") >= 5 and page.count("data:image/webp") > 10
    with pytest.raises(OutputError, match="exists already"):
        write_data_report(photos, seen, report, tmp_path)


def test_a_set_without_a_readable_photo_still_has_a_page(album: Path, tmp_path: Path) -> None:
    photos = open_set(album)
    for entry in photos.entries:
        (album / entry.file).write_bytes(b"")
    seen = measure_set(photos)
    report = judge(seen)
    assert report.kept == ()
    page = write_data_report(photos, seen, report, tmp_path).read_text("utf-8")
    assert "9 of 9 photos cannot be used" in page and "cannot be shown" in page
