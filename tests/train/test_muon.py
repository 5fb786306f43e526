"""Updates as large in every direction; banks of equal shape are taken together, which changes nothing."""

import torch

from catchlight.train.muon import Muon, orthogonalised


def test_all_singular_values_become_about_one_in_their_own_directions() -> None:
    torch.manual_seed(3)
    for rows, columns in ((8, 40), (40, 8), (16, 16)):
        given = torch.randn(3, rows, columns) * torch.tensor([1e-6, 1.0, 1e4])[:, None, None]
        even = orthogonalised(given)
        assert even.shape == given.shape and even.dtype == torch.float32
        # The smallest ones of a square matrix come from nearly nothing and need more rounds.
        values = torch.linalg.svdvals(even)[:, : 12 if rows == columns else None]
        assert values.min() > 0.6 and values.max() < 1.3
        # Along U Vᵀ: the product with the given matrix is nearly its nuclear norm.
        along = (even * given).sum((1, 2)) / torch.linalg.svdvals(given).sum(1)
        assert along.min() > 0.6 and along.max() < 1.3


def test_steps_are_those_of_each_bank_alone() -> None:
    torch.manual_seed(5)
    shapes = [(6, 4, 3, 3), (6, 4, 3, 3), (12, 3), (5, 2, 2, 2)]
    banks = [torch.nn.Parameter(torch.randn(shape)) for shape in shapes]
    plain = [p.detach().clone() for p in banks]
    means = [torch.zeros_like(p) for p in plain]
    optimiser = Muon(banks, lr=0.02, momentum=0.9, weight_decay=0.1)
    for _ in range(3):
        for k, bank in enumerate(banks):
            gradient = torch.randn_like(plain[k])
            bank.grad = gradient.clone()
            means[k] = 0.9 * means[k] + 0.1 * gradient
            matrix = (0.1 * gradient + 0.9 * means[k]).flatten(1)
            update = 0.2 * max(matrix.shape) ** 0.5 * orthogonalised(matrix[None])[0]
            plain[k] = plain[k] * (1 - 0.02 * 0.1) - 0.02 * update.reshape(gradient.shape)
        optimiser.step()
    for bank, wanted in zip(banks, plain, strict=True):
        torch.testing.assert_close(bank.detach(), wanted, rtol=0, atol=2e-4)


def test_an_update_is_as_large_as_adams_and_none_comes_without_a_gradient() -> None:
    torch.manual_seed(7)
    moved, still = torch.nn.Parameter(torch.zeros(24, 96)), torch.nn.Parameter(torch.ones(24, 96))
    moved.grad = 1e-5 * torch.randn(24, 96)
    Muon([moved, still], lr=1.0).step()
    # That of AdamW has a root mean square of 0.2 to 0.4 (Liu et al. 2025).
    assert 0.15 < float(moved.detach().square().mean().sqrt()) < 0.25
    assert torch.equal(still.detach(), torch.ones(24, 96))
