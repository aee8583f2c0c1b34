"""Balance of modalities: what is dropped, who is ahead, and who waits."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from prismrec.nn.balance import Turns, dropped, modulate, pace, successes

PRESENT = torch.tensor([[True, True, True], [True, False, True], [False, True, False], [False] * 3])


def test_the_last_modality_is_never_dropped() -> None:
    torch.manual_seed(0)
    for rate in (0.5, 1.0):
        for _ in range(50):
            left = dropped(PRESENT, rate)
            assert not (left & ~PRESENT).any()
            assert torch.equal(left.any(dim=1), PRESENT.any(dim=1))
            assert rate < 1 or left.sum().item() == 3


def test_the_rate_is_kept_and_who_stays_alone_is_drawn_evenly() -> None:
    torch.manual_seed(0)
    present = torch.ones(40_000, 2, dtype=torch.bool)
    left = dropped(present, 0.3)
    share = left.float().mean(dim=0)
    expected = 0.7 + 0.3 * 0.3 / 2  # both fall with .09, then half of them get up
    assert share.tolist() == pytest.approx([expected] * 2, abs=0.01)


def test_nothing_is_dropped_outside_training_or_of_one_modality() -> None:
    assert dropped(PRESENT, 0.9, training=False) is PRESENT
    assert dropped(PRESENT, 0.0) is PRESENT
    assert torch.equal(dropped(PRESENT[:, :1], 0.9), PRESENT[:, :1])
    assert dropped(PRESENT[:, :0], 0.9).shape == (4, 0)


def test_successes_by_hand() -> None:
    odds = torch.tensor([[0.0, math.log(3)], [math.log(4), 9.0]], requires_grad=True)
    present = torch.tensor([[True, True], [True, False]])
    found = successes(odds, present)
    assert found.tolist() == pytest.approx([(0.5 + 0.8) / 2, 0.75])
    assert not found.requires_grad
    assert successes(odds[:0], present[:0]).tolist() == [0.5, 0.5]


def test_pace_by_hand() -> None:
    assert pace(torch.tensor([0.6, 0.3]), 0.5).tolist() == pytest.approx([1 - math.tanh(1), 1])
    three = pace(torch.tensor([0.9, 0.3, 0.6]), 0.1)  # means of the others: .45, .75, .6
    assert three.tolist() == pytest.approx([1 - math.tanh(0.2), 1, 1])
    assert pace(torch.tensor([0.5, 0.5])).tolist() == [1, 1]
    assert pace(torch.tensor([0.9])).tolist() == [1]


def parts_with_gradients() -> list[nn.Linear]:
    parts = [nn.Linear(3, 2) for _ in range(2)]
    for part in parts:
        for parameter in part.parameters():
            parameter.grad = torch.arange(1.0, 1 + parameter.numel()).view_as(parameter)
    return parts


def test_modulation_multiplies_the_gradients_of_each() -> None:
    fast, slow = parts_with_gradients()
    slow.bias.grad = None
    before = slow.weight.grad.clone()
    modulate([fast, slow], torch.tensor([0.25, 1.0]))
    torch.testing.assert_close(fast.weight.grad, torch.arange(1.0, 7).view(2, 3) / 4)
    assert torch.equal(slow.weight.grad, before)
    assert slow.bias.grad is None


def test_noise_has_the_deviation_of_the_gradient() -> None:
    torch.manual_seed(0)
    part = nn.Linear(200, 200, bias=False)
    gradient = torch.randn(200, 200) * 3
    part.weight.grad = gradient.clone()
    modulate([part], torch.tensor([0.5]), noise=True)
    added = part.weight.grad - gradient / 2
    assert added.std().item() == pytest.approx(3, rel=0.05)


def test_who_is_ahead_takes_fewer_turns() -> None:
    turns = Turns(2)
    taken = [0, 0]
    for _ in range(100):
        parts = parts_with_gradients()
        turns(parts, torch.tensor([0.3, 1.0]))
        for k, part in enumerate(parts):
            taken[k] += part.weight.grad is not None
    assert taken == [30, 100]
    assert "credit" in turns.state_dict()  # so that a run that was killed goes on alike
