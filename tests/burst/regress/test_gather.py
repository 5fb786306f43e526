from collections.abc import Callable

import numpy as np
import pytest

from catchlight.burst import Alignment
from catchlight.burst.regress import HeldFrame
from catchlight.burst.regress.gather import gather_rows, reach_of
from catchlight.core import CfaName, CfaPattern

H, W = 40, 150
MOTIONS = {
    "still": {},
    "shifted": {"shift_px": (0.31, -2.64)},
    "turned": {"angle_deg": 3.0, "shift_px": (-4.2, 1.7)},
    "turned and nearer": {"angle_deg": -9.0, "zoom": 1.08, "shift_px": (6.1, 3.3)},
}
Motion = Callable[..., Alignment]
Held = Callable[..., HeldFrame]


def _slow(
    frame: HeldFrame, samples: np.ndarray, weight: np.ndarray, *, scale: float, support: float, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums and weights of red, green and blue one tap at a time, and which pixels have a nearest sample for sure."""
    rows, columns = samples.shape
    y, x = (np.mgrid[: size[0], : size[1]] + 0.5) / scale
    affine = frame.alignment.affine
    u = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]
    v = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]
    nearest_u, nearest_v = np.floor(u).astype(int), np.floor(v).astype(int)
    seen = (nearest_u >= 0) & (nearest_v >= 0) & (nearest_u < columns) & (nearest_v < rows)
    w = np.where(seen, weight[np.clip(nearest_v, 0, rows - 1), np.clip(nearest_u, 0, columns - 1)], 0)
    colours = frame.cfa.colour_map(rows, columns)
    sums, weights = np.zeros((3, *size)), np.zeros((3, *size))
    window = range(-int(support) - 2, int(support) + 3)
    for j in window:
        for i in window:
            at_u, at_v = nearest_u + i, nearest_v + j
            there = (at_u >= 0) & (at_v >= 0) & (at_u < columns) & (at_v < rows)
            at_u, at_v = np.clip(at_u, 0, columns - 1), np.clip(at_v, 0, rows - 1)
            k = w * there
            for t in ((at_u + 0.5 - u) / support, (at_v + 0.5 - v) / support):
                k = k * np.clip(1 - t**2, 0, None) ** 2
            for c in range(3):
                mine = k * (colours[at_v, at_u] == c)
                weights[c] += mine
                sums[c] += mine * samples[at_v, at_u]
    tie = np.minimum(np.abs(u - np.round(u)), np.abs(v - np.round(v)))
    return sums, weights, tie > 1e-4


def _check(
    frame: HeldFrame, *, scale: float, support: float, shared: bool, size: tuple[int, int], least_seen: float = 0.5
) -> None:
    rng = np.random.default_rng(5)
    samples = rng.standard_normal((H, W)).astype(np.float32)
    weight = np.clip(rng.uniform(-0.5, 1, (H, W)), 0, 1).astype(np.float32)
    slow, slow_weights, sure = _slow(frame, samples, weight, scale=scale, support=support, size=size)
    sums = np.zeros((1 if shared else 3, *size), np.float32)
    weights = np.zeros_like(sums)
    # Twice: what is there already is added to.
    for _ in range(2):
        gather_rows(
            frame, samples, weight, first_row=0, scale=scale, support=support, shared=shared, top=0, sums=sums,
            weights=weights,
        )  # fmt: skip
    if shared:
        slow, slow_weights = slow.sum(0, keepdims=True), slow_weights.sum(0, keepdims=True)
    assert (slow_weights.sum(0) > 0).mean() > least_seen
    np.testing.assert_allclose(sums[:, sure], 2 * slow[:, sure], atol=2e-4)
    np.testing.assert_allclose(weights[:, sure], 2 * slow_weights[:, sure], atol=2e-4)


@pytest.mark.parametrize("name", ["RGGB", "GRBG", "GBRG", "BGGR"])
@pytest.mark.parametrize(
    ("scale", "moved"), [(1.0, "shifted"), (1.0, "turned and nearer"), (1.5, "turned"), (2.0, "still")]
)
@pytest.mark.parametrize("support", [1.5, 2.5])
def test_bayer_as_written_out_slowly(
    motion: Motion, held: Held, name: CfaName, scale: float, moved: str, support: float
) -> None:
    frame = held(np.zeros((H, W, 3)), CfaPattern(name=name), motion(H, W, **MOTIONS[moved]))
    # An odd width, and a height that is not the scale's.
    _check(
        frame, scale=scale, support=support, shared=False, size=(round(H * scale) - 3, round(W * scale) // 2 * 2 - 1)
    )


@pytest.mark.parametrize("name", ["XTRANS", "QUAD_GRBG", "NONA_BGGR", "MONO"])
@pytest.mark.parametrize(
    ("scale", "support", "moved"), [(1.0, 1.5, "turned"), (1.0, 3.5, "turned and nearer"), (2.0, 2.0, "shifted")]
)
def test_any_tile_as_written_out_slowly(
    motion: Motion, held: Held, name: CfaName, scale: float, support: float, moved: str
) -> None:
    cfa = CfaPattern(name=name, origin=(2, 3))
    frame = held(np.zeros((H, W, 3)), cfa, motion(H, W, **MOTIONS[moved]))
    _check(frame, scale=scale, support=support, shared=False, size=(round(H * scale), round(W * scale) - 1))


@pytest.mark.parametrize(
    ("scale", "support", "moved"),
    [
        (1.0, 1.0, "shifted"),
        (1.0, 1.5, "turned"),
        (1.5, 1.0, "turned and nearer"),
        (2.0, 1.0, "still"),
        (2.0, 2.6, "turned"),
    ],
)
def test_all_colours_in_one_sum_as_written_out_slowly(
    motion: Motion, held: Held, scale: float, support: float, moved: str
) -> None:
    frame = held(np.zeros((H, W, 3)), CfaPattern(name="RGGB"), motion(H, W, **MOTIONS[moved]))
    _check(frame, scale=scale, support=support, shared=True, size=(round(H * scale), round(W * scale) - 1))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("name", "support"), [("GBRG", 1.5), ("XTRANS", 2.5)])
def test_some_rows_are_those_of_the_whole(
    motion: Motion, held: Held, name: CfaName, support: float, shared: bool
) -> None:
    rng = np.random.default_rng(2)
    h, w, scale = 64, 50, 1.5
    alignment = motion(h, w, angle_deg=2.0, shift_px=(1.3, -2.2), field=rng.uniform(-1, 1, (4, 4, 2)), cell_px=16)
    frame = held(np.zeros((h, w, 3)), CfaPattern(name=name), alignment)
    samples, weight = rng.standard_normal((h, w)).astype(np.float32), rng.random((h, w)).astype(np.float32)
    k = 1 if shared else 3
    whole = np.zeros((2, k, 96, 75), np.float32)
    gather_rows(
        frame, samples, weight, first_row=0, scale=scale, support=support, shared=shared, top=0, sums=whole[0],
        weights=whole[1],
    )  # fmt: skip
    for first, last, top, bottom in ((0, 40, 0, 40), (12, 54, 36, 60), (30, 64, 62, 96)):
        part = np.zeros((2, k, bottom - top, 75), np.float32)
        gather_rows(
            frame, samples[first:last], weight[first:last], first_row=first, scale=scale, support=support,
            shared=shared, top=top, sums=part[0], weights=part[1],
        )  # fmt: skip
        np.testing.assert_allclose(part, whole[:, :, top:bottom], atol=1e-5)


def test_a_place_that_moves_with_the_tiles(motion: Motion, held: Held) -> None:
    """The mean of samples that are a plane tells where they were taken."""
    h, w = 128, 192
    rng = np.random.default_rng(3)
    alignment = motion(h, w, angle_deg=1.0, field=rng.uniform(-0.5, 0.5, (2, 3, 2)))
    frame = held(np.zeros((h, w, 3)), CfaPattern(name="MONO"), alignment)
    y, x = np.mgrid[:h, :w].astype(np.float32) + np.float32(0.5)
    found = []
    for plane in (x, y):
        sums, weights = np.zeros((2, 1, h, w), np.float32)
        gather_rows(
            frame, plane, np.ones_like(plane), first_row=0, scale=1.0, support=3.0, shared=True, top=0, sums=sums,
            weights=weights,
        )  # fmt: skip
        found.append((sums / np.maximum(weights, 1e-6))[0])
    centres = alignment.at_tiles().vectors
    for row, column in np.ndindex(2, 3):
        at = (slice(row * 64 + 31, row * 64 + 33), slice(column * 64 + 31, column * 64 + 33))
        moved = np.array([(found[0] - x)[at].mean(), (found[1] - y)[at].mean()])
        # A biweight of support 3 on samples 1 apart puts a mean up to 0.013 from its place; the field changes by up to
        # 0.016 a pixel, here over half a one.
        np.testing.assert_allclose(moved, centres[row, column], atol=0.021)


def test_reach_holds_the_whole_kernel_and_no_more() -> None:
    for support in (0.6, 1.0, 1.5, 1.51, 2.0, 2.5, 3.5):
        reach = reach_of(support)
        # The nearest sample is half a pixel away at most; the next beyond is as far as the support at least.
        assert reach + 0.5 >= support > reach - 0.5
