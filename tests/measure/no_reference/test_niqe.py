import math
from itertools import pairwise

import cv2
import numpy as np
import pytest
from scipy.special import gamma
from scipy.stats import gennorm

from catchlight.core import ContractError
from catchlight.measure.no_reference.natural_statistics import _fit, natural_statistics
from catchlight.measure.no_reference.niqe import PristineModel, fit_pristine, niqe, shipped_model


def _leaves(h: int, w: int, *, seed: int = 0) -> np.ndarray:
    """Discs of all sizes that hide each other: the simplest picture with the statistics of a photo."""
    rng = np.random.default_rng(seed)
    large = np.full((2 * h, 2 * w), 0.5, np.float32)
    for _ in range(6000):
        # Lee, Mumford and Huang 2001: the number of discs falls with the cube of their radius.
        radius = 2.5 / math.sqrt(rng.uniform(7e-5, 1))
        centre = (int(rng.uniform(0, 2 * w)), int(rng.uniform(0, 2 * h)))
        cv2.circle(large, centre, int(radius), float(rng.uniform(0.05, 0.95)), -1, cv2.LINE_AA)
    small = cv2.resize(large, (w, h), interpolation=cv2.INTER_AREA)
    return small + rng.normal(0, 1 / 255, (h, w)).astype(np.float32)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return _leaves(384, 384)


def _jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    eight = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", eight, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.float32) / np.float32(255)


@pytest.fixture(scope="module")
def kin() -> PristineModel:
    """A model of undamaged pictures of the scene's own kind."""
    return fit_pristine([_leaves(384, 384, seed=s) for s in range(1, 5)], sharpest=0.0)


@pytest.mark.parametrize("damage", ["noise", "blur", "jpeg"])
def test_damage_is_seen_and_ranked(scene: np.ndarray, kin: PristineModel, damage: str) -> None:
    noise = np.random.default_rng(1).standard_normal(scene.shape, np.float32)
    ladder = {
        "noise": [scene + np.float32(s / 255) * noise for s in (5, 10, 20, 40)],
        "blur": [cv2.GaussianBlur(scene, (0, 0), s) for s in (1, 1.5, 2, 3)],
        "jpeg": [_jpeg(scene, q) for q in (60, 30, 15, 5)],
    }[damage]
    assert min(niqe(picture, model=kin) for picture in ladder) > 2 * niqe(scene, model=kin)
    # To the model of photos a picture of discs is strange already, and compression hides that at first: the order
    # counts from the first damage on.
    scores = [niqe(picture) for picture in ladder]
    assert all(b > a for a, b in pairwise(scores)), scores


def test_mirrored_turned_and_repeated_it_scores_the_same(scene: np.ndarray) -> None:
    score = niqe(scene)
    assert niqe(scene) == score
    for other in (scene[:, ::-1], scene.T):
        # The four directions change places, and the patches' features with them: close, not equal.
        assert niqe(np.ascontiguousarray(other)) == pytest.approx(score, rel=0.15)
    colour = np.repeat(scene[..., None], 3, axis=2)
    assert niqe(colour) == pytest.approx(score, rel=1e-3)


def test_the_contrast_of_the_light_hardly_matters(scene: np.ndarray) -> None:
    # The local normalisation divides it out, up to the constant C.
    assert niqe(np.float32(0.9) * scene + np.float32(0.05)) == pytest.approx(niqe(scene), rel=0.05)


def test_the_score_is_the_distance_of_two_gaussians_by_hand(scene: np.ndarray) -> None:
    features, _ = natural_statistics(scene)
    # A model with a tremendous covariance in every direction but the first makes the distance one quotient.
    variance = np.full(36, 1e12)
    variance[0] = 4.0
    model = PristineModel(mean=np.zeros(36), covariance=np.diag(variance), patches=100)
    covariance = np.cov(features, rowvar=False)
    expected = features[:, 0].mean() / math.sqrt((4.0 + covariance[0, 0]) / 2)
    assert niqe(scene, model=model) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("shape", [1.0, 2.0])
