"""beyond: an evaluation with what its lists are besides accurate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.jagged import Jagged
from prismrec.errors import BadData
from prismrec.evaluation.list_metrics import Given
from prismrec.evaluation.result import Evaluation
from prismrec.types import Doubles

__all__ = ["beyond", "with_beyond"]


def with_beyond(
    evaluation: Evaluation, *, train: Dataset, k: int | Sequence[int] | None = None
) -> Evaluation:
    """An evaluation with every figure of `beyond`, those per user with an interval."""
    per_user, lists = beyond(evaluation, train=train, k=k)
    return evaluation.extended(per_user, lists)


def beyond(
    evaluation: Evaluation, *, train: Dataset, k: int | Sequence[int] | None = None
) -> tuple[dict[str, Doubles], dict[str, float]]:
    """Every registered list metric: (n_users,) values, and figures of all lists together.

    Args:
        evaluation: of one run.
        train: the log that was `seen`, with the features of the items.
        k: lengths to cut the lists to; that of the lists where None.

    Raises:
        BadData: where k is longer than the lists, or they are of another catalogue.
    """
    longest = evaluation.items.shape[1]
    sizes = [longest] if k is None else [k] if isinstance(k, int) else list(k)
    if not all(1 <= size <= longest for size in sizes):
        raise BadData(f"k must be 1 to {longest}, the length of the lists, not {k}")
    if evaluation.items.max(initial=-1) >= train.n_items:
        raise BadData(f"the lists hold items beyond the {train.n_items} of this log; give its own")
    measures = [registry.load("list-metrics", name) for name in registry.names("list-metrics")]
    per_user: dict[str, Doubles] = {}
    lists: dict[str, float] = {}
    whole = _given(evaluation, train)
    for size in sizes:
        cut = _cut(whole, size)
        for name, value in (entry for measure in measures for entry in measure(cut).items()):
            if isinstance(value, np.ndarray):
                per_user[f"{name}@{size}"] = value
            else:
                lists[f"{name}@{size}"] = float(value)
    return per_user, lists


def _given(evaluation: Evaluation, train: Dataset) -> Given:
    matrix = train.matrix()
    matrix.sort_indices()
    history = Jagged(matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64))
    return Given(
        items=evaluation.items,
        hits=evaluation.hits,
        history=history.take(evaluation.users),
        support=np.bincount(matrix.indices, minlength=train.n_items),
        n_users=int(np.count_nonzero(np.diff(matrix.indptr))),
        n_candidates=evaluation.n_items,
        features=train.items,
    )


def _cut(given: Given, k: int) -> Given:
    return replace(given, items=given.items[:, :k], hits=given.hits[:, :k])
