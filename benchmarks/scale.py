"""Ten million interactions through the front door: read, split, fit, each with time and memory.

    python benchmarks/scale.py [--rows 10000000] [--format csv|parquet] [--no-fit]

The log is generated: popularity of items and activity of users follow a power law. It is written
to a temporary folder and read in a process of its own, so that making it does not count.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

LIMIT_SECONDS, LIMIT_GIB = 300, 8.0
N_USERS, N_ITEMS = 1_000_000, 200_000

Value = TypeVar("Value")


def generate(folder: Path, rows: int, form: str) -> None:
    """A log in which every user and item occurs, with string identifiers, events and times."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "user": powerlaw(rng, N_USERS, rows, 0.5),
            "item": powerlaw(rng, N_ITEMS, rows, 0.8),
            "event": rng.choice(3, rows, p=[0.8, 0.15, 0.05]),
            "timestamp": 1_700_000_000 + rng.integers(0, 31_536_000, rows),
        }
    ).with_columns(
        user=pl.format("user-{}", "user"),
        item=pl.format("sku{}", "item"),
        event=pl.col("event").replace_strict([0, 1, 2], ["view", "like", "buy"]),
    )
    if form == "csv":
        frame.write_csv(folder / "interactions.csv")
    else:
        frame.write_parquet(folder / "interactions.parquet")


def powerlaw(rng: np.random.Generator, n: int, rows: int, power: float) -> np.ndarray:
    """(rows,) draws from n values with P(rank) ~ rank^-power, each value at least once."""
    weight = np.arange(1, n + 1) ** -power
    drawn = np.searchsorted(weight.cumsum() / weight.sum(), rng.random(rows - n))
    return rng.permutation(np.concatenate([np.arange(n), drawn.clip(0, n - 1)]))


def measured(name: str, work: Callable[[], Value], report: dict[str, object]) -> Value:
    start = time.perf_counter()
    value = work()
    report[f"{name}_seconds"] = round(time.perf_counter() - start, 1)
    report[f"peak_gib_after_{name}"] = round(peak_gib(), 2)
    return value


def peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def run(folder: Path, *, fit: bool) -> dict[str, object]:
    from prismrec.data.read import read
    from prismrec.data.split import split
    from prismrec.rankers import Query, top_k

    report: dict[str, object] = {}
    start = time.perf_counter()
    data = measured("read", lambda: read(folder).dataset(), report)
    report |= {"users": data.n_users, "items": data.n_items, "rows": len(data.interactions)}
    train, *_ = measured("split", partial(split, data, "random"), report)
    del data
    if fit:
        from prismrec.models.item_knn import ItemKnn

        ranker = measured("fit", lambda: ItemKnn().fit(train), report)
        users = np.arange(1000, dtype=np.int64)
        measured("top_20_of_1000_users", lambda: top_k(ranker, Query.of(train, users), 20), report)
    report["seconds"] = round(time.perf_counter() - start, 1)
    report["peak_gib"] = round(peak_gib(), 2)
    report["within_limits"] = report["seconds"] <= LIMIT_SECONDS and report["peak_gib"] <= LIMIT_GIB
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--no-fit", action="store_true", help="read and split only")
    parser.add_argument("--folder", type=Path, help="read this folder instead of a generated one")
    options = parser.parse_args()
    if options.folder:
        print(json.dumps(run(options.folder, fit=not options.no_fit), indent=2))
        return
    with tempfile.TemporaryDirectory() as name:
        generate(Path(name), options.rows, options.format)
        again = [sys.executable, __file__, "--folder", name] + ["--no-fit"] * options.no_fit
        subprocess.run(again, check=True)


if __name__ == "__main__":
    main()
