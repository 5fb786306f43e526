import numpy as np
import pytest

from catchlight.evaluate.photo_sets import Photo
from catchlight.evaluate.raw_engine.demosaic_bases import AHD, noisy_bases
from catchlight.evaluate.raw_engine.denoisers import encoded
from catchlight.evaluate.raw_engine.noisy_case import NoisyCase
from catchlight.measure import psnr


def test_every_base_sees_the_same_light(town: Photo) -> None:
    """A shift, a wrong white balance or another scale would cost any of them far more than its noise."""
    case = NoisyCase(town, 1.0, 1, 128)
    truth = case.truth()
    levels = {}
    for name, work in noisy_bases().items():
        rgb = work(case.raw, case.mosaic)
        assert rgb.shape == (128, 128, 3)
        picture = encoded(rgb, case.mosaic, case.raw.colour)
        assert psnr(picture, truth, border_px=16) > 30, name
        levels[name] = np.clip(rgb, 0, 1)[16:-16, 16:-16].reshape(-1, 3).mean(0)
    own = levels.pop("catchlight demosaic")
    assert AHD in levels
    for name, level in levels.items():
        # LibRaw cuts off what noise takes below black, which brightens the night a little.
        np.testing.assert_allclose(level, own, rtol=0.06, err_msg=name)


def test_a_merge_has_less_noise_than_its_frames_and_says_so(town: Photo) -> None:
    single, merged = NoisyCase(town, 16.0, 1, 128), NoisyCase(town, 16.0, 8, 128)
    share = merged.mosaic.share
    assert share is not None and float(np.median(share)) < 0.3
    assert single.mosaic.share is None
    error = {}
    for case in (single, merged):
        clean = case.burst.clean_mosaic(0)
        values = case.mosaic.values.copy()
        for colour, plane in case.mosaic.cfa.planes:
            values[plane] /= case.mosaic.gains[colour]
        error[case.frames] = psnr(values, clean, border_px=32)
    assert error[8] > error[1] + 3


@pytest.mark.parametrize("frames", [1, 8])
def test_the_case_is_the_same_every_time(frames: int, town: Photo) -> None:
    one, two = (NoisyCase(town, 4.0, frames, 64) for _ in range(2))
    np.testing.assert_array_equal(one.raw.mosaic, two.raw.mosaic)
    assert not np.array_equal(one.raw.mosaic, NoisyCase(town, 4.0, 9 - frames, 64).raw.mosaic)
