"""Do the modalities of items that were not learnt from find each other, and by which co-embedding?

    python benchmarks/alignment.py ../shared/data/movielens-posters [--folds 5] [infonce ...]
    python benchmarks/alignment.py ../shared/data/pokemon-vgc

The catalogue is divided into folds; each in turn is kept from the learning, and every item of it
looks with one modality for itself in another, among the items of its fold. recall@10 has a 95 %
interval over items; chance is 10 / items of a fold.
"""

from __future__ import annotations

import argparse
from itertools import permutations
from pathlib import Path

import numpy as np

from prismrec.data.features import Feature
from prismrec.data.read import read
from prismrec.encode import encode
from prismrec.evaluation.alignment import cka, retrieval_ranks
from prismrec.registry import build

SPECS = (
    "cca:dim=32",
    "cca",
    "cca:dim=128",
    "cca:power=0",
    "cca:power=4",
    "cca:l2=0.1",
    "cca:l2=10",
    "cca:l2=10:rank=256",
    "procrustes",
    "ridge-map:dim=none",
    "ridge-map:dim=64",
    "ridge-map",
    "infonce",
    "triplet",
)


def folds(items: dict[str, Feature], n: int) -> list[np.ndarray]:
    """Rows with every modality, dealt out."""
    whole = np.flatnonzero(np.logical_and.reduce([f.present for f in items.values()]))
    return np.array_split(np.random.default_rng(0).permutation(whole), n)


def without(items: dict[str, Feature], rows: np.ndarray) -> dict[str, Feature]:
    keep = np.ones(len(next(iter(items.values()))), bool)
    keep[rows] = False
    return {name: Feature.of(f.values, f.present & keep, f.encoder) for name, f in items.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shop", type=Path)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("specs", nargs="*", default=SPECS, help="alignments")
    chosen = parser.parse_args()
    items = dict(encode(read(chosen.shop)).items)
    kept = folds(items, chosen.folds)
    pairs = [*permutations(items, 2)]
    chance = 10 / np.mean([len(rows) for rows in kept])
    for one, other in pairs:
        if one < other:
            rows = np.concatenate(kept)
            print(
                f"CKA {one}, {other}: {cka(items[one].values[rows], items[other].values[rows]):.3f}"
            )
    print(f"{chosen.shop.name}: recall@10, chance {chance:.3f}")
    for spec in chosen.specs:
        hits: dict[tuple[str, str], list[np.ndarray]] = {pair: [] for pair in pairs}
        for rows in kept:
            learnt = build("alignments", spec).fit(without(items, rows))
            placed = {name: learnt[name](f.values[rows]) for name, f in items.items()}
            for one, other in pairs:
                hits[one, other].append(retrieval_ranks(placed[one], placed[other]) < 10)
        figures = []
        for (one, other), found in hits.items():
            hit = np.concatenate(found)
            error = 1.96 * hit.std() / np.sqrt(len(hit))
            figures.append(f"{one} to {other} {hit.mean():.3f} ± {error:.3f}")
        print(f"{spec:24}{', '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()
