"""Errors count as they are seen, weighted, against the truth and against a teacher."""

import pytest
import torch

from catchlight.train.raw_engine.objective import seen_l1, shown_l1
from catchlight.train.raw_engine.taught_l1 import TaughtL1


def batch() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(1)
    return torch.rand(2, 8, 3, 5), torch.rand(2, 12, 3, 5), torch.tensor([1.0, 0.25]), torch.eye(3).repeat(2, 1, 1)


def test_where_nothing_is_to_be_shown_otherwise_it_is_the_weighted_mean() -> None:
    seen, clean, weight, colour = batch()
    network = torch.nn.Conv2d(8, 12, 1)
    error = (network(seen) - clean).abs()
    wanted = (error[0].mean() + 0.25 * error[1].mean()) / 2
    torch.testing.assert_close(seen_l1(network, (seen, clean, weight, colour)), wanted)


def test_the_matrix_mixes_colours_of_the_same_sample() -> None:
    clean = torch.zeros(1, 12, 1, 1)
    made = torch.zeros(1, 12, 1, 1)
    # Red and green of the second sample.
    made[0, 1], made[0, 5] = 0.3, 0.2
    matrix = torch.tensor([[[1.5, -0.5, 0.0], [-0.25, 1.25, 0.0], [0.0, -0.5, 1.5]]])
    shown = (1.5 * 0.3 - 0.5 * 0.2, -0.25 * 0.3 + 1.25 * 0.2, -0.5 * 0.2)
    # Mean over twelve; the rows' sizes are 2, 1.5 and 2.
    wanted = sum(abs(v) for v in shown) / 12 / (5.5 / 3)
    assert float(shown_l1(made, clean, torch.ones(1), matrix)) == pytest.approx(wanted, rel=1e-5)
    # An error that is none after the matrix counts nothing there.
    made[0, 5] = 0.9
    assert float(shown_l1(made, clean, torch.ones(1), torch.tensor([[[3.0, -1.0, 0.0]] * 3]))) < 1e-6


def test_a_teacher_has_its_share_and_learns_nothing() -> None:
    given = batch()
    network, teacher = torch.nn.Conv2d(8, 12, 1), torch.nn.Conv2d(8, 12, 1)
    truth = seen_l1(network, given)
    taught = shown_l1(network(given[0]), teacher(given[0]).detach(), *given[2:])
    assert abs(float((truth - taught).detach())) > 0.01
    for share in (0.0, 0.3, 1.0):
        loss = TaughtL1(teacher=teacher, share=share)(network, given)
        torch.testing.assert_close(loss, (1 - share) * truth + share * taught)
    loss.backward()
    assert network.weight.grad is not None and teacher.weight.grad is None
    assert float(TaughtL1(teacher=network, share=1.0)(network, given).detach()) == 0
