"""CPU seconds and peak memory of top-k and metrics, side by side with others.

    python benchmarks/evaluation.py [--users 20000] [--items 7000]

Every contender gets the same vectors, histories to mask and test items, makes scores in blocks that
are never all held, runs on one thread in a process of its own, best of three, and must find the
same recall and NDCG. Seconds are CPU time, which other work on the machine changes little, without
and with the time of scoring. What can be prepared before there are scores is not counted. Memory is
what the process held at its peak above what it held before the work. Contenders that are not
installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.evaluation.protocol import evaluate
from prismrec.rankers import Query

K = 20
HISTORY, TEST, DIM = 20, 5, 64  # items per user seen, items per user to be found, dimensions
BATCH = 512  # users that the plain versions treat at once
REPEATS = 3

Found = tuple[float, float]  # recall and NDCG


@dataclass(frozen=True, eq=False)
class Task:
    users: np.ndarray  # (n_users, DIM)
    items: np.ndarray  # (n_items, DIM)
    seen: np.ndarray  # (n_users, HISTORY) items
    test: np.ndarray  # (n_users, TEST) items, none of them seen
    spent: list[float] = field(default_factory=list)  # CPU seconds of each product

    @property
    def n_items(self) -> int:
        return len(self.items)

    def between(self, start: int, stop: int) -> np.ndarray:
        """Fresh scores of some users, on the clock of their own."""
        begun = time.process_time()
        scores = self.users[start:stop] @ self.items.T
        self.spent.append(time.process_time() - begun)
        return scores

    def score(self, query: Query) -> np.ndarray:
        return self.between(query.users[0], query.users[-1] + 1)  # everybody, in order

    def batches(self) -> Iterator[tuple[slice, np.ndarray]]:
        for start in range(0, len(self.users), BATCH):
            rows = slice(start, min(start + BATCH, len(self.users)))
            yield rows, self.between(rows.start, rows.stop)


def make_task(n_users: int, n_items: int) -> Task:
    rng = np.random.default_rng(0)
    users, items = (rng.standard_normal((n, DIM), dtype=np.float32) for n in (n_users, n_items))
    start = rng.integers(n_items, size=(n_users, 1))
    steps = rng.integers(1, n_items // (HISTORY + TEST), (n_users, HISTORY + TEST)).cumsum(axis=1)
    picked = rng.permuted((start + steps) % n_items, axis=1)  # distinct within a user
    return Task(users, items, picked[:, :HISTORY], picked[:, HISTORY:])


def prismrec(task: Task) -> Callable[[], Found]:
    """All metrics, coverage, leak checks and bootstrap intervals."""
    ids = [Vocabulary(tuple(map(str, range(len(side))))) for side in (task.users, task.items)]
    rows = np.arange(len(task.users))

    def log(items: np.ndarray) -> Dataset:
        return Dataset(Interactions.of(np.repeat(rows, items.shape[1]), items.ravel()), *ids)

    test, seen = log(task.test), log(task.seen)

    def run() -> Found:
        found = evaluate(task, test, seen=seen, k=K).metrics
        return found[f"recall@{K}"].mean, found[f"ndcg@{K}"].mean

    return run


def numpy_lists(task: Task) -> np.ndarray:
    """(n_users, K) by a full argpartition of each row."""
    lists = []
    for rows, scores in task.batches():
        np.put_along_axis(scores, task.seen[rows], -np.inf, axis=1)
        best = np.argpartition(scores, -K, axis=1)[:, -K:]
        order = np.argsort(-np.take_along_axis(scores, best, axis=1), axis=1)
        lists.append(np.take_along_axis(best, order, axis=1))
    return np.concatenate(lists)


def recall_and_ndcg(hits: np.ndarray) -> Found:
    discount = 1 / np.log2(np.arange(2, K + 2))
    return hits.sum(axis=1).mean() / TEST, (hits @ discount).mean() / discount[:TEST].sum()


def plain_numpy(task: Task) -> Callable[[], Found]:
    """Recall and NDCG only, no intervals."""

    def run() -> Found:
        lists = numpy_lists(task)
        return recall_and_ndcg((lists[:, :, None] == task.test[:, None, :]).any(axis=2))

    return run


def plain_torch(task: Task) -> Callable[[], Found]:
    """Recall and NDCG only, no intervals; masks the fresh scores in place, torch.topk."""
    import torch

    seen, test = map(torch.from_numpy, (task.seen, task.test))

    def run() -> Found:
        hits = []
        for rows, given in task.batches():
            scores = torch.from_numpy(given).scatter_(1, seen[rows], -torch.inf)
            lists = scores.topk(K, dim=1).indices
            hits.append((lists[:, :, None] == test[rows][:, None, :]).any(dim=2))
        return recall_and_ndcg(torch.cat(hits).numpy())

    return run


def recbole(task: Task) -> Callable[[], Found]:
    """Collector and Evaluator as its trainer calls them; six metrics, no intervals."""
    import torch

    for name, kind in (("float", float), ("int", int), ("bool", bool)):
        setattr(np, name, kind)  # version 1.2.1 was written for numpy below 1.24
    from recbole.evaluator import Collector, Evaluator

    options = {
        "metrics": ["Recall", "NDCG", "Precision", "Hit", "MRR", "MAP"],
        "topk": [K],
        "eval_args": {"mode": "full"},
        "device": torch.device("cpu"),
        "metric_decimal_place": 8,
    }
    seen, test = map(torch.from_numpy, (task.seen, task.test))

    def run() -> Found:
        collector = Collector(options)
        for rows, given in task.batches():
            scores = torch.from_numpy(given).scatter_(1, seen[rows], -torch.inf)
            users = torch.arange(len(scores)).repeat_interleave(TEST)
            collector.eval_batch_collect(scores, None, users, test[rows].reshape(-1))
        found = Evaluator(options).evaluate(collector.get_data_struct())
        return found[f"recall@{K}"], found[f"ndcg@{K}"]

    return run


def ranx(task: Task) -> Callable[[], Found]:
    """Lists by plain numpy, then seven metrics, no intervals; compiled beforehand."""
    from ranx import Qrels, Run
    from ranx import evaluate as measure

    names = ["precision", "recall", "f1", "hit_rate", "mrr", "map", "ndcg"]
    wanted = {str(u): {str(i): 1 for i in row} for u, row in enumerate(task.test.tolist())}
    relevant = Qrels(wanted)

    def run() -> Found:
        found = {
            str(u): {str(i): float(K - rank) for rank, i in enumerate(row)}
            for u, row in enumerate(numpy_lists(task).tolist())
        }
        scores = measure(relevant, Run(found), [f"{name}@{K}" for name in names])
        return scores[f"recall@{K}"], scores[f"ndcg@{K}"]

    return run


CONTENDERS: dict[str, tuple[str, Callable[[Task], Callable[[], Found]]]] = {
    "prismrec": ("numpy", prismrec),
    "numpy": ("numpy", plain_numpy),
    "torch": ("torch", plain_torch),
    "recbole": ("recbole", recbole),
    "ranx": ("ranx", ranx),
}


def peak() -> int:
    """Most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(prepare: Callable[[Task], Callable[[], Found]], task: Task) -> dict[str, float]:
    prepare(make_task(50, 1000))()  # imports and compilation are not what is compared
    run = prepare(task)
    before, alone, whole = peak(), [], []
    for _ in range(REPEATS):
        task.spent.clear()
        start = time.process_time()
        recall, ndcg = run()
        whole.append(time.process_time() - start)
        alone.append(whole[-1] - sum(task.spent))
    return {
        "recall": float(recall),
        "ndcg": float(ndcg),
        "seconds": min(alone),
        "with_scoring": min(whole),
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
    print(f"{options.users} users x {options.items} items, top {K}, one thread")
    print(f"{'':<10}{'CPU s':>8}{'+ scoring':>11}{'MB':>6}   times prismrec's: CPU s, + scoring")
    base: dict[str, float] = {}
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    for name, (package, _) in CONTENDERS.items():
        if importlib.util.find_spec(package) is None:
            print(f"{name:<10}not installed; to include it: pip install {package}")
            continue
        arguments = ["--only", name, f"--users={options.users}", f"--items={options.items}"]
        command = [sys.executable, "-W", "ignore", __file__, *arguments]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | one
        )
        out = json.loads(done.stdout.splitlines()[-1])
        base = base or out
        if abs(out["recall"] - base["recall"]) + abs(out["ndcg"] - base["ndcg"]) > 1e-5:
            sys.exit(f"{name} finds other figures: {out}")
        alone, whole = (out[key] / base[key] for key in ("seconds", "with_scoring"))
        print(
            f"{name:<10}{out['seconds']:>8.2f}{out['with_scoring']:>11.2f}"
            f"{out['megabytes']:>6.0f}   {alone:.1f} x, {whole:.1f} x"
        )


if __name__ == "__main__":
    main()
