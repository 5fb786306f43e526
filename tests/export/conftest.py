import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="session")
def network():
    """A U-Net of a few thousand weights, none of them nothing."""
    from catchlight.train.networks.raw_unet import RawUNet

    torch.manual_seed(2)
    made = RawUNet((8, 16), (1, 1), (1,))
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "second" in name:
                weight.mul_(10)  # blocks begin nearly as the identity
            if name.endswith("bias"):
                weight.normal_(0, 0.05)
    return made.eval()


@pytest.fixture(scope="session")
def exported(network, tmp_path_factory):
    """The network's file; made once, as torch's exporter takes seconds."""
    from catchlight.export.to_onnx import to_onnx

    path = tmp_path_factory.mktemp("onnx") / "net.onnx"
    network.train()
    to_onnx(network, path, channels=8, multiple=2)
    assert network.training
    network.eval()
    return path.read_bytes()


@pytest.fixture(scope="session")
def quads():
    """What the network gets: values in 0…1 and small deviations, smooth and rough parts."""
    rng = np.random.default_rng(4)
    rough = rng.random((6, 4, 24, 24), dtype=np.float32) * np.linspace(0, 1, 24, dtype=np.float32)
    deviation = np.broadcast_to(rng.random((6, 1, 1, 1), dtype=np.float32) * np.float32(0.1), rough.shape)
    return np.concatenate([rough, deviation], axis=1)
