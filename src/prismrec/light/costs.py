"""What a model costs, and how much of another one's lists it keeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from prismrec import saving
from prismrec.rankers import Query, Ranker, top_k
from prismrec.types import Ints

__all__ = ["Latency", "agreement", "bytes_of", "latency", "some_of"]


class Latency(NamedTuple):
    """How long an answer takes, in milliseconds."""

    median: float
    p95: float


def bytes_of(folder: Path) -> int:
    """Size of the arrays and names of a saved model; the log that may lie beside is not counted."""
    files = saving.read_manifest(folder)["files"].values()
    return sum((folder / entry["name"]).stat().st_size for entry in files)


def latency(ask: Callable[[int], object], rows: Ints) -> Latency:
    """Time to answer one person after the other, the first of whom is not counted.

    Args:
        ask: a row -> the answer.
        rows: whom to ask for.
    """
    seconds = []
    for row in [*rows[:1], *rows]:
        start = time.perf_counter()
        ask(int(row))
        seconds.append(time.perf_counter() - start)
    median, p95 = np.quantile(np.array(seconds[1:]) * 1e3, [0.5, 0.95])
    return Latency(float(median), float(p95))


def agreement(ours: Ranker, theirs: Ranker, query: Query, *, k: int = 20) -> float:
    """Mean share of the first k items of one ranker that stand among the first k of the other."""
    n_items = theirs.n_items
    mine, wanted = (top_k(ranker, query, k).items for ranker in (ours, theirs))
    row = np.arange(len(query))[:, None] * n_items
    shared = np.isin((wanted + row)[wanted >= 0], (mine + row)[mine >= 0])
    return float(shared.mean()) if len(shared) else 1.0


def some_of(n: int, most: int, *, seed: int = 0) -> Ints:
    """At most so many of n rows, in random order."""
    return np.random.default_rng(seed).permutation(n)[:most].astype(np.int64)
