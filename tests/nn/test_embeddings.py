"""Embeddings and the choice of their rows."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from prismrec.nn.embeddings import embedding, rows  # noqa: E402


def test_they_start_small_and_even() -> None:
    vectors = embedding(300, 60)
    bound = (6 / (300 + 60)) ** 0.5
    assert vectors.requires_grad
    assert vectors.abs().max() <= bound
    assert vectors.detach().std() == pytest.approx(bound / 3**0.5, rel=0.05)


def test_a_row_that_is_chosen_twice_has_both_gradients() -> None:
    vectors = embedding(4, 2)
    chosen = torch.tensor([3, 1, 3])
    assert torch.equal(rows(vectors, chosen), vectors[chosen])
    rows(vectors, chosen).sum().backward()
    assert vectors.grad.tolist() == [[0, 0], [1, 1], [0, 0], [2, 2]]
