import sys
from collections.abc import Callable
from functools import partial

import cv2
import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame, Shrink, Step, refine
from catchlight.burst.regress.frame_trust import DETAIL_PART
from catchlight.core import CfaName, CfaPattern, ContractError, LinearMosaic, NoiseModel
from catchlight.develop.denoise_dct import LAMBDA, shrink_blocks

Motion = Callable[..., Alignment]
Held = Callable[..., HeldFrame]
Texture = Callable[..., np.ndarray]
Seen = Callable[..., np.ndarray]
# With this much allowed for detail, every frame is trusted wherever it is seen: the level that `trust` reads off the
# quiet places of a band then plays no part.
_ALL = 50.0


def _scene(texture: Texture, h: int, w: int) -> np.ndarray:
    """Detail in three colours that have some of it in common."""
    return np.stack([0.7 * texture(h, w, 0) + 0.3 * texture(h, w, 1 + c) for c in range(3)], axis=-1)


@pytest.fixture
def burst(
    texture: Texture, seen_under: Seen, motion: Motion, held: Held
) -> Callable[..., tuple[np.ndarray, list[HeldFrame]]]:
    """A scene and frames of it, the first unmoved."""

    def make(
        h: int, w: int, *, name: CfaName = "RGGB", frames: int = 4, sigma: float = 0.01
    ) -> tuple[np.ndarray, list[HeldFrame]]:
        rng = np.random.default_rng(4)
        margin = 16
        canvas = _scene(texture, h + 2 * margin, w + 2 * margin)
        made = []
        for k in range(frames):
            shift = tuple(rng.uniform(-4, 4, 2)) if k else (0.0, 0.0)
            alignment = motion(h, w, shift_px=shift, angle_deg=rng.uniform(-1, 1) if k else 0.0)
            seen = seen_under(canvas, alignment.affine, margin) if k else canvas[margin:-margin, margin:-margin]
            made.append(held(seen, CfaPattern(name=name), alignment, sigma=sigma, seed=k))
        return canvas[margin:-margin, margin:-margin].copy(), made

    return make


