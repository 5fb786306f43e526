import pytest

from catchlight.evaluate.develop.burst_case import BurstCase
from catchlight.evaluate.develop.burst_rows import SHORT_OF_IDEAL, SHORT_OF_STATIC, burst_rows
from catchlight.evaluate.develop.burst_scores import burst_scores
from catchlight.evaluate.result_cache import Figures
from catchlight.simulate import night_city

STATIC = BurstCase(sensor="IMX477", gain=8.0, motion="static")
DISC = BurstCase(sensor="IMX477", gain=8.0, motion="disc")
ROTATED = BurstCase(sensor="IMX477", gain=8.0, motion="shaken and rotated")


@pytest.fixture(scope="module")
def found() -> dict[BurstCase, list[Figures]]:
    scene = night_city(height_px=240, width_px=240, seed=3)
    return {c: [burst_scores(c.burst(scene, seed_name="town", side_px=160))] for c in (STATIC, DISC, ROTATED)}


def test_the_plain_mean_of_a_static_scene_gains_the_square_root(found: dict[BurstCase, list[Figures]]) -> None:
    assert found[STATIC][0]["plain mean | merge gain"] == pytest.approx(9.03, abs=0.35)
    assert found[STATIC][0]["plain mean | worst block, mosaic"] < -6


def test_without_noise_only_demosaicing_is_lost(found: dict[BurstCase, list[Figures]]) -> None:
    # A shaken burst may know more than one mosaic, so only these. The noise-free mosaic is demosaiced classically: what
    # the RAW engine makes of noise may be better.
    learned = ("catchlight", "single frame, denoised", "noise-free")
    for case in (STATIC, DISC):
        figures = found[case][0]
        rest = [v for k, v in figures.items() if k.endswith("PSNR sRGB") and not k.startswith(learned)]
        assert figures["noise-free mosaic | PSNR sRGB"] > max(rest)


def test_a_ghost_is_seen_in_the_worst_block(found: dict[BurstCase, list[Figures]]) -> None:
    figures = found[DISC][0]
    assert figures["plain mean | worst block, mosaic"] > 3
    assert figures["plain mean | worst block, picture"] > 3
    assert figures["catchlight | worst block, mosaic"] < figures["plain mean | worst block, mosaic"]


def test_rows_hold_means_worst_cases_and_shortfalls() -> None:
    keys = ["merge gain", "worst block, mosaic", "SSIM sRGB"]

    def figures(gain: float, loss: float) -> Figures:
        return dict(zip((f"catchlight | {k}" for k in keys), (gain, loss, 0.9), strict=True))

    rows = burst_rows(
        {STATIC: [figures(9.0, -8.0), figures(8.0, -7.0)], ROTATED: [figures(8.5, -3.0), figures(7.0, 0.2)]},
        ideal_gain_db=9.03,
    )
    by_name = {(row.case, row.metric): row for row in rows}
    assert by_name[STATIC.name, "merge gain"].value == pytest.approx(8.5)
    assert by_name[STATIC.name, SHORT_OF_IDEAL].value == pytest.approx(0.53)
    assert by_name[ROTATED.name, SHORT_OF_STATIC].value == pytest.approx(0.75)
    worst = by_name[ROTATED.name, "worst block, mosaic"]
    assert (worst.value, worst.ci95) == (0.2, None)
    assert by_name[ROTATED.name, "worst block, mosaic, mean"].value == pytest.approx(-1.4)
    assert {row.metric for row in rows if row.higher_is_better} == {"merge gain", "SSIM sRGB"}
    assert {row.metric for row in rows if row.unit == "1"} == {"SSIM sRGB"}
