"""The same scene at many focus distances, as one picture each or as the pair a dual-pixel sensor sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from jaxtyping import Float32

from catchlight.camera.dual_pixel import DualPixel, dual_pixel_kernels
from catchlight.camera.lens.disc import disc_kernel
from catchlight.camera.lens.lens import Lens
from catchlight.camera.lens.thin_lens import breathing_scale, signed_coc_px
from catchlight.core.depth import MetricDepth
from catchlight.core.errors import ContractError
from catchlight.simulate.defocus.compose import Kernel, defocused
from catchlight.simulate.defocus.depth_layers import DepthLayers
from catchlight.simulate.hand_shake import rigid
from catchlight.simulate.lanczos import sample_tile


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FocusShot:
    """One focus distance.

    Args:
        focus_d: where the lens is focused.
        picture: linear RGB of the whole aperture.
        left: of the left part of the aperture, as bright as the whole; None without dual pixels.
        right: of the right part.
        coc_px: signed diameter of the circle of confusion of what is visible; > 0 nearer than the focus.
        scale: size of this picture over that of the stack's truth: focus breathing, about the middle.
    """

    focus_d: float
    picture: Float32[np.ndarray, "h w 3"]
    left: Float32[np.ndarray, "h w 3"] | None
    right: Float32[np.ndarray, "h w 3"] | None
    coc_px: Float32[np.ndarray, "h w"]
    scale: float


class FocalStack(Sequence[FocusShot]):
    """Shots that are made when they are asked for.

    Args:
        layers: the scene.
        lens: focal length, aperture and breathing.
        pixel_pitch_um: side of a pixel of the picture.
        focus_d: focus of every shot, in dioptres.
        dual_pixel: also makes the left and right pictures.

    Raises:
        ContractError: no shot, or a distance nearer than the focal length.
    """

    def __init__(
        self,
        layers: DepthLayers,
        *,
        lens: Lens,
        pixel_pitch_um: float,
        focus_d: Sequence[float],
        dual_pixel: DualPixel | None = None,
    ) -> None:
        if not focus_d:
            raise ContractError("a focal stack has one shot at least; found none")
        self.layers, self.lens, self.pixel_pitch_um, self.dual_pixel = layers, lens, pixel_pitch_um, dual_pixel
        self.focus_d = tuple(float(d) for d in focus_d)
        # The truth has the size of the smallest picture, so that the others need nothing from outside it.
        self._unit = min(breathing_scale(lens, d) for d in self.focus_d)

    def __len__(self) -> int:
        return len(self.focus_d)

    def __iter__(self) -> Iterator[FocusShot]:
        return (self._shot(d) for d in self.focus_d)

    @overload
    def __getitem__(self, index: int) -> FocusShot: ...

    @overload
    def __getitem__(self, index: slice) -> list[FocusShot]: ...

    def __getitem__(self, index: int | slice) -> FocusShot | list[FocusShot]:
        if isinstance(index, slice):
            return [self._shot(d) for d in self.focus_d[index]]
        return self._shot(self.focus_d[index])

    def all_in_focus(self) -> Float32[np.ndarray, "h w 3"]:
        """The scene without blur, linear RGB, at scale 1."""
        return self.layers.all_in_focus()

    def depth(self) -> MetricDepth:
        """Depth of the scene at scale 1."""
        return self.layers.true_depth()

    def _shot(self, focus_d: float) -> FocusShot:
        scale = breathing_scale(self.lens, focus_d) / self._unit

        def confusion(dioptres: Float32[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
            coc = signed_coc_px(self.lens, object_d=dioptres, focus_d=focus_d, pixel_pitch_um=self.pixel_pitch_um)
            return np.asarray(coc, np.float32)

        def picture(kernel: Kernel) -> Float32[np.ndarray, "h w 3"]:
            return _scaled(defocused(self.layers, confusion=confusion, kernel=kernel), scale)

        left = right = None
        dual_pixel = self.dual_pixel
        if dual_pixel is not None:
            left = picture(lambda coc: dual_pixel_kernels(dual_pixel, coc)[0])
            right = picture(lambda coc: dual_pixel_kernels(dual_pixel, coc)[1])
        coc = confusion(self.depth().dioptres)
        # Depth is never mixed across an edge: each pixel takes that of the nearest one.
        rows, columns = (_nearest(side, scale) for side in coc.shape)
        return FocusShot(
            focus_d=focus_d,
            picture=picture(lambda coc_px: disc_kernel(abs(coc_px))),
            left=left,
            right=right,
            coc_px=np.ascontiguousarray(coc[rows][:, columns]),
            scale=scale,
        )


def _scaled(picture: Float32[np.ndarray, "h w 3"], scale: float) -> Float32[np.ndarray, "h w 3"]:
    if abs(scale - 1) < 1e-9:
        return picture
    h, w, _ = picture.shape
    source_from_output = rigid(about=(w / 2, h / 2), shift_px=(0.0, 0.0), angle_deg=0.0, scale=1 / scale)
    planes = [
        sample_tile(picture, source_from_output, tile=np.full((2, 2), c, np.int64), window=(0, 0, h, w))
        for c in range(3)
    ]
    return np.maximum(np.stack(planes, axis=-1), np.float32(0))


def _nearest(side: int, scale: float) -> np.ndarray:
    at = (np.arange(side) + 0.5 - side / 2) / scale + side / 2
    return np.clip(np.floor(at), 0, side - 1).astype(np.int64)
