"""A shop of 200,000 items with ready vectors, and models of it, for benchmarks/serving.py.

    python benchmarks/serving_shop.py FOLDER [--items 200000] [--users 50000] [--events 2500000]
        [--models bpr prism] [--seed 0]

Items belong to groups of very unequal size and users to a handful of groups; what is seen and read
of an item is the vector of its group plus a taste within it, by which users choose, plus noise.
Popularity follows a power law. A shop or model that is there already is left as it is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

GROUPS, WITHIN = 400, 4  # groups; dimensions of the taste within one
DIM = {"image": 64, "text": 64}
LOYAL = 0.85  # share of a user's events within their own groups
START, YEAR = 1_700_000_000, 31_536_000
COLOURS = ("red", "amber", "green", "blue", "violet", "grey")


def generate(folder: Path, *, items: int, users: int, events: int, seed: int) -> None:
    """Write the shop, its record last."""
    rng = np.random.default_rng(seed)
    share = rng.permutation(np.arange(1, GROUPS + 1) ** -0.5)
    group = rng.choice(GROUPS, items, p=share / share.sum())
    taste = rng.normal(size=(items, WITHIN)).astype(np.float32)
    popularity = rng.permutation(np.arange(1, items + 1) ** -0.7)
    write_log(folder, log_of(rng, (group, taste, popularity), users=users, events=events), rng)
    write_items(folder, group, rng)
    (folder / "features").mkdir(exist_ok=True)
    for name, dim in DIM.items():
        np.save(folder / "features" / f"{name}.npy", seen(rng, group, taste, dim))
    record = {"items": items, "users": users, "events": events, "seed": seed}
    (folder / "made.json").write_text(json.dumps(record), "utf-8")


def seen(rng: np.random.Generator, group: np.ndarray, taste: np.ndarray, dim: int) -> np.ndarray:
    """(n, dim) what an encoder might make of the items; one in fifty has nothing."""
    centres = rng.normal(size=(GROUPS, dim))
    axes = rng.normal(size=(GROUPS, WITHIN, dim)) * 0.35
    noise = rng.normal(size=(len(group), dim)).astype(np.float32) * 0.5
    vectors = centres[group] + np.einsum("nw,nwd->nd", taste, axes[group]) + noise
    vectors[rng.random(len(group)) < 0.02] = 0
    return np.asarray(vectors, np.float32)


def log_of(
    rng: np.random.Generator,
    catalogue: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    users: int,
    events: int,
) -> tuple[np.ndarray, np.ndarray]:
    """User and item of each event: of eight that come to mind a user takes the one they like."""
    group, taste, popularity = catalogue
    active = np.arange(1, users + 1) ** -0.4
    who = np.sort(rng.choice(users, events, p=active / active.sum()))
    homes = rng.integers(0, GROUPS, (users, 4))
    wants = rng.normal(size=(users, WITHIN)).astype(np.float32)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(GROUPS + 1))
    total = np.concatenate([[0], popularity[order].cumsum()])
    what = np.empty(events, np.int64)
    for begin in range(0, events, 1 << 18):
        u = who[begin : begin + (1 << 18)]
        home = homes[u, rng.integers(0, 4, len(u))]
        low, high = total[starts[home]], total[starts[home + 1]]
        anywhere = (rng.random(len(u)) > LOYAL) | (high <= low)
        low, high = np.where(anywhere, 0, low), np.where(anywhere, total[-1], high)
        drawn = low[:, None] + rng.random((len(u), 8)) * (high - low)[:, None]
        minded = order[(np.searchsorted(total, drawn, "right") - 1).clip(0, len(order) - 1)]
        liked = np.einsum("nkw,nw->nk", taste[minded], wants[u])
        what[begin : begin + len(u)] = minded[np.arange(len(u)), liked.argmax(axis=1)]
    return who, what


def write_log(folder: Path, log: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> None:
    who, what = log
    pl.DataFrame(
        {
            "user": who,
            "item": what,
            "event": rng.choice(3, len(who), p=[0.8, 0.15, 0.05]),
            "timestamp": START + rng.integers(0, YEAR, len(who)),
        }
    ).with_columns(
        user=pl.format("user-{}", "user"),
        item=pl.format("item-{}", "item"),
        event=pl.col("event").replace_strict([0, 1, 2], ["view", "like", "buy"]),
    ).write_parquet(folder / "interactions.parquet")


def write_items(folder: Path, group: np.ndarray, rng: np.random.Generator) -> None:
    numbers = np.arange(len(group))
    pl.DataFrame(
        {
            "item": numbers,
            "title": numbers,
            "category": group,
            "colour": rng.choice(COLOURS, len(group)),
        }
    ).with_columns(
        item=pl.format("item-{}", "item"),
        title=pl.format("Thing {} of group {}", "title", "category"),
        category=pl.format("group {}", "category"),
    ).write_parquet(folder / "items.parquet")


SETTINGS = {"bpr": ["--epochs=8"], "lightgcn": ["--epochs=4"]}


def fit(shop: Path, model: str, seed: int) -> Path:
    """A model of the shop, fitted by the command line where it is not there yet."""
    out = shop.with_name(f"{shop.name}-{model}")
    if not (out / "fit.json").exists():
        start = time.perf_counter()
        options = [f"--out={out}", f"--model={model}", f"--seed={seed}", *SETTINGS.get(model, [])]
        program = str(Path(sys.executable).with_name("prismrec"))
        subprocess.run([program, "fit", str(shop), *options], check=True)
        print(f"{model}: fitted in {time.perf_counter() - start:.0f} s")
    return out


def shop_of(folder: Path, *, items: int, users: int, events: int, seed: int) -> Path:
    """The shop with these numbers below a folder, made where it is not there yet."""
    shop = folder / f"shop-{items}-{users}-{events}-{seed}"
    if not (shop / "made.json").exists():
        shop.mkdir(parents=True, exist_ok=True)
        generate(shop, items=items, users=users, events=events, seed=seed)
    return shop


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--items", type=int, default=200_000)
    parser.add_argument("--users", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=2_500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", nargs="*", default=["bpr", "prism"])
    chosen = parser.parse_args()
    sizes = {name: getattr(chosen, name) for name in ("items", "users", "events", "seed")}
    shop = shop_of(chosen.folder, **sizes)
    print(shop)
    for model in chosen.models:
        print(fit(shop, model, chosen.seed))


if __name__ == "__main__":
    main()
