import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from catchlight.core import (
    CameraColour,
    CfaPattern,
    ContractError,
    Frame,
    Metadata,
    NoiseModel,
    OutputError,
    RawFrame,
)
from catchlight.pipelines import Development, DevelopSettings, Skipped, develop
from catchlight.pipelines.report import render_report, write_report

VOID = {"meta", "img", "input", "br"}


class Page(HTMLParser):
    """Checks that tags nest, and gathers what a reader meets."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        given = dict(attrs)
        self.addresses += [str(given[k]) for k in ("src", "href") if k in given]
        if tag == "img":
            self.pictures.append(given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data)


def raw(seed: int, *, orientation: int = 1, height: int = 384, width: int = 448) -> RawFrame:
    y, x = np.mgrid[:height, :width]
    scene = 0.05 + 0.2 * x / width + 0.15 * ((x // 96 + y // 80) % 2)
    noise = NoiseModel.same(shot=1e-3, read=1e-5)
    rng = np.random.default_rng(seed)
    light = scene + rng.normal(0, 1, scene.shape) * np.sqrt(noise.variance_map(scene, channel=0))
    if seed:  # something that was not there before
        light[60:140, 40 + 20 * seed : 100 + 20 * seed] = 0.6
    return RawFrame(
        mosaic=(512 + light * 15000).clip(0, 65535).astype(np.uint16),
        cfa=CfaPattern(name="GRBG"),
        black_dn=(512.0,) * 4,
        white_dn=15512.0,
        noise=noise,
        colour=CameraColour(neutral=(0.6, 1.0, 0.7)),
        metadata=Metadata(make="Acme", model="Acme One", exposure_s=1 / 15, iso=800.0, orientation=orientation),
    )


def rgb(seed: int) -> Frame:
    y, x = np.mgrid[:192, :256]
    scene = np.stack([0.2 + 0.5 * x / 256, 0.3 + 0.4 * y / 192, 0.4 + 0.2 * ((x // 16 + y // 12) % 2)], axis=-1)
    pixels = scene + np.random.default_rng(seed).normal(0, 0.02, scene.shape)
    return Frame(pixels=pixels.clip(0, 1).astype(np.float32), transfer="srgb", white="display white")


@pytest.fixture(scope="module")
def burst() -> Development:
    return develop([raw(0), raw(1), raw(2)], DevelopSettings(reference=0), with_before=True)


def test_burst_page_is_whole_and_needs_nothing_else(burst: Development) -> None:
    html = render_report(burst, settings=DevelopSettings(reference=0))
    page = Page(html)
    assert page.headings[0] == "3 frames, one photo"
    assert {"Noise and tones", "Motion and trust", "Frames", "Settings and origin"} <= set(page.headings)
    assert page.addresses and all(a.startswith("data:image/webp;base64,") for a in page.addresses)
    assert "http://" not in html and "https://" not in html and "url(" not in html
    assert all("alt" in p for p in page.pictures)
    alts = [p["alt"] or "" for p in page.pictures]
    assert sum("was trusted" in a for a in alts) == 2
    assert sum(a.startswith("Where the frames disagree") for a in alts) == 2  # before and after
    assert 'download="before_after.webp"' in html
    assert "Acme One · 1/15 s · ISO 800 · 448 × 384 px" in html


def test_noise_gain_on_the_page_is_that_of_the_merge(burst: Development) -> None:
    html = render_report(burst)
    found = re.search(r"lowered the noise by (-?[0-9.]+) dB, measured", " ".join(html.split()))
    assert found is not None
    assert float(found[1]) == pytest.approx(-10 * np.log10(burst.share), abs=1.2)


def test_both_figures_and_what_came_before_are_told(burst: Development) -> None:
    html = " ".join(render_report(burst).split())
    assert "less noise, expected from the noise model" in html and "less noise, measured in flat places" in html
    assert "one frame, demosaiced, no noise removal or sharpening, toned like the result" in html
    assert "first run" not in html
    assert burst.merged is not None and burst.reference_raw is not None
    noisy = np.random.default_rng(5).normal(0, 0.05, burst.merged.values.shape).astype(np.float32)
    worse = replace(burst, merged=replace(burst.merged, values=burst.merged.values + noisy))
    html = " ".join(render_report(worse, first_run=True).split())
    assert "merging did not lower the noise" in html and "measured in flat places" not in html
    assert "includes compiling, first run only" in html


def test_what_was_found_odd_stands_on_the_page(burst: Development) -> None:
    odd = replace(burst, notes=("all frames are <blurred>",), skipped=(Skipped(name="a.dng", reason="a.dng: empty"),))
    html = render_report(odd)
    assert '<p class="told">All frames are &lt;blurred&gt;</p>' in html and "left out: empty<" in html


def test_frames_are_not_worth_more_light_than_they_hold(burst: Development) -> None:
    html = render_report(replace(burst, share=0.1))
    found = re.search(r"<b>([0-9.]+)</b><span>frames&#39; worth of light", html)
    assert found is not None and 2 < float(found[1]) <= 3
    assert "<b>1.0 dB</b><span>more noise, expected" in render_report(replace(burst, share=1.25))


def test_names_and_reasons_are_escaped(burst: Development) -> None:
    evil = replace(burst, skipped=(Skipped(name="<i>x</i>.dng", reason="a & b < c"),), reference_name="<script>")
    html = render_report(evil)
    Page(html)
    assert "&lt;i&gt;x&lt;/i&gt;.dng" in html and "a &amp; b &lt; c" in html and "<i>x" not in html
    assert html.count("<script>") == 1  # the page's own


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_turned_burst(orientation: int) -> None:
    frames = [raw(0, orientation=orientation), raw(1, orientation=orientation)]
    made = develop(frames, DevelopSettings(reference=0), with_before=True)
    page = Page(render_report(made))
    assert page.headings[0] == "2 frames, one photo"
    assert any((p["alt"] or "").startswith("Before") for p in page.pictures)


@pytest.mark.parametrize(("height", "width"), [(64, 1300), (1300, 64)])
def test_elongated_burst_shows_its_motion(height: int, width: int) -> None:
    frames = [raw(seed, height=height, width=width) for seed in (0, 1)]
    html = render_report(develop(frames, DevelopSettings(reference=0), with_before=True))
    assert Page(html).headings[0] == "2 frames, one photo"
    assert html.count('class="arrow"') >= 5


def test_single_raw_compares_with_its_own_noise() -> None:
    html = render_report(develop([raw(0)], with_before=True))
    page = Page(html)
    assert page.headings[0] == "One frame, developed"
    assert "Motion and trust" not in page.headings and "Frames" not in page.headings
    assert "noise left in" in html and "Noise against brightness" in html


def test_linear_rendering_says_that_it_was_brightened() -> None:
    made = develop([raw(0), raw(1)], DevelopSettings(render="linear", reference=0), with_before=True)
    html = render_report(made)
    Page(html)
    assert re.search(r"brightened by [0-9.]+ EV", html)


def test_rgb_burst_and_single_rgb() -> None:
    html = render_report(develop([rgb(0), rgb(1), rgb(2)], with_before=True))
    assert Page(html).headings[0] == "3 frames, one photo"
    assert "of the finished picture" in html
    alone = render_report(develop([rgb(0)], with_before=True))
    page = Page(alone)
    # Nothing came before it, so nothing is compared.
    assert (
        "compare" not in {*re.findall(r'<div class="(\w+)"', alone)}
        and page.pictures[0]["alt"] == "The developed picture"
    )


def test_without_before_there_is_no_comparison(burst: Development) -> None:
    alone = Page(render_report(replace(burst, before=None)))
    assert not any((p["alt"] or "").startswith("Before") for p in alone.pictures)


def test_mosaic_has_no_picture_to_show(tmp_path: Path) -> None:
    made = develop([raw(0)], DevelopSettings(render="mosaic"))
    with pytest.raises(ContractError, match="natural or linear"):
        write_report(made, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_writing_takes_care_of_what_is_there(burst: Development, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("mine")
    path = write_report(burst, tmp_path)
    assert path == tmp_path / "index.html"
    first = path.read_bytes()
    with pytest.raises(OutputError, match="exists already"):
        write_report(burst, tmp_path)
    assert write_report(burst, tmp_path, force=True).read_bytes() == first  # the same page every time
    assert sorted(p.name for p in tmp_path.iterdir()) == ["index.html", "other.txt"]
