"""One level of two pyramids, and the questions that are asked of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from catchlight.burst.align.field import smooth_field
from catchlight.burst.align.solve import TileSolution, solve_tiles
from catchlight.burst.align.warp import moved_grey, seen_share

Grey = Float32[np.ndarray, "_ _"]

# Tile side and window side in pixels of the half-size grey picture; windows overlap, so that the field is smooth.
TILE, WINDOW = 32, 48
# Coarse levels look at a little more, to be sure of the way.
_COARSE_WINDOW, _SMALL_WINDOW = 56, 32


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AlignLevel:
    """Both pictures of a level, blurred by σ = 1, and what it takes to compare them tile by tile.

    Args:
        reference: grey picture.
        frame: the other one.
        factor: pixels of the finest level (the half-size picture) for each of this one.
        tile: side of a tile in pixels of the finest level.
        window: side of a tile's window in pixels of this level.
        noise_sigma: deviation of the noise in each of the blurred pictures.
    """

    reference: Grey
    frame: Grey
    factor: float
    tile: int
    window: int
    noise_sigma: float

    def grid(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of its tiles in a finest picture of this shape."""
        return -(-shape[0] // self.tile), -(-shape[1] // self.tile)

    def moved(
        self, affine: Float64[np.ndarray, "2 3"], shifts: Float32[np.ndarray, "rows columns 2"] | None = None
    ) -> Grey:
        """The frame under an affine in full-size pixels, and shifts of the finest level (there only)."""
        small = affine.copy()
        small[:, 2] /= 2 * self.factor
        return moved_grey(self.frame, self.reference, small, shifts=shifts, tile=self.tile)

    def seen(self, affine: Float64[np.ndarray, "2 3"], shape: tuple[int, int]) -> Float32[np.ndarray, "rows columns"]:
        """Share of every tile that the frame shows; `shape` is that of the finest picture."""
        small = affine.copy()
        small[:, 2] /= 2
        rows, columns = self.grid(shape)
        return seen_share(shape, small, tile=self.tile, rows=rows, columns=columns)

    def solve(
        self,
        moved: Grey,
        starts: Float32[np.ndarray, "rows columns 2"],
        *,
        wanted: Bool[np.ndarray, "rows columns"] | None = None,
        window: int | None = None,
    ) -> TileSolution:
        """`solve_tiles` on this level."""
        return solve_tiles(
            self.reference, moved, starts,
            factor=self.factor, tile=self.tile, window=window or self.window, noise_sigma=self.noise_sigma,
            wanted=wanted,
        )  # fmt: skip

    def explained(
        self, solution: TileSolution, seen: Float32[np.ndarray, "rows columns"]
    ) -> Float32[np.ndarray, "rows columns"]:
        """Share of every tile's signal that its shift explains, 0…1; 0 where less than half of the tile is seen.

        What noise alone leaves is not counted, and 0.3 of it more: three deviations of the mean of the 180 independent
        squares in a window.
        """
        noise = 2.6 * self.noise_sigma**2
        # Where the frame does not reach, the reference stands for it and differs by nothing.
        beyond = np.maximum(solution.cost / np.maximum(seen, 0.5) - noise, 0.0)
        share = 1 - beyond / np.maximum(solution.signal, 1e-12)
        share[beyond == 0] = 1
        share[seen < 0.5] = 0
        result: Float32[np.ndarray, "rows columns"] = np.clip(share, 0, 1).astype(np.float32)
        return result

    def trusted(
        self, solution: TileSolution, seen: Float32[np.ndarray, "rows columns"]
    ) -> tuple[Float32[np.ndarray, "rows columns 3"], Float32[np.ndarray, "rows columns 2"]]:
        """Precision and information of the shifts, less where they do not explain what is seen."""
        share = np.square(self.explained(solution, seen))[..., None]
        return solution.precision * share, solution.information * share

    def smooth(
        self, solution: TileSolution, seen: Float32[np.ndarray, "rows columns"]
    ) -> Float32[np.ndarray, "rows columns 2"]:
        """`smooth_field` of a solution."""
        return smooth_field(solution.shifts, *self.trusted(solution, seen))


def align_levels(reference: list[Grey], frame: list[Grey], noise_sigma: float) -> list[AlignLevel]:
    """Those that are gone through, coarsest first."""
    side = min(reference[0].shape)
    levels = [align_level(reference, frame, 0, WINDOW, noise_sigma)]
    for k in range(1, len(reference)):
        # A window is at most a quarter of the picture, or it would see all motions at once.
        fitting = [size for size in (_COARSE_WINDOW, _SMALL_WINDOW) if 4 * size * 2**k <= side]
        if not fitting:
            break
        levels.append(align_level(reference, frame, k, fitting[0], noise_sigma))
    return levels[::-1]


def align_level(reference: list[Grey], frame: list[Grey], k: int, window: int, noise_sigma: float) -> AlignLevel:
    """Level `k` of both pyramids; `noise_sigma` is that of their finest pictures."""
    factor = 2.0**k
    # The blur with σ = 1 averages about 4π samples, and each level's quartering halves the deviation.
    sigma = max(noise_sigma / factor / np.sqrt(4 * np.pi), 1e-5)
    a, b = (cv2.GaussianBlur(pyramid[k], (0, 0), 1.0) for pyramid in (reference, frame))
    # Windows of the coarsest would lie over each other sevenfold.
    tile = TILE if k < 2 else 2 * TILE
    return AlignLevel(reference=a, frame=b, factor=factor, tile=tile, window=window, noise_sigma=float(sigma))
