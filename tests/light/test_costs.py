"""Costs and agreement, on cases that can be checked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from prismrec.data.jagged import Jagged
from prismrec.light.costs import agreement, bytes_of, latency, some_of
from prismrec.rankers import Query, Towers


def ranker(*rows: list[float]) -> Towers:
    """Scores of three items for each user."""
    return Towers(np.array(rows, np.float32), np.eye(3, dtype=np.float32))


def test_agreement_is_the_share_of_their_items_that_are_ours() -> None:
    ours, theirs = ranker([3, 2, 1], [3, 2, 1]), ranker([3, 2, 1], [1, 2, 3])
    query = Query(np.array([0, 1]), Jagged.from_rows([[], []]))
    assert agreement(ours, theirs, query, k=2) == 3 / 4
    used_up = Query(np.array([0]), Jagged.from_rows([[0, 1, 2]]))
    assert agreement(ours, theirs, used_up, k=2) == 1


def test_latency_asks_each_once_after_a_first_that_is_not_counted() -> None:
    asked: list[int] = []
    found = latency(asked.append, np.array([4, 2, 7]))
    assert asked == [4, 4, 2, 7]
    assert 0 <= found.median <= found.p95


def test_the_size_is_that_of_the_files_of_the_model(tmp_path) -> None:
    ranker([1, 2, 3]).save(tmp_path)
    before = bytes_of(tmp_path)
    (tmp_path / "log.npz").write_bytes(b"x" * 1000)
    assert bytes_of(tmp_path) == before
    assert before == pytest.approx(4 * 12, abs=400)  # numbers, and the head of the file


def test_some_are_drawn_once_each() -> None:
    assert len(set(some_of(10, 4).tolist())) == 4
    assert sorted(some_of(3, 10)) == [0, 1, 2]
