import pytest
import torch
from torch.nn.functional import cross_entropy

from prismrec.nn import softmax
from prismrec.nn.softmax import full_softmax, sampled_softmax

N, CANDIDATES, DIM = 37, 23, 6


@pytest.fixture
def given():
    draw = torch.Generator().manual_seed(0)
    states, items = (3 * torch.randn(n, DIM, generator=draw) for n in (N, CANDIDATES))
    targets = torch.randint(0, CANDIDATES, (N,), generator=draw)
    return states.requires_grad_(), items.requires_grad_(), targets


@pytest.mark.parametrize("block", [1, 5 * CANDIDATES, 1 << 20])
def test_blocks_give_the_loss_and_gradients_of_plain_cross_entropy(given, monkeypatch, block):
    monkeypatch.setattr(softmax, "BLOCK", block)
    states, items, targets = given
    plain = cross_entropy(states @ items.T, targets)
    expected = torch.autograd.grad(2 * plain, (states, items))
    loss = full_softmax(states, items, targets)
    found = torch.autograd.grad(2 * loss, (states, items))
    assert loss.item() == pytest.approx(plain.item(), rel=1e-5)
    for a, b in zip(found, expected, strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_scores_of_any_size_are_finite(given):
    states, items, targets = given
    loss = full_softmax(states * 1e4, items, targets)
    assert loss.isfinite()
    assert all(grad.isfinite().all() for grad in torch.autograd.grad(loss, (states, items)))


def test_nothing_to_name_costs_nothing(given):
    states, items, targets = given
    loss = full_softmax(states[:0], items, targets[:0])
    assert loss.item() == 0
    assert not torch.autograd.grad(loss, items)[0].any()


def test_a_sample_of_every_candidate_once_is_the_whole(given):
    states, items, targets = given
    everything = torch.arange(CANDIDATES)
    hits = targets[:, None] == everything
    loss = sampled_softmax(states, items[targets], items, hits=hits, n=CANDIDATES)
    assert loss.item() == pytest.approx(full_softmax(states, items, targets).item(), rel=1e-5)


def test_the_sum_over_a_sample_is_on_average_that_over_all(given):
    states, items, targets = (part.detach() for part in given)
    state, right = states[:1] / 5, items[targets[:1]]
    draw, n = torch.Generator().manual_seed(1), 1000
    total = 0.0
    for _ in range(n):
        drawn = torch.randint(0, CANDIDATES, (12,), generator=draw)
        hits = targets[:1, None] == drawn
        loss = sampled_softmax(state, right, items[drawn], hits=hits, n=CANDIDATES)
        total += float((loss + state[0] @ right[0]).exp())
    assert total / n == pytest.approx(float((state @ items.T).exp().sum()), rel=0.05)
