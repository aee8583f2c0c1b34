"""How well does a picture find its text, and tell its genres, by a representation learnt alone?

    python benchmarks/representation.py ../shared/data/movielens-posters
    python benchmarks/representation.py ../shared/data/movielens-posters --text use-multilingual

The catalogue is divided into folds; each in turn is kept from the learning. Every item of it looks
with one modality for itself in another, among the whole catalogue: recall@10, chance 10 / items.
Genres are the words of a column of items.csv that ten items or more have; the figure is the share
of an item's genres among its as many most probable ones, beside that of guessing the most frequent.
"""

from __future__ import annotations

import argparse
import time
from itertools import permutations
from pathlib import Path

import numpy as np
import polars as pl

from alignment import folds
from prismrec.align.contrast import hidden
from prismrec.align.representation import Labels, Representation
from prismrec.data.features import Feature
from prismrec.data.read import read
from prismrec.encode import encode
from prismrec.registry import build


def told(probable: np.ndarray, truth: np.ndarray) -> np.ndarray:
    rank = (-probable).argsort(axis=1).argsort(axis=1)
    n = truth.sum(axis=1, keepdims=True)
    return ((rank < n) & truth).sum(axis=1) / n[:, 0]


def ranks(asked: np.ndarray, candidates: np.ndarray, own: np.ndarray) -> np.ndarray:
    scores = asked @ candidates.T
    return (scores > scores[np.arange(len(own)), own][:, None]).sum(axis=1)


def measure(
    learnt: Representation, items: dict[str, Feature], rows: np.ndarray, labels: Labels
) -> dict[str, np.ndarray]:
    whole = np.flatnonzero(np.logical_and.reduce([f.present for f in items.values()]))
    own = np.searchsorted(whole, rows)
    placed = learnt.apart({name: f.take(whole) for name, f in items.items()})
    out = {}
    for one, other in permutations(items, 2):
        x, y = placed[one].values, placed[other].values
        out[f"{one} to {other}"] = ranks(x[own], y, own) < 10
    rows = rows[labels.values[rows].any(axis=1)]
    truth = labels.values[rows]
    if len(labels.names):
        for names in (*([name] for name in items), [*items]):
            seen = {name: items[name].take(rows) for name in names}
            out[f"genres by {' and '.join(names)}"] = told(learnt.classify(seen), truth)
        often = np.broadcast_to(labels.values.mean(axis=0), truth.shape)
        out["genres by frequency"] = told(often, truth)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--image", default="efficientnet-lite0")
    parser.add_argument("--text", default="minilm+use-multilingual")
    parser.add_argument("--classes", default="genres", help="a column of words, or none")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("specs", nargs="*", default=["representation-net"])
    chosen = parser.parse_args()
    items = dict(encode(read(chosen.shop), image=chosen.image, text=chosen.text).items)
    table = pl.read_csv(chosen.shop / "items.csv", infer_schema_length=0)
    texts = [None] * len(table) if chosen.classes == "none" else table[chosen.classes].to_list()
    labels = Labels.of_words(texts)
    n = int(np.logical_and.reduce([f.present for f in items.values()]).sum())
    print(f"{chosen.shop.name}, {chosen.image}, {chosen.text}: recall@10, chance {10 / n:.4f}")
    for spec in chosen.specs:
        start, found = time.perf_counter(), {}
        for rows in folds(items, chosen.folds):
            learnt = build("representations", spec).fit(hidden(items, rows), labels=labels)
            for name, hits in measure(learnt, items, rows, labels).items():
                found.setdefault(name, []).append(hits)
        print(f"{spec}, {(time.perf_counter() - start) / chosen.folds:.1f} s a fit")
        for name, parts in found.items():
            hit = np.concatenate(parts).astype(float)
            print(f"  {name:32}{hit.mean():.4f} ± {1.96 * hit.std() / len(hit) ** 0.5:.4f}")


if __name__ == "__main__":
    main()
