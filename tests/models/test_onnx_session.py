import sys
import threading

import numpy as np
import pytest

from catchlight.core import ContractError, InputError, UnsupportedError
from catchlight.models.onnx_session import OnnxSession

from .conftest import make_model


@pytest.fixture
def values():
    return np.random.default_rng(1).random((2, 3, 4, 6), dtype=np.float32)


def test_a_file_and_its_content_give_the_same(tmp_path, values):
    (tmp_path / "m.onnx").write_bytes(make_model())
    for model in (tmp_path / "m.onnx", make_model()):
        made = OnnxSession(model).run(values)
        assert made.dtype == np.float32
        np.testing.assert_array_equal(made, 2 * values)


def test_views_of_any_layout_are_taken(values):
    turned = values.transpose(0, 1, 3, 2)
    np.testing.assert_array_equal(OnnxSession(make_model()).run(turned), 2 * turned)


def test_nothing_is_opened_before_the_first_run(tmp_path):
    session = OnnxSession(tmp_path / "none.onnx")
    with pytest.raises(InputError, match="there is no such file"):
        session.run(np.zeros((1, 3, 4, 4), np.float32))


@pytest.mark.parametrize("shape", [(1, 4, 4, 4), (1, 3, 4, 3), (1, 3, 5, 4), (1, 3, 0, 4)])
def test_a_wrong_shape_is_told_in_one_line(shape):
    with pytest.raises(ContractError, match=r"^doubler takes n×3×h×w values, .* multiples of 2; found \d") as caught:
        OnnxSession(make_model(), name="doubler", multiple=2).run(np.zeros(shape, np.float32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("content", "error", "said"), [
    (b"junk", InputError, "expected an ONNX model"),
    (b"", InputError, "expected an ONNX model"),
    (make_model(opset=99), UnsupportedError, "needs a newer ONNX Runtime"),
    (make_model(kind="Nope"), UnsupportedError, "needs a newer ONNX Runtime"),
])  # fmt: skip
def test_what_cannot_be_opened_is_told_in_one_line(content, error, said, values, capfd):
    with pytest.raises(error, match=said) as caught:
        OnnxSession(content).run(values)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_provider_that_is_not_there_is_named(values):
    with pytest.raises(UnsupportedError, match=r"no MoonExecutionProvider; it has .*CPUExecutionProvider"):
        OnnxSession(make_model(), providers=("MoonExecutionProvider",)).run(values)


def test_a_missing_runtime_says_what_to_install(values, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UnsupportedError, match="pip install --force-reinstall onnxruntime"):
        OnnxSession(make_model()).run(values)


def test_threads_share_a_session(values):
    session, made = OnnxSession(make_model()), {}

    def work(number: int) -> None:
        made[number] = session.run(values + np.float32(number))

    workers = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for number in range(4):
        np.testing.assert_array_equal(made[number], 2 * (values + np.float32(number)))


def test_no_threads_are_refused():
    with pytest.raises(ContractError, match="threads >= 1"):
        OnnxSession(b"", threads=0)
