"""A file's session where a network is expected, so that a recipe's own validation scores the file."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from catchlight.models.onnx_session import OnnxSession


class SessionModule(nn.Module):
    """Runs the session, one picture at a time; has one parameter, for those who ask on which device it is.

    Args:
        session: of the file.
    """

    def __init__(self, session: OnnxSession) -> None:
        super().__init__()
        self.session = session
        self.place = nn.Parameter(torch.zeros(1), requires_grad=False)

    def forward(self, values: Tensor) -> Tensor:
        """Same as the network's."""
        each = [self.session.run(value[None].float().cpu().contiguous().numpy()) for value in values]
        return torch.cat([torch.from_numpy(made) for made in each])
