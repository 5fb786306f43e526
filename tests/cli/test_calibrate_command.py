import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import typer

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.camera.profile import load_builtin, read_profile
from catchlight.cli.calibrate import calibrate
from catchlight.cli.failure import describe_failure
from catchlight.core import ContractError, Metadata, RawFrame
from catchlight.io import write_dng_cfa, write_frame
from catchlight.pipelines import SimulateSettings, simulate_into
from catchlight.simulate import IMX477, night_city, record
from catchlight.simulate.charts.slanted_edges import slanted_edges
from catchlight.simulate.charts.view import ChartView

H, W = 160, 224
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command as the program does: exit code, and all that was printed."""
    app = typer.Typer()
    app.command()(calibrate)
    command = typer.main.get_command(app)

    def runs(*arguments: object) -> tuple[int, str]:
        try:
            work = command.main(args=[str(a) for a in arguments], prog_name="catchlight", standalone_mode=False)
            work(lambda: None)
        except BaseException as error:
            line, code = describe_failure(error)
            return code, line
        captured = capsys.readouterr()
        return 0, captured.out + captured.err

    return runs


def _write(place: Path, light: np.ndarray, *, seed: tuple[int, ...], gain: float = 4.0, time_s: float = 0.01) -> None:
    raw = RawFrame(
        mosaic=record(light.astype(np.float32), sensor=IMX477, gain=gain, seed=seed),
        cfa=IMX477.pattern,
        black_dn=(256.0,) * 4,
        white_dn=4095.0,
        metadata=Metadata(make="Acme", model="One", iso=100 * gain, exposure_s=time_s),
    )
    write_dng_cfa(place, raw)


@pytest.fixture(scope="module")
def flats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flats")
    for i, level in enumerate((0.002, 0.05, 0.4)):
        for k in range(2):
            _write(folder / f"{i}{k}.dng", np.full((H, W), level), seed=(i, k), time_s=0.01 * (i + 1))
    return folder


def test_the_profile_and_the_record_hold_the_noise(tmp_path: Path, run: Run, flats: Path) -> None:
    code, said = run(flats, "-o", tmp_path / "c.toml", "--json", tmp_path / "c.json")
    assert code == 0, said
    assert "e-" in said
    assert "c.toml: Acme One, noise at 1 gain" in said
    profile, content = read_profile(tmp_path / "c.toml"), json.loads((tmp_path / "c.json").read_text())
    (knot,) = profile.sensor.noise.knots
    (noise,) = content["gains"]
    assert knot.gain == noise["gain"] == 4.0
    assert knot.shot == pytest.approx(noise["shot"], rel=1e-5)
    truth = IMX477.noise_at(4.0)
    assert abs(noise["shot"] - truth.shot[0]) < 4 * noise["shot_se"] + 0.01 * truth.shot[0]
    assert abs(noise["read"] - truth.read[0]) < 4 * noise["read_se"] + 0.01 * truth.read[0]
    assert noise["read_limit"] <= noise["read_se"] * 1.1
    assert set(noise["colours"]) == {"red", "green", "blue"}


def test_quiet_is_quiet_and_nothing_is_overwritten_unasked(tmp_path: Path, run: Run, flats: Path) -> None:
    place = tmp_path / "c.toml"
    assert run(flats, "-o", place, "--quiet") == (0, "")
    before = place.read_bytes()
    code, said = run(flats, "-o", place)
    assert code == 1
    assert "--force" in said
    assert place.read_bytes() == before
    assert run(flats, "-o", place, "--name", "Two", "--force")[0] == 0
    assert read_profile(place).name == "Two"


def test_an_update_adds_a_gain(tmp_path: Path, run: Run, flats: Path) -> None:
    for k in range(2):
        _write(tmp_path / f"{k}.dng", np.linspace(0.0, 0.5, W)[None].repeat(H, 0), seed=(9, k), gain=1.0)
    assert run(flats, "-o", tmp_path / "a.toml")[0] == 0
    assert run(tmp_path, "-o", tmp_path / "b.toml", "--update", tmp_path / "a.toml")[0] == 0
    assert [k.gain for k in read_profile(tmp_path / "b.toml").sensor.noise.knots] == [1.0, 4.0]


def test_figures_do_not_take_the_place_of_the_profile_to_update(tmp_path: Path, run: Run, flats: Path) -> None:
    place = tmp_path / "a.toml"
    assert run(flats, "-o", place)[0] == 0
    before = place.read_bytes()
    code, said = run(flats, "-o", tmp_path / "b.toml", "--update", place, "--json", place, "--force")
    assert (code, place.read_bytes()) == (2, before)
    assert "never overwritten" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("-o", "c.txt"), 2, "ending in .toml"),
        (("-o", "no/c.toml"), 1, "does not exist"),
        (("-o", "c.toml", "--cfa", "FOO"), 2, "FOO"),
        (("-o", "c.toml", "--black", "900", "--white", "800"), 2, "black < white"),
        (("-o", "c.toml", "--gain", "0"), 2, "gain"),
        (("-o", "c.toml", "--name", " "), 2, "--name"),
        (("-o", "c.toml", "--darks", "none"), 1, "none"),
        (("-o", "c.toml", "--update", "none.toml"), 1, "none.toml"),
        (("-o", "c.toml", "--update", ""), 2, "--update"),
        (("-o", "c.toml", "--sweep", "none"), 1, "none"),
        (("-o", "c.toml", "--chart", "none.png"), 1, "none.png"),
        (("-o", "c.toml", "--json", "c.toml"), 2, "both the output"),
    ],
)  # fmt: skip
def test_bad_requests_are_one_line_and_leave_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Run,
    flats: Path,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, said = run(flats, *arguments)
    assert (found, said.count("\n")) == (code, 0), said
    assert words in said
    assert list(tmp_path.iterdir()) == []


def test_a_chart_gives_sharpness_over_the_field(tmp_path: Path, run: Run, flats: Path) -> None:
    place = ((600.0, 0.0, 20.0), (0.0, 600.0, 10.0), (0.0, 0.0, 1.0))
    view = ChartView(height=420, width=640, image_from_chart=place, sigma_px=0.9)
    chart = slanted_edges(view, rows=2, columns=3)
    _write(tmp_path / "chart.dng", IMX477.pattern.sample(chart.light), seed=(3,), gain=1.0)
    code, said = run(flats, "-o", tmp_path / "c.toml", "--chart", tmp_path / "chart.dng")
    assert code == 0, said
    sharpness = read_profile(tmp_path / "c.toml").sharpness
    assert sharpness is not None
    assert len(sharpness.mtf50_cy_px) >= 8
    # The chart's own blur is 0.9 px.
    assert np.median(sharpness.sigma_px) == pytest.approx(0.9, rel=0.05)


def _views(coc_px: float, dual: DualPixel, *, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    scene = cv2.resize(rng.random((32, 48)).astype(np.float32), (144, 96), interpolation=cv2.INTER_CUBIC)
    views = [cv2.filter2D(scene, -1, k[::-1, ::-1].copy()) for k in dual_pixel_kernels(dual, coc_px)]
    return [np.asarray(v + rng.normal(0, 2e-3, v.shape), np.float32) for v in views]


def test_a_focus_sweep_gives_the_dual_pixels_slope_and_the_lens_map(tmp_path: Path, run: Run, flats: Path) -> None:
    dual = DualPixel(slope=0.25, offset_px=0.2)
    lines = ["left,right,dac,object_d,coc_px"]
    # Two targets; the lens focuses at (DAC - 400) / 50 dioptres, and a dioptre is 4 px of blur.
    for object_d in (1.0, 4.0):
        for dac in range(400, 700, 50):
            name, coc_px = f"{object_d:g}_{dac}", 4.0 * (object_d - (dac - 400) / 50)
            for side, view in zip(("l", "r"), _views(coc_px, dual, seed=1), strict=True):
                tifffile.imwrite(tmp_path / f"{name}{side}.tif", view, photometric="minisblack")
            lines.append(f"{name}l.tif,{name}r.tif,{dac},{object_d},{coc_px}")
    (tmp_path / "sweep.csv").write_text("\n".join(lines))
    code, said = run(flats, "-o", tmp_path / "c.toml", "--sweep", tmp_path, "--json", tmp_path / "c.json")
    assert code == 0, said
    profile = read_profile(tmp_path / "c.toml")
    assert profile.dual_pixel is not None
    assert profile.dual_pixel.slope == pytest.approx(0.25, rel=0.03)
    assert profile.dual_pixel.offset_px == pytest.approx(0.2, abs=0.1)
    assert profile.lens_map is not None
    # A parabola through three blurs of 3 px steps: a third of a step.
    for object_d, dac in ((1.0, 450.0), (4.0, 600.0)):
        assert profile.lens_map.dac_at(object_d) == pytest.approx(dac, abs=13)
    rate = json.loads((tmp_path / "c.json").read_text())["sweep"]["disparity_px_per_dac"]
    assert rate == pytest.approx(-0.25 * 4 / 50, rel=0.05)


def test_views_the_wrong_way_round_are_told(tmp_path: Path, run: Run, flats: Path) -> None:
    lines = ["left,right,coc_px"]
    for k, coc_px in enumerate(np.linspace(-12, 12, 9)):
        for side, view in zip(("r", "l"), _views(float(coc_px), DualPixel(), seed=2), strict=True):
            tifffile.imwrite(tmp_path / f"{k}{side}.tif", view, photometric="minisblack")
        lines.append(f"{k}l.tif,{k}r.tif,{coc_px}")
    (tmp_path / "sweep.csv").write_text("\n".join(lines))
    code, said = run(flats, "-o", tmp_path / "c.toml", "--sweep", tmp_path)
    assert code == 1
    assert "exchanged" in said
    assert not (tmp_path / "c.toml").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,zoom\na.tif,3\n", "'zoom'"),
        ("file,dac\na.tif,3\n", "no such file"),
        ("left,right,dac\n,,3\n", "expected a picture"),
        ("file,dac\nb.tif,x\n", "found 'x'"),
        ("file,dac\nb.tif,1\n", "4 frames at least"),
    ],
)
def test_a_bad_sweep_table_is_told(tmp_path: Path, run: Run, flats: Path, text: str, words: str) -> None:
    tifffile.imwrite(tmp_path / "b.tif", np.zeros((64, 64), np.float32), photometric="minisblack")
    (tmp_path / "sweep.csv").write_text(text)
    code, said = run(flats, "-o", tmp_path / "c.toml", "--sweep", tmp_path)
    assert code == 1
    assert words in said


def test_a_linear_chart_is_taken_for_what_one_says(tmp_path: Path, run: Run, flats: Path) -> None:
    place = ((600.0, 0.0, 20.0), (0.0, 600.0, 10.0), (0.0, 0.0, 1.0))
    view = ChartView(height=420, width=640, image_from_chart=place, sigma_px=0.9)
    light = slanted_edges(view, rows=2, columns=3).light[..., 1]
    cv2.imwrite(str(tmp_path / "c.png"), np.rint(light.clip(0, 1) * 65535).astype(np.uint16))
    code, said = run(flats, "-o", tmp_path / "c.toml", "--chart", tmp_path / "c.png", "--chart-linear")
    assert (code, "sRGB" in said) == (0, False), said
    sharpness = read_profile(tmp_path / "c.toml").sharpness
    assert sharpness is not None
    assert sharpness.sigma_px == pytest.approx([0.9] * len(sharpness.sigma_px), rel=0.02)
    assert "taken for sRGB" in run(flats, "-o", tmp_path / "d.toml", "--chart", tmp_path / "c.png")[1]


def test_a_simulated_camera_is_found_again(tmp_path: Path, run: Run) -> None:
    """From a photo to RAW files to a profile: the noise that went in comes out, within four of its standard errors."""
    camera = load_builtin("imx477")
    town = night_city(height_px=256, width_px=320)
    write_frame(tmp_path / "town.png", town.in_space(town.space, "srgb"))
    settings = SimulateSettings(kind="burst", gain=8.0, tripod=True)
    simulate_into(tmp_path / "still", [tmp_path / "town.png"], settings, camera=camera)
    code, said = run(tmp_path / "still", "-o", tmp_path / "mine.toml")
    assert code == 0, said
    found = read_profile(tmp_path / "mine.toml").sensor.noise_at(8.0)
    truth = camera.sensor.noise_at(8.0)
    assert found.shot[1] == pytest.approx(truth.shot[1], rel=0.02)
    assert found.read[1] == pytest.approx(truth.read[1], rel=0.05)


def test_a_tripod_is_for_bursts() -> None:
    with pytest.raises(ContractError, match="tripod is for a burst; found video"):
        SimulateSettings(kind="video", tripod=True)
