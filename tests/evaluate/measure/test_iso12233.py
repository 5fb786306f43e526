"""The baseline is a fair one: on easy edges it is right, and its window widens what it should."""

from __future__ import annotations

import math

import numpy as np
import pytest

from catchlight.evaluate.measure.iso12233 import iso12233_mtf50
from catchlight.simulate.charts import edge_roi


@pytest.mark.parametrize("angle_deg", [-7.0, 3.0, 5.0])
@pytest.mark.parametrize("sigma_px", [0.8, 1.5])
def test_easy_edges(angle_deg: float, sigma_px: float) -> None:
    truth = math.sqrt(math.log(2) / 2) / (math.pi * sigma_px)
    roi = edge_roi(angle_deg=angle_deg, sigma_px=sigma_px)
    assert iso12233_mtf50(roi, window="tukey", bin_correction=True) == pytest.approx(truth, rel=0.01)
    assert iso12233_mtf50(roi) == pytest.approx(truth, rel=0.04)


def test_bins_and_windows_bias_as_theory_says() -> None:
    """Uncorrected quarter-pixel bins read too soft, by their sinc."""
    roi = edge_roi(angle_deg=5.0, sigma_px=0.4)
    plain, corrected = (iso12233_mtf50(roi, window="tukey", bin_correction=c) for c in (False, True))
    assert plain is not None
    assert corrected is not None
    assert plain < corrected


def test_nothing_to_find() -> None:
    ramp = np.repeat(np.linspace(0.2, 0.8, 64, dtype=np.float32)[None], 100, axis=0)
    found = iso12233_mtf50(ramp)
    assert found is None or found < 0.03
