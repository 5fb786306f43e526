from dataclasses import replace

import numpy as np
import pytest

from catchlight.burst import Alignment, MosaicMerge
from catchlight.burst.merge import lattice_news
from catchlight.core import CfaPattern, LinearMosaic, NoiseModel

NOISE = NoiseModel.same(shot=1e-4, read=1e-6)


def _moved(dx: float, dy: float) -> Alignment:
    still = Alignment.identity((128, 128))
    return replace(still, affine=np.array([[1.0, 0.0, dx], [0.0, 1.0, dy]]))


def _mosaic(values: np.ndarray) -> LinearMosaic:
    return LinearMosaic(
        values=values.astype(np.float32), cfa=CfaPattern(name="GRBG"), gains=(1.0, 1.0, 1.0), noise=NOISE
    )


@pytest.mark.parametrize(
    ("shift", "news"), [((0, 0), 0.0), ((4, -2), 0.0), ((1, 0), 1.0), ((0.25, 0), 0.5), ((2, 3), 1)]
)
def test_only_another_lattice_tells_news(shift: tuple[float, float], news: float) -> None:
    np.testing.assert_allclose(lattice_news(_moved(float(shift[0]), float(shift[1]))), news, atol=1e-6)


def test_a_tripod_leaves_no_detail() -> None:
    rng = np.random.default_rng(0)
    scene = rng.uniform(0.2, 0.4, (128, 128))
    merge = MosaicMerge(_mosaic(scene))
    for _ in range(3):
        merge.add(_mosaic(scene + rng.normal(0, 0.005, scene.shape)), Alignment.identity(scene.shape))
    assert merge.finish().detail is None


def test_a_shifted_frame_leaves_detail_at_sites_of_other_colours_only() -> None:
    y, x = np.mgrid[:128, :130]
    scene = 0.4 + 0.2 * np.sin(x * 0.9) * np.sin(y * 0.7)
    merge = MosaicMerge(_mosaic(scene[:, :128]))
    # One pixel to the left: every site sees the neighbour's colour of a grey scene.
    merge.add(_mosaic(scene[:, 1:129]), _moved(-1.0, 0.0))
    merged = merge.finish()
    assert merged.detail is not None
    own = np.array(merged.cfa.sites)
    inner = merged.detail[8:-8, 8:-8]
    for site in range(4):
        planes = inner[site >> 1 :: 2, site & 1 :: 2]
        assert np.abs(planes[..., own[site]]).max() < 1e-6
        others = [c for c in range(3) if c != own[site]]
        assert np.abs(planes[..., others]).max() > 1e-4
