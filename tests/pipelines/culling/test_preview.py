"""Previews: what they keep of a file, of every kind, and what they refuse."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile

from catchlight.core import CfaPattern, Frame, InputError, Metadata, RawFrame
from catchlight.core.colour import srgb_decode
from catchlight.io import write_dng_cfa, write_frame
from catchlight.pipelines.culling.preview import read_preview

Scene = Callable[..., np.ndarray]
Maker = Callable[..., Path]


def test_a_jpeg_keeps_its_facts(scene: Scene, taken: Maker) -> None:
    seen = read_preview(taken("a.jpg", at_s=1.25, noise=0.0))
    assert seen.record.size_px == (240, 320) and seen.scale == 1.0
    assert seen.record.camera == "Acme" and seen.record.exposure_s == 0.01
    assert seen.record.time_s == pytest.approx(1_763_000_001.25)
    # 100 ISO · 10 ms = 1
    assert seen.record.light_ev == pytest.approx(0.0, abs=1e-6)
    assert float(np.abs(seen.grey - scene(1)).mean()) < 0.01
    assert seen.clipped == 0 and seen.crushed == 0


def test_a_large_jpeg_is_decoded_small_and_keeps_its_own_size(scene: Scene, tmp_path: Path) -> None:
    grey = np.kron(scene(1), np.ones((9, 9), np.float32))
    write_frame(tmp_path / "large.jpg", Frame(pixels=np.repeat(grey[..., None], 3, axis=2), transfer="srgb"))
    seen = read_preview(tmp_path / "large.jpg")
    assert seen.record.size_px == (2160, 2880) and seen.grey.shape == (1080, 1440) and seen.scale == 2.0


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.webp", "a.heic"])
def test_other_kinds_show_the_same(scene: Scene, taken: Maker, name: str) -> None:
    seen = read_preview(taken(name, noise=0.0))
    assert float(np.abs(seen.grey - scene(1)).mean()) < 0.02
    assert seen.record.size_px == (240, 320)


def test_a_raw_file_without_a_preview_is_seen_by_its_mosaic(scene: Scene, tmp_path: Path) -> None:
    light = srgb_decode(scene(1)).clip(0, 0.5)
    light[:24] = 1.0
    raw = RawFrame(
        mosaic=(256 + 15_000 * light).astype(np.uint16),
        cfa=CfaPattern(name="RGGB"),
        black_dn=(256.0,) * 4,
        white_dn=15_256.0,
        metadata=Metadata(make="Acme", exposure_s=0.5, iso=200.0, timestamp_ns=1_763_000_000_500_000_000),
    )
    write_dng_cfa(tmp_path / "a.dng", raw)
    seen = read_preview(tmp_path / "a.dng")
    assert seen.record.size_px == (240, 320) and seen.grey.shape == (120, 160)
    assert seen.clipped == pytest.approx(0.1, abs=0.02)
    assert seen.record.time_s == pytest.approx(1_763_000_000.5) and seen.record.exposure_s == 0.5
    assert float(np.median(np.square(seen.grey))) == pytest.approx(float(np.median(light)), rel=0.05)


@pytest.mark.parametrize(("side", "uses_it"), [(1000, True), (400, False)])
def test_a_raw_file_is_seen_by_its_own_preview_where_that_is_large_enough(
    scene: Scene, tmp_path: Path, side: int, uses_it: bool
) -> None:
    grey = cv2.resize(scene(1), (side, side * 3 // 4), interpolation=cv2.INTER_AREA)
    preview = np.repeat((255 * grey).astype(np.uint8)[..., None], 3, axis=2)
    mosaic = np.full((900, 1200), 1000, np.uint16)
    dng = [(50706, 1, 4, b"\x01\x04\0\0", True), (50708, 2, 0, "Cam", True), (271, 2, 0, "Acme", True)]
    facts = [(36867, 2, 0, "2024:01:02 03:04:05", True), (33434, 5, 1, (1, 50), True), (34855, 3, 1, 200, True)]
    cfa = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, b"\0\1\1\2", True), (50717, 4, 1, 16000, True)]
    with tifffile.TiffWriter(tmp_path / "a.dng") as file:
        options = {"photometric": "ycbcr", "compression": "jpeg", "rowsperstrip": side * 3 // 4, "metadata": None}
        file.write(preview, subifds=1, subfiletype=1, extratags=dng + facts, **options)
        file.write(mosaic, photometric=32803, subfiletype=0, extratags=cfa, metadata=None)
    seen = read_preview(tmp_path / "a.dng")
    assert seen.record.size_px == (900, 1200) and seen.record.camera == "Acme" and seen.record.exposure_s == 0.02
    # The mosaic is even; only the preview shows the scene.
    assert (float(seen.grey.std()) > 0.05) == uses_it
    assert seen.scale == pytest.approx(1.2 if uses_it else 2.0)


def test_damaged_files_are_refused_by_name(taken: Maker, tmp_path: Path) -> None:
    whole = taken("a.jpg").read_bytes()
    bad = {
        "cut.jpg": whole[: len(whole) // 2],
        "empty.jpg": b"",
        "text.jpg": b"hello",
        "cut.dng": b"II*\0\x08\0\0\0",
        "text.nef": b"hello" * 100,
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            read_preview(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        read_preview(tmp_path / "none.jpg")


def test_what_a_phone_appends_does_not_matter(taken: Maker, tmp_path: Path) -> None:
    whole = taken("a.jpg").read_bytes()
    (tmp_path / "motion.jpg").write_bytes(whole + b"\0\0\0\x18ftypmp42\xff\xda" + bytes(500))
    assert read_preview(tmp_path / "motion.jpg").grey.shape == (240, 320)


def test_a_tiny_picture_is_refused(tmp_path: Path) -> None:
    write_frame(tmp_path / "tiny.png", Frame(pixels=np.full((20, 50, 3), 0.5, np.float32)))
    with pytest.raises(InputError, match="at least 32×32"):
        read_preview(tmp_path / "tiny.png")
