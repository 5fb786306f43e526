import numpy as np
import pytest

from catchlight.core import ContractError, Flow


def _flow(**changes: np.ndarray) -> Flow:
    given = {"vectors": np.zeros((2, 3, 2), np.float32), "confidence": np.ones((2, 3), np.float32), **changes}
    return Flow(**given)


def test_length() -> None:
    vectors = np.zeros((2, 3, 2), np.float32)
    vectors[1, 2] = 3, -4
    assert _flow(vectors=vectors).length_px[1, 2] == 5
    assert _flow(vectors=vectors).length_px.sum() == 5


@pytest.mark.usefixtures("as_users_meet_it")
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vectors": np.full((2, 3, 2), np.nan, np.float32)}, "finite"),
        ({"confidence": np.full((2, 3), 1.01, np.float32)}, "0…1"),
        ({"confidence": np.full((2, 3), -0.01, np.float32)}, "0…1"),
        ({"confidence": np.full((2, 3), np.nan, np.float32)}, "0…1"),
        ({"confidence": np.ones((3, 2), np.float32)}, "h×w×2"),
        ({"vectors": np.zeros((2, 3, 3), np.float32)}, "h×w×2"),
        ({"vectors": np.zeros((2, 3), np.float32)}, "h×w×2"),
    ],
)
def test_contract(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ContractError, match=message):
        _flow(**changes)
