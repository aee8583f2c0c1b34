"""Contrastive losses by hand, by slow loops, and where numbers are extreme."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from prismrec.nn.losses import (
    Temperature,
    alignment,
    in_batch,
    info_nce,
    repeats,
    triplet,
    uniformity,
)

X = torch.tensor([[2.0, 0.0], [0.0, 3.0]])


def drawn(n: int = 6, d: int = 4, *, seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randn(2, n, d, generator=generator, dtype=torch.float64).unbind())


def cosines(one: Tensor, other: Tensor) -> np.ndarray:
    a, b = one.numpy(), other.numpy()
    return (a / np.linalg.norm(a, axis=1)[:, None]) @ (b / np.linalg.norm(b, axis=1)[:, None]).T


def test_info_nce_by_hand() -> None:
    """Cosines are the identity: each row's own share is e² / (e² + 1) at a temperature of 1/2."""
    expected = -math.log(math.exp(2) / (math.exp(2) + 1))
    assert info_nce(X, X, temperature=0.5).item() == pytest.approx(expected)


def test_info_nce_by_a_loop() -> None:
    one, other = drawn()
    hits = repeats(torch.tensor([0, 1, 2, 1, 3, 4]))
    s = cosines(one, other) / 0.3
    total = 0.0
    for i in range(6):
        among = [j for j in range(6) if not hits[i, j]]
        total -= math.log(math.exp(s[i, i]) / sum(math.exp(s[i, j]) for j in among))
        total -= math.log(math.exp(s[i, i]) / sum(math.exp(s[j, i]) for j in among))
    loss = info_nce(one, other, temperature=0.3, hits=hits)
    assert loss.item() == pytest.approx(total / 12)


@pytest.mark.parametrize("loss", [info_nce, triplet])
def test_rows_that_do_not_take_part_do_not_count(loss) -> None:
    one, other = drawn()
    hits = repeats(torch.tensor([0, 1, 0, 1, 2, 3]))
    present = torch.tensor([True, True, False, True, False, True])
    kept = present.nonzero().squeeze(1)
    junk = one.masked_fill(~present[:, None], torch.nan)
    part = loss(one[kept], other[kept], hits=hits[kept][:, kept])
    assert torch.equal(loss(junk, other, present=present, hits=hits), part)
    nobody = loss(one.requires_grad_(), other, present=present & False)
    nobody.backward()
    assert nobody.item() == 0
    assert not one.grad.any()


@pytest.mark.parametrize("loss", [info_nce, triplet, in_batch])
def test_rows_in_another_order_change_nothing(loss) -> None:
    one, other = drawn()
    order = torch.tensor([3, 1, 5, 0, 2, 4])
    torch.testing.assert_close(loss(one[order], other[order]), loss(one, other))


def test_in_batch_by_hand() -> None:
    """Scores 1 and 0; odds are divided by the shares of the log, a half and a quarter."""
    x = torch.eye(2)
    share = torch.tensor([0.5, 0.25])
    first = math.e / 0.5 / (math.e / 0.5 + 1 / 0.25)
    second = math.e / 0.25 / (math.e / 0.25 + 1 / 0.5)
    expected = -(math.log(first) + math.log(second)) / 2
    assert in_batch(x, x, log_share=share.log()).item() == pytest.approx(expected)


def test_hits_are_no_negatives() -> None:
    users, items = drawn()
    ids = torch.tensor([0, 1, 2, 3, 4, 0])  # the last row has the item of the first
    hits = repeats(ids)
    assert hits.nonzero().tolist() == [[0, 5], [5, 0]]
    gradient = torch.autograd.grad(in_batch(users, items.requires_grad_(), hits=hits) * 6, items)[0]
    scores = (users @ items.T).masked_fill(hits, -torch.inf)
    expected = (scores.softmax(1) - torch.eye(6)).T @ users
    torch.testing.assert_close(gradient, expected)
    assert repeats(torch.tensor([0, 0, 1]), torch.tensor([5, 6, 6])).nonzero().tolist() == [
        [0, 1],
        [1, 0],
        [1, 2],
        [2, 1],
    ]


def test_triplet_takes_the_hardest_of_the_easier_ones() -> None:
    """Angles 0, 10, 40 and 170 degrees beside a partner at 30: that at 40 is semi-hard."""
    angles = torch.deg2rad(torch.tensor([30.0, 10.0, 40.0, 170.0], dtype=torch.float64))
    others = torch.stack([angles.cos(), angles.sin()], dim=1)
    anchor = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(4, 2)
    s = np.cos(angles.numpy())
    rows = [s[2] - s[0], s[0] - s[1], s[3] - s[2], s[2] - s[3]]  # none is easier than the last
    columns = [s[k] - s[k] for k in range(4)]  # all anchors are alike: nothing is easier
    wrong = [max(0.0, 0.2 + value) for value in (*rows, *columns)]
    assert triplet(anchor, others, margin=0.2).item() == pytest.approx(np.mean(wrong))


def test_alignment_and_uniformity_by_hand() -> None:
    assert alignment(X, X.flip(0)).item() == pytest.approx(2)
    assert alignment(X, 5 * X).item() == pytest.approx(0)
    three = torch.tensor([[1.0, 0.0], [-2.0, 0.0], [0.0, 1.0]])
    expected = math.log((math.exp(-8) + 2 * math.exp(-4)) / 3)
    assert uniformity(three).item() == pytest.approx(expected, rel=1e-5)
    assert uniformity(torch.ones(5, 2)).item() == pytest.approx(0, abs=1e-5)
    assert uniformity(X[:1]).item() == 0


@pytest.mark.parametrize("loss", [info_nce, in_batch, triplet, alignment])
def test_gradients_are_those_of_small_steps(loss) -> None:
    one, other = drawn()
    assert torch.autograd.gradcheck(loss, (one.requires_grad_(), other.requires_grad_()))


def test_gradients_of_uniformity_and_temperature() -> None:
    one, other = drawn()
    assert torch.autograd.gradcheck(uniformity, (one.requires_grad_(),))
    temperature = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: info_nce(one, other, temperature=t), (temperature,))


@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e18])
def test_extreme_lengths_stay_finite(scale: float) -> None:
    one, other = (side.float() * scale for side in drawn())
    for loss in (info_nce, triplet, alignment):
        x = one.clone().requires_grad_()
        value = loss(x, other)
        value.backward()
        assert value.isfinite()
        assert x.grad.isfinite().all()


def test_scores_beyond_the_exponent_stay_finite() -> None:
    x = torch.full((2, 1), 1e4, dtype=torch.float64)  # scores of 1e8
    assert in_batch(x, x).item() == pytest.approx(math.log(2))
    assert in_batch(x, x * torch.tensor([[1], [-1]])).item() == pytest.approx(1e8)


def test_a_temperature_starts_where_it_should_and_stays_above_its_floor() -> None:
    temperature = Temperature(0.07)
    assert temperature().item() == pytest.approx(0.07)
    with torch.no_grad():
        temperature.log -= 100
    assert temperature().item() == pytest.approx(0.01)
