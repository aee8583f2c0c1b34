"""Seconds and peak memory of top-k and metrics on given scores, side by side with others.

    python benchmarks/evaluation.py [--users 20000] [--items 7000]

Every contender gets the same scores, the same histories to mask and the same test items, runs in a
process of its own, best of three, and must find the same recall and NDCG. Scoring does not count.
Memory is what the process held at its peak above what it held before the work. Contenders that are
not installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.evaluation.protocol import evaluate
from prismrec.rankers import Query

K = 20
HISTORY, TEST, DIM = 20, 5, 64  # items per user seen, items per user to be found, dimensions
BATCH = 1024  # users that the plain versions treat at once
REPEATS = 3


@dataclass(frozen=True, eq=False)
class Task:
    scores: np.ndarray  # (n_users, n_items)
    seen: np.ndarray  # (n_users, HISTORY) items
    test: np.ndarray  # (n_users, TEST) items, none of them seen

    @property
    def n_items(self) -> int:
        return self.scores.shape[1]

    def score(self, query: Query) -> np.ndarray:
        return self.scores[query.users[0] : query.users[-1] + 1]  # everybody is asked for, in order


def make_task(n_users: int, n_items: int) -> Task:
    rng = np.random.default_rng(0)
    users, items = (rng.standard_normal((n, DIM), dtype=np.float32) for n in (n_users, n_items))
    start = rng.integers(n_items, size=(n_users, 1))
    steps = rng.integers(1, n_items // (HISTORY + TEST), (n_users, HISTORY + TEST)).cumsum(axis=1)
    picked = rng.permuted((start + steps) % n_items, axis=1)  # distinct within a user
    return Task(users @ items.T, picked[:, :HISTORY], picked[:, HISTORY:])


def prismrec(task: Task) -> tuple[float, float]:
    """All eight metrics, coverage and bootstrap intervals."""
    ids = [Vocabulary(tuple(map(str, range(n)))) for n in task.scores.shape]
    rows = np.arange(len(task.scores))

    def log(items: np.ndarray) -> Dataset:
        pairs = Interactions.of(np.repeat(rows, items.shape[1]), items.ravel())
        return Dataset(pairs, *ids)

    found = evaluate(task, log(task.test), seen=log(task.seen), k=K).metrics
    return found[f"recall@{K}"].mean, found[f"ndcg@{K}"].mean


def numpy_lists(task: Task) -> np.ndarray:
    """(n_users, K) by a full argpartition of each row."""
    lists = []
    for start in range(0, len(task.scores), BATCH):
        batch = slice(start, start + BATCH)
        scores = task.scores[batch].copy()
        np.put_along_axis(scores, task.seen[batch], -np.inf, axis=1)
        best = np.argpartition(scores, -K, axis=1)[:, -K:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        lists.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(lists)


def recall_and_ndcg(hits: np.ndarray) -> tuple[float, float]:
    discount = 1 / np.log2(np.arange(2, K + 2))
    return hits.sum(axis=1).mean() / TEST, (hits @ discount).mean() / discount[:TEST].sum()


def plain_numpy(task: Task) -> tuple[float, float]:
    """Recall and NDCG only, no intervals."""
    lists = numpy_lists(task)
    return recall_and_ndcg((lists[:, :, None] == task.test[:, None, :]).any(axis=2))


def plain_torch(task: Task) -> tuple[float, float]:
    """Recall and NDCG only, no intervals; torch.topk on the CPU."""
    import torch

    given, seen, test = map(torch.from_numpy, (task.scores, task.seen, task.test))
    hits = []
    for start in range(0, len(given), BATCH):
        batch = slice(start, start + BATCH)
        scores = given[batch].scatter(1, seen[batch], -torch.inf)
        lists = scores.topk(K, dim=1).indices
        hits.append((lists[:, :, None] == test[batch][:, None, :]).any(dim=2))
    return recall_and_ndcg(torch.cat(hits).numpy())


def ranx(task: Task) -> tuple[float, float]:
    """Lists by plain numpy, then the same seven metrics, no intervals; compiled beforehand."""
    from ranx import Qrels, Run
    from ranx import evaluate as measure

    names = ["precision", "recall", "f1", "hit_rate", "mrr", "map", "ndcg"]
    lists = numpy_lists(task)
    wanted = {str(u): {str(i): 1 for i in row} for u, row in enumerate(task.test.tolist())}
    found = {
        str(u): {str(i): float(K - rank) for rank, i in enumerate(row)}
        for u, row in enumerate(lists.tolist())
    }
    scores = measure(Qrels(wanted), Run(found), [f"{name}@{K}" for name in names])
    return scores[f"recall@{K}"], scores[f"ndcg@{K}"]


CONTENDERS: dict[str, tuple[str, Callable[[Task], tuple[float, float]]]] = {
    "prismrec": ("numpy", prismrec),
    "numpy": ("numpy", plain_numpy),
    "torch": ("torch", plain_torch),
    "ranx": ("ranx", ranx),
}


def peak() -> int:
    """Most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(run: Callable[[Task], tuple[float, float]], task: Task) -> dict[str, float]:
    run(make_task(50, 1000))  # imports and compilation are not what is compared
    before, seconds = peak(), []
    for _ in range(REPEATS):
        start = time.perf_counter()
        recall, ndcg = run(task)
        seconds.append(time.perf_counter() - start)
    return {
        "recall": float(recall),
        "ndcg": float(ndcg),
        "seconds": min(seconds),
        "megabytes": (peak() - before) / 2**20,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--items", type=int, default=7_000)
    parser.add_argument("--only", choices=CONTENDERS, help="run one and print JSON")
    options = parser.parse_args()
    if options.only:
        task = make_task(options.users, options.items)
        print(json.dumps(measured(CONTENDERS[options.only][1], task)))
        return
    print(f"{options.users} users x {options.items} items, top {K}")
    print(f"{'':<10}{'seconds':>9}{'MB':>7}{'recall':>9}{'ndcg':>9}   times prismrec's seconds, MB")
    base: dict[str, float] = {}
    for name, (package, _) in CONTENDERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:<10}not installed; to include it: pip install {package}")
            continue
        arguments = ["--only", name, f"--users={options.users}", f"--items={options.items}"]
        done = subprocess.run(
            [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True
        )
        out = json.loads(done.stdout)
        base = base or out
        if abs(out["recall"] - base["recall"]) + abs(out["ndcg"] - base["ndcg"]) > 1e-5:
            sys.exit(f"{name} finds other figures: {out}")
        ratios = [out[key] / max(base[key], 1e-9) for key in ("seconds", "megabytes")]
        print(
            f"{name:<10}{out['seconds']:>9.2f}{out['megabytes']:>7.0f}{out['recall']:>9.5f}"
            f"{out['ndcg']:>9.5f}   {ratios[0]:.1f} x, {ratios[1]:.1f} x"
        )


if __name__ == "__main__":
    main()
