import numpy as np

from catchlight.simulate.scene3d.sample_plane import sample_plane


def _cubic(t: float) -> float:
    """Keys 1981, equation 4, with a = -1/2."""
    t = abs(t)
    if t < 1:
        return 1.5 * t**3 - 2.5 * t**2 + 1
    return -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2 if t < 2 else 0.0


def test_it_is_the_cubic_of_the_texture() -> None:
    texture = np.random.default_rng(0).random((9, 11, 4)).astype(np.float32)
    # Magnified, slanted: texture pixels are larger than those of the picture, so the first level alone is read.
    card_from_image = np.array([[0.31, 0.02, 0.5], [-0.03, 0.33, 0.7], [0.002, -0.001, 1.0]])
    drawn, depth = sample_plane([texture], np.repeat(card_from_image[None], 20, axis=0), width_px=24, endless=False)
    for row, column in ((0, 0), (7, 9), (19, 23), (12, 3)):
        u, v, near = card_from_image @ [column + 0.5, row + 0.5, 1.0]
        u, v = u / near - 0.5, v / near - 0.5
        expected = np.zeros(4)
        for j in range(int(np.floor(v)) - 1, int(np.floor(v)) + 3):
            for i in range(int(np.floor(u)) - 1, int(np.floor(u)) + 3):
                if 0 <= j < 9 and 0 <= i < 11:
                    expected += _cubic(v - j) * _cubic(u - i) * texture[j, i]
        np.testing.assert_allclose(drawn[row, column], np.clip(expected, 0, None), atol=1e-5)
        np.testing.assert_allclose(depth[row, column], 1 / near, rtol=1e-5)


def test_behind_the_camera_and_beside_the_card_is_nothing() -> None:
    texture = np.ones((8, 8, 4), np.float32)
    behind = np.diag([1.0, 1.0, -1.0])
    drawn, depth = sample_plane([texture], np.repeat(behind[None], 4, axis=0), width_px=4, endless=True)
    assert not drawn.any()
    assert np.isinf(depth).all()
    beside = np.array([[1.0, 0, 50], [0, 1, 0], [0, 0, 1]])
    assert not sample_plane([texture], np.repeat(beside[None], 4, axis=0), width_px=4, endless=False)[0].any()


def test_an_endless_texture_bounces() -> None:
    texture = np.random.default_rng(2).random((6, 7, 4)).astype(np.float32)
    shifted = np.array([[1.0, 0, -12], [0, 1, -10], [0, 0, 1]])
    drawn, _ = sample_plane([texture], np.repeat(shifted[None], 16, axis=0), width_px=19, endless=True)
    # Two periods of reflection, 2·(7 - 1) and 2·(6 - 1), lead back to the texture itself.
    np.testing.assert_allclose(drawn[:6, :7], texture, atol=1e-6)
    np.testing.assert_allclose(drawn[6:11, :7], texture[4::-1], atol=1e-6)
