"""The figures of one picture: the same for every program, ours included."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32

from catchlight.core import InputError, srgb_encode
from catchlight.evaluate.develop.peers.placed_truth import place_truth
from catchlight.evaluate.develop.peers.tone_fit import fit_tone
from catchlight.evaluate.result_cache import Figures
from catchlight.measure import psnr, ssim
from catchlight.measure.similarity.worst_block import block_psnr

# Cut from each edge of what a picture and the truth have in common: the shake takes this much out of sight.
BORDER_PX, BLOCK_PX = 32, 64
PSNR, SSIM, WORST = "PSNR", "SSIM", "worst block"

Picture = Float32[np.ndarray, "h w 3"]
Truth = Float32[np.ndarray, "truth_h truth_w 3"]
Common = Float32[np.ndarray, "part_h part_w 3"]


def peer_score(picture: Picture, truth: Truth) -> Figures:
    """PSNR, SSIM and the PSNR of the worst 64×64 px, all of encoded sRGB after the same tone fit.

    Args:
        picture: linear light, any tone and colour, within 64 px of the truth's geometry.
        truth: linear sRGB, 0…1.

    Raises:
        InputError: the picture does not show the scene, or hardly any of it.
    """
    fitted, aim = fitted_pair(picture, truth)
    return {
        PSNR: psnr(fitted, aim),
        SSIM: ssim(fitted, aim),
        WORST: float(block_psnr(fitted, aim, size_px=BLOCK_PX).min()),
    }


def fitted_pair(picture: Picture, truth: Truth) -> tuple[Common, Common]:
    """The part that both show: the picture in the truth's tone, and the truth in the picture's place; encoded sRGB."""
    placed = place_truth(truth, picture)
    aim = np.clip(placed.pixels, 0, 1)
    fit = fit_tone(picture, aim, seen=placed.seen)
    part = _inner(placed.seen)
    return fit.applied(np.ascontiguousarray(picture[part])), srgb_encode(np.ascontiguousarray(aim[part]))


def _inner(seen: np.ndarray) -> tuple[slice, slice]:
    """The largest centred rectangle in which all is seen, but for the border."""
    h, w = seen.shape
    rows, columns = seen[:, w // 2], seen[h // 2]
    top, bottom = int(rows.argmax()), h - int(rows[::-1].argmax())
    left, right = int(columns.argmax()), w - int(columns[::-1].argmax())
    while not seen[top:bottom, left:right].all() and min(bottom - top, right - left) > 2:
        top, bottom, left, right = top + 1, bottom - 1, left + 1, right - 1
    part = slice(top + BORDER_PX, bottom - BORDER_PX), slice(left + BORDER_PX, right - BORDER_PX)
    if min(s.stop - s.start for s in part) < BLOCK_PX:
        raise InputError("expected a picture with at least 64 px in common with the scene")
    return part