def _box(plane: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """A noise removal that is the same everywhere and looks 4 pixels far."""
    assert variance.shape == (plane.shape[0] // 2, plane.shape[1] // 2)
    assert variance.min() > 0
    smooth: np.ndarray = cv2.blur(plane, (9, 9))
    return smooth


@pytest.mark.parametrize("shrink", [None, _box])
@pytest.mark.parametrize(
    ("name", "scale", "step"),
    [
        ("RGGB", 1.0, Step(support=1.5, detail=_ALL)),
        ("XTRANS", 1.5, Step(support=3.5, detail=_ALL)),
        ("GBRG", 2.0, Step(support=1.0, shared=True, detail=_ALL)),
    ],
)
def test_bands_leave_no_seams(
    burst: Callable[..., tuple[np.ndarray, list[HeldFrame]]],
    monkeypatch: pytest.MonkeyPatch,
    name: CfaName,
    scale: float,
    step: Step,
    shrink: Shrink | None,
) -> None:
    scene, frames = burst(126, 62, name=name)
    size = (round(62 * scale), round(126 * scale))
    start = cv2.GaussianBlur(cv2.resize(scene, size, interpolation=cv2.INTER_CUBIC), (0, 0), 1.5)
    found = []
    for band in (100_000, 64):
        monkeypatch.setattr(sys.modules["catchlight.burst.regress.refine"], "_BAND", band)
        estimate = start.copy()
        refine(estimate, frames, step, scale=scale, share=0.1, shrink=shrink)
        found.append(estimate)
    assert np.abs(found[0] - start).mean() > 0.001
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)


def test_bands_that_judge_for_themselves_leave_next_to_no_seams(
    burst: Callable[..., tuple[np.ndarray, list[HeldFrame]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual level of differences is read off each band's own quiet places."""
    scene, frames = burst(256, 126, sigma=0.03)
    found = []
    for band in (100_000, 128):
        monkeypatch.setattr(sys.modules["catchlight.burst.regress.refine"], "_BAND", band)
        estimate = cv2.GaussianBlur(scene, (0, 0), 0.7)
        refine(estimate, frames, Step(support=1.5), scale=1.0, share=0.1, shrink=None)
        found.append(estimate)
    # A quarter of the noise of a sample at one place, and next to nothing as a whole.
    assert np.abs(found[1] - found[0]).max() < 0.25 * 0.03
    assert np.sqrt(np.mean((found[1] - found[0]) ** 2)) < 0.02 * 0.03


@pytest.mark.parametrize(("name", "step_px"), [("GRBG", (4, 6)), ("XTRANS", (6, 12)), ("QUAD_RGGB", (4, 8))])
def test_a_part_of_all_frames_gives_that_part_of_the_result(
    burst: Callable[..., tuple[np.ndarray, list[HeldFrame]]], name: CfaName, step_px: tuple[int, int]
) -> None:
    h, w, (down, right) = 96, 96, step_px
    scene, frames = burst(h, w, name=name)
    origin = np.array([right, down], float)
    parts = []
    for frame in frames:
        affine = frame.alignment.affine.copy()
        affine[:, 2] += affine[:, :2] @ origin - origin
        moved = Alignment(
            affine=affine,
            shifts=frame.alignment.shifts[:2, :2],
            confidence=frame.alignment.confidence[:2, :2],
            cell_px=64,
        )
        parts.append(
            HeldFrame(
                codes=frame.codes[down:, right:], zero=frame.zero, step=frame.step,
                cfa=frame.cfa.shifted(rows=down, columns=right), alignment=moved, noise=frame.noise, full=frame.full,
            )
        )  # fmt: skip
    start = cv2.GaussianBlur(scene, (0, 0), 1.0)
    whole, part = start.copy(), start[down:, right:].copy()
    step = Step(support=2.5, detail=_ALL)
    refine(whole, frames, step, scale=1.0, share=0.1, shrink=_box)
    refine(part, parts, step, scale=1.0, share=0.1, shrink=_box)
    inner = slice(16, -16)
    np.testing.assert_allclose(part[inner, inner], whole[down:, right:][inner, inner], atol=1e-5)


@pytest.mark.parametrize("name", ["RGGB", "XTRANS"])
def test_twice_the_light_gives_twice_the_result(texture: Texture, motion: Motion, name: CfaName) -> None:
    rng = np.random.default_rng(0)
    h, w = 64, 72
    scene, cfa = _scene(texture, h, w), CfaPattern(name=name)
    found = []
    noises = rng.standard_normal((3, h, w)) * 0.02
    for factor in (1.0, 2.0):
        frames = [
            HeldFrame.of(
                LinearMosaic(
                    values=((cfa.sample(scene) + noise) * factor).astype(np.float32),
                    cfa=cfa,
                    gains=(1.5, 1.0, 2.0),
                    exposure=factor,
                    noise=NoiseModel.same(shot=2e-4, read=3e-4).scaled(factor),
                ),
                motion(h, w, shift_px=(0.2 * k, -0.1 * k)),
            )
            for k, noise in enumerate(noises)
        ]
        estimate = cv2.GaussianBlur(scene, (0, 0), 1.0) * np.float32(factor)
        seen: list[np.ndarray] = []

        def note(plane: np.ndarray, variance: np.ndarray, seen: list[np.ndarray] = seen) -> np.ndarray:
            seen.append(variance)
            return plane

        refine(estimate, frames, Step(support=1.5), scale=1.0, share=0.2, shrink=note)
        found.append((estimate, seen))
    (one, one_variance), (two, two_variance) = found
    np.testing.assert_allclose(two, 2 * one, atol=1e-4)
    for a, b in zip(one_variance, two_variance, strict=True):
        np.testing.assert_allclose(b, 4 * a, rtol=1e-3)


def test_the_variance_told_to_the_noise_removal_is_that_of_its_plane(motion: Motion, held: Held) -> None:
    """Flat ground: all that is left over is noise."""
    h, w, sigma = 160, 160, 0.05
    rng = np.random.default_rng(1)
    for count, name, step in (
        (1, "RGGB", Step(support=1.0, shared=True)),
        (6, "RGGB", Step(support=1.0, shared=True)),
        (6, "RGGB", Step(support=1.5)),
        (6, "XTRANS", Step(support=1.5)),
    ):
        frames = [
            held(np.full((h, w, 3), 0.5), CfaPattern(name=name), motion(h, w, shift_px=shift), sigma=sigma, seed=k)
            for k, shift in enumerate(np.vstack([[0.0, 0.0], rng.uniform(-3, 3, (count - 1, 2))]))
        ]
        told: list[tuple[float, float]] = []

        def note(plane: np.ndarray, variance: np.ndarray, told: list[tuple[float, float]] = told) -> np.ndarray:
            told.append((float(plane[8:-8, 8:-8].var()), float(variance[4:-4, 4:-4].mean())))
            return plane

        refine(np.full((h, w, 3), 0.5, np.float32), frames, step, scale=1.0, share=0.0, shrink=note)
        for real, stated in told:
            # One number for all kernels and lattices: right within a factor of 1.6, that is 27 % in deviation.
            assert 1 / 1.6 < stated / real < 1.6


def test_nothing_but_the_estimate_changes(burst: Callable[..., tuple[np.ndarray, list[HeldFrame]]]) -> None:
    scene, frames = burst(64, 80)
    codes = [f.codes.copy() for f in frames]
    guide, estimate = scene.copy(), np.zeros_like(scene)
    refine(estimate, frames, Step(support=3.5, prior=1e-3), scale=1.0, share=0.1, shrink=None, guide=guide)
    assert np.array_equal(guide, scene)
    assert all(np.array_equal(a, f.codes) for a, f in zip(codes, frames, strict=True))
    assert np.sqrt(np.mean((estimate - scene) ** 2)) < 0.1


@pytest.mark.parametrize("name", ["RGGB", "XTRANS", "QUAD_GRBG", "MONO"])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_zeros_become_the_samples_up_to_the_rim(motion: Motion, held: Held, name: CfaName, scale: float) -> None:
    h, w, colour = 48, 60, np.array([0.3, 0.6, 0.2])
    if name == "MONO":
        colour = np.array([0.6, 0.6, 0.6])
    picture = np.broadcast_to(colour, (h, w, 3))
    frames = [
        held(picture, CfaPattern(name=name), motion(h, w, shift_px=(4.0 * k, -3.0 * k)), sigma=1e-3) for k in (0, 1)
    ]
    size = (round(h * scale), round(w * scale))
    guide = np.broadcast_to(colour.astype(np.float32), (*size, 3)).copy()
    estimate = np.zeros_like(guide)
    step = Step(support=3.5, prior=1e-3, shared=name == "MONO")
    refine(estimate, frames, step, scale=scale, share=0.1, shrink=None, guide=guide)
    # The prior takes its thousandth; at a corner of a Quad-Bayer mosaic the nearest red is 2.9 px away, where the
    # kernel is down to 0.1 and the prior a hundredth of it.
    np.testing.assert_allclose(estimate, guide, rtol=0.03)


@pytest.mark.parametrize("support", [1.0, 1.5, 3.5])
def test_full_photosites_of_a_longer_exposure_say_nothing(motion: Motion, support: float) -> None:
    h, w = 64, 64
    cfa, alignment = CfaPattern(name="RGGB"), motion(64, 64)
    scene = np.full((h, w), 0.15, np.float32)
    scene[20:44, 20:44] = 0.8
    noise = NoiseModel.same(shot=0.0, read=1e-6)

    def frame(values: np.ndarray, exposure: float) -> HeldFrame:
        mosaic = LinearMosaic(values=values, cfa=cfa, gains=(1.0, 1.0, 1.0), noise=noise, exposure=exposure)
        return HeldFrame.of(mosaic, alignment)

    frames = [frame(scene, 1.0), *(frame(np.minimum(scene, np.float32(0.25)), 0.25) for _ in range(3))]
    truth = np.repeat(scene[..., None], 3, axis=-1)
    step = Step(support=support, prior=1e-3, shared=True, detail=_ALL)
    alone, estimate = np.zeros_like(truth), np.zeros_like(truth)
    refine(alone, frames[:1], step, scale=1.0, share=0.0, shrink=None, guide=truth)
    refine(estimate, frames, step, scale=1.0, share=0.0, shrink=None, guide=truth)
    assert np.isfinite(estimate).all()
    np.testing.assert_allclose(estimate, alone, atol=2e-3)


def test_what_no_frame_sees_stays_as_it_was(motion: Motion, held: Held) -> None:
    h, w = 64, 64
    estimate = np.random.default_rng(0).uniform(0.4, 0.42, (h, w, 3)).astype(np.float32)
    before = estimate.copy()
    away = held(np.full((h, w, 3), 0.5), CfaPattern(name="RGGB"), motion(h, w, shift_px=(500.0, 0.0)), sigma=0.01)
    refine(estimate, [away], Step(support=1.5), scale=1.0, share=0.0, shrink=None)
    assert np.array_equal(estimate, before)
    half = held(np.full((h, w, 3), 0.5), CfaPattern(name="RGGB"), motion(h, w, shift_px=(32.0, 0.0)), sigma=0.01)
    refine(estimate, [half], Step(support=1.5), scale=1.0, share=0.0, shrink=None)
    assert np.array_equal(estimate[:, 34:], before[:, 34:])
    assert np.abs(estimate[:, :30] - 0.5).mean() < 0.5 * np.abs(before[:, :30] - 0.5).mean()


def _worst_of_blocks(
    texture: Texture, name: CfaName, sigma: float, *, moving: bool, detail: float = DETAIL_PART
) -> tuple[float, np.ndarray]:
    """Change of PSNR in 64-px blocks, in dB, when a burst with a disc refines a good picture of its first frame."""
    h, w, margin = 192, 192, 8
    canvas = _scene(texture, h + 2 * margin, w + 2 * margin)
    y, x = np.mgrid[: h + 2 * margin, : w + 2 * margin] - margin
    cfa, rng, frames = CfaPattern(name=name), np.random.default_rng(4), []
    for k in range(5):
        picture, step = canvas.copy(), k if moving else 0
        picture[(x - 50 - 22 * step) ** 2 + (y - 90 - 4 * step) ** 2 < 18**2] = (0.9, 0.75, 0.3)
        dx, dy = (int(d) for d in rng.integers(-4, 5, 2)) if k else (0, 0)
        seen = picture[margin + dy : margin + dy + h, margin + dx : margin + dx + w]
        if k == 0:
            truth = seen
        alignment = Alignment.identity((h, w))
        alignment.affine[:, 2] = (-dx, -dy)
        noise = rng.standard_normal((h, w)) * sigma
        mosaic = LinearMosaic(
            values=(cfa.sample(seen) + noise).astype(np.float32),
            cfa=cfa,
            gains=(1.0, 1.0, 1.0),
            noise=NoiseModel.same(shot=0.0, read=sigma**2),
        )
        frames.append(HeldFrame.of(mosaic, alignment))
    # It has most of the detail, and a quarter of a frame's noise.
    before = cv2.GaussianBlur(truth, (0, 0), 0.6) + (rng.standard_normal(truth.shape) * sigma / 4).astype(np.float32)
    after = before.copy()
    for step in (Step(support=1.0, shared=True, detail=detail), Step(support=1.5, detail=detail)):
        refine(after, frames, step, scale=1.0, share=1 / 16, shrink=partial(shrink_blocks, threshold=LAMBDA, stride=8))
    error_before, error_after = (
        np.square(p - truth).mean(axis=2).reshape(3, 64, 3, 64).mean(axis=(1, 3)) for p in (before, after)
    )
    change = 10 * np.log10(error_before / error_after)
    return float(change.min()), change


@pytest.mark.parametrize("sigma", [0.003, 0.06])
@pytest.mark.parametrize("name", ["RGGB", "XTRANS"])
def test_what_moved_in_a_frame_is_not_blended_in(texture: Texture, name: CfaName, sigma: float) -> None:
    _, still = _worst_of_blocks(texture, name, sigma, moving=False)
    _, moving = _worst_of_blocks(texture, name, sigma, moving=True)
    # No block loses by the disc: neither against the picture before nor, where noise comes in, against the same burst
    # without motion.
    assert (moving - np.minimum(still, 0)).min() > -0.5
    # That would be seen: with every frame trusted, there is a disc in each of the places.
    worst, _ = _worst_of_blocks(texture, name, sigma, moving=True, detail=_ALL)
    assert worst < moving.min() - 2


def test_a_step_out_of_range_is_refused() -> None:
    for wrong in (
        {"support": 0.4},
        {"support": 40.0},
        {"support": 1.0, "prior": 0.0},
        {"support": 1.0, "detail": -0.1},
    ):
        with pytest.raises(ContractError, match="support lies"):
            Step(**wrong)
    assert [Step(support=s).reach for s in (1.0, 1.5, 2.0, 3.5)] == [1, 1, 2, 3]