def test_the_moments_find_the_shape_of_a_generalised_gaussian(shape: float) -> None:
    left, right = 0.5, 1.25
    # An asymmetric sample: each side has its own scale, and a share of the samples in proportion.
    rng = np.random.default_rng(2)
    size = np.abs(gennorm.rvs(shape, size=(20, 40_000), random_state=3))
    negative = rng.random(size.shape) < left / (left + right)
    values = np.where(negative, -left * size, right * size).astype(np.float32)
    found, below, above, offset = _fit(values)
    # 20 repetitions of 40,000 samples: their means lie within 1 % (four standard errors measured).
    assert found.mean() == pytest.approx(shape, rel=0.01)
    assert below.mean() == pytest.approx(left, rel=0.01)
    assert above.mean() == pytest.approx(right, rel=0.01)
    assert offset.mean() == pytest.approx((right - left) * gamma(2 / shape) / gamma(1 / shape), rel=0.02)


def test_one_patch_agrees_with_a_slow_reference() -> None:
    plane = np.random.default_rng(4).random((192, 192), np.float32)
    features, contrast = natural_statistics(plane)
    x = np.arange(-3, 4)
    weights = np.exp(-(x**2) / (2 * (7 / 6) ** 2))
    window = np.outer(weights, weights) / np.outer(weights, weights).sum()
    full = 255 * plane.astype(np.float64)
    normal, deviation = np.zeros((94, 94)), np.zeros((94, 94))
    # The patch in the upper left without its border, where the picture is continued by copies of its edge.
    for row in range(3, 94):
        for column in range(3, 94):
            box = full[row - 3 : row + 4, column - 3 : column + 4]
            mean = (window * box).sum()
            deviation[row, column] = math.sqrt((window * (box - mean) ** 2).sum())
            normal[row, column] = (full[row, column] - mean) / (deviation[row, column] + 1)
    inside = normal[3:94, 3:94]
    # White noise is close to a Gaussian after normalisation; the scale follows from the variance for its shape.
    shape = features[0, 0]
    scale = math.sqrt((inside**2).mean() * gamma(1 / shape) / gamma(3 / shape))
    assert features[0, 1] == pytest.approx(scale, rel=0.02)
    assert contrast[0] == pytest.approx(deviation[3:94, 3:94].mean(), rel=0.02)


def test_a_fitted_model_calls_its_own_kind_natural(scene: np.ndarray, kin: PristineModel) -> None:
    assert kin.patches == 64
    assert niqe(scene, model=kin) < niqe(scene) / 2
    assert niqe(cv2.GaussianBlur(scene, (0, 0), 1.5), model=kin) > 2 * niqe(scene, model=kin)


def test_the_shipped_model_is_sound() -> None:
    model = shipped_model()
    assert model.patches > 1000
    assert np.linalg.eigvalsh(model.covariance).min() > 0
    # An undamaged photo's coefficients are nearly Gaussian (2); products of neighbours are peaked (below 1).
    assert 2 < model.mean[0] < 3.5
    assert 0.5 < model.mean[2] < 1


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((191, 400), np.float32), "192×192"),
        (np.zeros((1, 1, 3), np.float32), "192×192"),
        (np.full((200, 200), 0.5, np.float32), "flat"),
        (np.full((200, 200), np.nan, np.float32), "finite"),
        (np.zeros((200, 200, 4), np.float32), "h×w×3"),
    ],
)
def test_what_cannot_be_judged_is_refused(picture: np.ndarray, message: str) -> None:
    with pytest.raises(ContractError, match=message):
        niqe(picture)


def test_too_few_photos_make_no_model() -> None:
    with pytest.raises(ContractError, match="more photos"):
        fit_pristine([np.random.default_rng(5).random((192, 192), np.float32)])
