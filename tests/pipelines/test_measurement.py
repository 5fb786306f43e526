"""Pictures with known answers through the whole of `measure`; edges are rendered in closed form."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from catchlight.core import (
    CameraColour,
    CfaPattern,
    ColourSpace,
    Frame,
    InputError,
    Metadata,
    RawFrame,
    UnsupportedError,
    UsageError,
)
from catchlight.core.colour import srgb_encode
from catchlight.io import write_frame
from catchlight.pipelines.measurement import Measurement, MeasureSettings, measure, measurement_record
from catchlight.pipelines.measurement.field_zones import field_share, zone_of
from catchlight.pipelines.measurement.measured_light import measured_light
from catchlight.simulate.charts.edge_roi import edge_roi

SIGMA_PX = 0.8
# exp(-2π²σ²f²) = 1/2
MTF50 = float(np.sqrt(np.log(2) / 2) / (np.pi * SIGMA_PX))


def edge(**changes: float) -> np.ndarray:
    arguments = {"height": 120, "width": 90, "angle_deg": 5.0, "sigma_px": SIGMA_PX} | changes
    return edge_roi(**arguments)  # type: ignore[arg-type]


def grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(plane[..., None], 3, axis=2)


def frame(plane: np.ndarray, *, encoded: bool = False) -> Frame:
    pixels = grey(srgb_encode(plane) if encoded else plane)
    return Frame(pixels=pixels, transfer="srgb" if encoded else "linear", white="display white")


def raw(plane: np.ndarray, name: str = "GRBG", cast: tuple[float, float, float] = (0.5, 1.0, 0.7)) -> RawFrame:
    """A mosaic of an edge whose colours differ in level, as under any light."""
    cfa = CfaPattern(name=name)  # type: ignore[arg-type]
    mosaic = cfa.sample((grey(plane) * np.array(cast, np.float32)).astype(np.float32))
    return RawFrame(
        mosaic=(512 + mosaic * 15000).round().astype(np.uint16),
        cfa=cfa,
        black_dn=(512.0,) * 4,
        white_dn=15512.0,
        colour=CameraColour(neutral=cast),
        metadata=Metadata(model="One"),
    )


def only(measurement: Measurement) -> list[float]:
    return [e.mtf50_cy_px for e in measurement.pictures[0].edges]


def test_a_grey_edge_is_measured_once_with_its_true_mtf50() -> None:
    found = measure([frame(edge())])
    picture = found.pictures[0]
    assert picture.channels == ("Y",) and len(picture.edges) == 1
    assert picture.edges[0].mtf50_cy_px == pytest.approx(MTF50, rel=0.005)
    assert (picture.edges[0].line.x, picture.edges[0].line.y) == pytest.approx((45.0, 60.0), abs=1.0)
    assert found.warnings == ()


def test_the_files_own_curve_is_undone_and_linear_overrides_it() -> None:
    plane = edge()
    assert only(measure([frame(plane, encoded=True)]))[0] == pytest.approx(MTF50, rel=0.005)
    # The same linear numbers in a file that claims to be encoded.
    lying = Frame(pixels=grey(plane), transfer="srgb", white="display white")
    assert only(measure([lying], MeasureSettings(linear=True)))[0] == pytest.approx(MTF50, rel=0.005)


def test_luminance_of_a_wide_space_uses_its_own_weights() -> None:
    pixels = np.zeros((40, 40, 3), np.float32)
    pixels[..., 1] = 0.5
    light = measured_light(Frame(pixels=pixels, space=ColourSpace.REC2020))
    # Source: ITU-R BT.2020, luminance weight of green.
    assert float(light.channels["Y"].plane[0, 0]) == pytest.approx(0.678 * 0.5, abs=1e-3)


@pytest.mark.parametrize("name", ["RGGB", "GBRG"])
def test_raw_is_measured_on_its_photosites(name: str) -> None:
    found = measure([raw(edge(height=200, width=140), name)])
    picture = found.pictures[0]
    assert picture.raw and picture.channels == ("G", "R", "B") and picture.main_channel == "G"
    assert {e.channel for e in picture.edges} == {"G", "R", "B"}
    assert all(e.mtf50_cy_px == pytest.approx(MTF50, rel=0.01) for e in picture.edges)


def test_raw_of_other_filters_is_refused_in_one_line() -> None:
    other = replace(raw(np.full((32, 32), 0.5, np.float32)), cfa=CfaPattern(name="XTRANS"))
    with pytest.raises(UnsupportedError, match="found XTRANS: develop it"):
        measured_light(other)


def test_raw_channels_have_black_at_zero_and_white_at_one() -> None:
    light = measured_light(raw(np.full((32, 32), 1.0, np.float32)))
    for name, level in (("R", 0.5), ("G", 1.0), ("B", 0.7)):
        channel = light.channels[name]
        assert channel.sites is not None
        assert channel.plane[channel.sites] == pytest.approx(level, abs=1e-4)
    assert sum(int(c.sites.sum()) for c in light.channels.values() if c.sites is not None) == 32 * 32
    assert light.rgb.reshape(-1, 3).mean(axis=0) == pytest.approx(1.0, abs=0.01)  # white is white
    assert light.clipped == (0.0, 0.5)


def test_channels_can_be_chosen() -> None:
    coloured = frame(edge())
    pixels = coloured.pixels * np.array([1.0, 0.8, 0.6], np.float32)
    picture = measure([Frame(pixels=pixels)], MeasureSettings(channels=("R", "B"))).pictures[0]
    assert picture.channels == ("R", "B") and {e.channel for e in picture.edges} == {"R", "B"}
    with pytest.raises(UsageError, match="this picture has Y"):
        measure([coloured], MeasureSettings(channels=("G",)))
    with pytest.raises(UsageError, match="expected some of Y R G B; found X"):
        MeasureSettings(channels=("X",))


def test_a_channel_with_edges_stands_for_the_picture() -> None:
    pixels = frame(edge()).pixels.copy()
    # Green falls where red rises, so that luminance has no edge to speak of.
    pixels[..., 1] = 0.5 - 0.2126 / 0.7152 * (pixels[..., 0] - 0.5)
    pixels[..., 2] = 0.5
    picture = measure([Frame(pixels=pixels)], MeasureSettings(channels=("R", "B"))).pictures[0]
    assert picture.main_channel == "R" and picture.zones() and not picture.zones("B")
    assert measure([Frame(pixels=pixels)], MeasureSettings(channels=("B",))).pictures[0].main_channel == "B"


def test_luminance_comes_first_in_the_record() -> None:
    pixels = frame(edge()).pixels * np.array([1.0, 0.8, 0.6], np.float32)
    told = measurement_record(measure([Frame(pixels=pixels), Frame(pixels=pixels)]))
    channels = [e["channel"] for e in told["edges"]]
    assert channels[:2] == ["Y", "Y"] and "Y" not in channels[2:]
    assert [e["image"] for e in told["edges"][:2]] == ["picture 1", "picture 2"]


def test_the_record_has_the_fixed_keys() -> None:
    told = measurement_record(measure([frame(edge())]))
    fixed = {"x", "y", "angle_deg", "channel", "mtf50_cy_px", "mtf10_cy_px", "confidence"}
    assert fixed <= set(told["edges"][0]) and told["warnings"] == []
    curve = np.array(told["edges"][0]["modulation"])
    frequency = np.array(told["frequency_cy_px"])
    assert frequency[0] == 0 and frequency[-1] == 1.0 and curve.shape == frequency.shape
    low = frequency < 0.5
    assert curve[low] == pytest.approx(np.exp(-2 * (np.pi * SIGMA_PX * frequency[low]) ** 2), abs=0.01)


def test_a_frequency_that_is_not_reached_is_null() -> None:
    # A point-sampled edge without blur keeps a tenth of its contrast beyond any frequency that is looked at.
    told = measurement_record(measure([frame(edge(sigma_px=0.1))]))
    assert all(e["mtf10_cy_px"] is None for e in told["edges"])


def test_nothing_to_measure_is_said_with_the_reason() -> None:
    rng = np.random.default_rng(1)
    texture = (0.4 + 0.1 * rng.standard_normal((80, 80))).astype(np.float32)
    for plane in (np.full((80, 80), 0.4, np.float32), texture):
        found = measure([frame(plane)])
        assert found.pictures[0].edges == () and "no usable edge" in found.warnings[0]
        assert found.pictures[0].zones() == ()
    small = measure([frame(edge(height=20, width=20))])
    assert "no usable edge" in small.warnings[0] and "20×20 pixels" in small.warnings[0]


@pytest.mark.parametrize("shape", [(1, 1), (2, 500), (31, 400), (33, 1000)])
def test_pictures_of_any_size_are_answered(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    for pixels in (noise, -noise, 1e6 * noise, np.zeros_like(noise)):
        found = measure([Frame(pixels=pixels.astype(np.float32))])
        assert "no usable edge" in found.warnings[0]
        json.dumps(measurement_record(found), allow_nan=False)


def test_clipping_is_told_with_its_share() -> None:
    plane = edge(low=0.2, high=1.6)
    found = measure([frame(np.clip(plane, 0, 1))])
    share = float((plane >= 1).mean())
    assert any(f"{share:.0%} of the samples are clipped at white" in w for w in found.warnings)
    assert not any(e.confidence > 0.5 for e in found.pictures[0].edges)


def test_figures_of_doubtful_edges_come_with_a_warning() -> None:
    sound = measure([frame(edge())])
    assert not any(w.startswith("doubtful") for w in sound.warnings)
    noisy = measure([frame(edge(noise=0.12, height=60, width=60))])
    assert noisy.warnings[0].startswith(("doubtful", "no usable edge"))
    assert max((e.confidence for e in noisy.pictures[0].edges), default=0.0) < 0.25


def test_compression_is_told_with_its_number() -> None:
    rng = np.random.default_rng(3)
    smooth = cv2.GaussianBlur(rng.random((200, 200)).astype(np.float32), (0, 0), 1.5)
    encoded = np.rint(np.clip(0.5 + 0.5 * (smooth - 0.5), 0, 1) * 255).astype(np.uint8)
    coded = cv2.imdecode(cv2.imencode(".jpg", encoded, [cv2.IMWRITE_JPEG_QUALITY, 25])[1], cv2.IMREAD_GRAYSCALE)
    pixels = grey(coded.astype(np.float32) / 255)
    found = measure([Frame(pixels=pixels, transfer="srgb", white="display white")])
    blocks = found.pictures[0].blockiness
    assert blocks is not None and blocks > 1.2
    assert any(w.startswith("compressed: ") and f"{blocks:.2f} times" in w for w in found.warnings)


def test_the_stairs_of_a_small_slanted_edge_are_no_compression() -> None:
    # At 7° a stair is 8.1 rows long, as blocks are.
    plane = edge_roi(height=100, width=64, angle_deg=7.0, sigma_px=0.5, low=0.1, high=0.8)
    pixels = grey(np.rint(srgb_encode(plane) * 255).astype(np.float32) / np.float32(255))
    found = measure([Frame(pixels=pixels, transfer="srgb", white="display white")])
    blocks = found.pictures[0].blockiness
    assert blocks is not None and blocks > 1.1
    assert not any(w.startswith("compressed: ") for w in found.warnings)


def test_an_unreadable_file_among_others_is_left_out(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.png", tmp_path / "b.png"
    write_frame(good, frame(edge(), encoded=True))
    bad.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    found = measure([good, bad])
    assert [p.name for p in found.pictures] == ["a.png"] and "left out" in found.warnings[0]
    with pytest.raises(InputError):
        measure(bad)
    with pytest.raises(InputError, match="none of the 2"):
        (tmp_path / "c.png").write_bytes(b"no")
        measure([bad, tmp_path / "c.png"])


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_frame(tmp_path / folder / "a.png", frame(edge(), encoded=True))
    found = measure([tmp_path / "one", tmp_path / "two"], with_preview=False)
    assert [p.name for p in found.pictures] == [str(tmp_path / "one" / "a.png"), str(tmp_path / "two" / "a.png")]
    assert all(p.preview is None for p in found.pictures)


def test_zones_by_distance_from_the_centre() -> None:
    shape = (200, 300)
    assert field_share(150.0, 100.0, shape) == 0 and field_share(0.0, 0.0, shape) == pytest.approx(1)
    assert zone_of(150.0, 100.0, shape) == "centre" and zone_of(299.0, 199.0, shape) == "corner"
    assert zone_of(225.0, 150.0, shape) == "part-way"  # half way to a corner


def test_inputs_are_not_written_into() -> None:
    one = frame(edge(), encoded=True)
    before = one.pixels.copy()
    mosaic = raw(edge())
    dn = mosaic.mosaic.copy()
    measure([one])
    measure([mosaic])
    assert np.array_equal(one.pixels, before) and np.array_equal(mosaic.mosaic, dn)
