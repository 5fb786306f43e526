"""What a folder of one's own photos gives, and what is left out of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import CameraColour, CfaPattern, InputError, Metadata, RawFrame
from catchlight.io import write_dng_cfa
from catchlight.train.finetune.binned_raw import binned_raw
from catchlight.train.finetune.photo_folder import photos_digest, read_photos


def _colours(h: int, w: int, seed: int = 0) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (h // 8, w // 8, 3)).astype(np.uint8)
    return cv2.resize(small, (w, h), interpolation=cv2.INTER_NEAREST)


def test_photos_are_read_exactly_and_others_are_named(tmp_path: Path) -> None:
    good = _colours(64, 80)
    cv2.imwrite(str(tmp_path / "a.png"), good[..., ::-1])
    cv2.imwrite(str(tmp_path / "b.png"), _colours(24, 80))
    cv2.imwrite(str(tmp_path / "c.png"), np.repeat(good[..., :1], 3, axis=2))
    (tmp_path / "d.jpg").write_bytes(b"\xff\xd8\xff no picture")
    said: list[int] = []
    photos, skipped = read_photos(tmp_path, least_px=32, progress=lambda stage, done, total: said.append(done))
    assert [p.name for p in photos] == ["a.png"] and said == [1, 2, 3, 4]
    np.testing.assert_array_equal(photos[0].pixels, good)
    assert len(skipped) == 3
    assert "b.png" in skipped[0] and "80×24" in skipped[0]
    assert "c.png" in skipped[1] and "colours" in skipped[1] and "d.jpg" in skipped[2]


def test_large_photos_are_made_smaller_in_linear_light(tmp_path: Path) -> None:
    checks = np.zeros((48, 2048, 3), np.uint8)
    checks[:, ::2] = (255, 128, 0)
    cv2.imwrite(str(tmp_path / "a.png"), checks[..., ::-1])
    (photo,), _ = read_photos(tmp_path, least_px=8)
    assert photo.pixels.shape == (24, 1024, 3)
    # Half of the light is code value 188; 128 stands for 0.2159, half of it is code value 92.4.
    assert np.unique(photo.pixels.reshape(-1, 3), axis=0).tolist() == [[188, 92, 0]]


def test_digest_tells_photos_apart(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), _colours(40, 40, seed))
    photos, _ = read_photos(tmp_path, least_px=8)
    assert photos_digest(photos) == photos_digest(list(photos)) != photos_digest(photos[::-1])


def test_many_photos_are_thinned_out_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catchlight.train.finetune.photo_folder._MOST_PHOTOS", 3)
    for k in range(7):
        cv2.imwrite(str(tmp_path / f"{k}.png"), _colours(40, 40, k))
    photos, skipped = read_photos(tmp_path, least_px=8)
    assert [p.name for p in photos] == ["0.png", "2.png", "4.png"]
    assert skipped[0].startswith("4 of 7 photos")


def _raw(iso: float | None, cfa: str = "GRBG") -> RawFrame:
    light = np.zeros((64, 64), np.float32)
    for colour, plane in CfaPattern(name=cfa).planes:  # type: ignore[arg-type]
        light[plane] = (0.2, 0.4, 0.1)[colour]
    mosaic = np.rint(100 + light * 4000).astype(np.uint16)
    colour = CameraColour(neutral=(0.5, 1.0, 0.25))
    return RawFrame(
        mosaic=mosaic, cfa=CfaPattern(name=cfa), black_dn=(100.0,) * 4, white_dn=4100.0, colour=colour,  # type: ignore[arg-type]
        metadata=Metadata(iso=iso),
    )  # fmt: skip


def test_a_raw_file_of_low_sensitivity_becomes_a_picture_of_half_the_size(tmp_path: Path) -> None:
    frame = binned_raw("a.dng", _raw(100.0))
    # White-balanced the light is grey; without matrices the camera's colours are those of sRGB.
    assert frame.shape == (32, 32) and frame.transfer == "linear"
    np.testing.assert_allclose(frame.pixels, 0.4, atol=1e-3)
    write_dng_cfa(tmp_path / "a.dng", _raw(3200.0))
    _, skipped = read_photos(tmp_path, least_px=8)
    assert "a.dng" in skipped[0] and "ISO 3200; develop it first" in skipped[0]


def test_other_raw_files_are_to_be_developed_first() -> None:
    with pytest.raises(InputError, match="no ISO speed; develop it first"):
        binned_raw("a.dng", _raw(None))
    with pytest.raises(InputError, match="QUAD_RGGB at ISO 100"):
        binned_raw("a.dng", _raw(100.0, "QUAD_RGGB"))


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected pictures in this folder"):
        read_photos(tmp_path, least_px=8)
