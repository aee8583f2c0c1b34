"""How faithful explanations are: the true driver of listeners, and deletion curves.

python benchmarks/explanations.py [FOLDER]

Record shops are made in FOLDER (a temporary one where it is left out); each is encoded and fitted
once. The length of the list was chosen on the first four shops; the others came after it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import prismrec as pr
from prismrec.data.dataset import Dataset
from prismrec.data.demo import make_shop
from prismrec.evaluation.intervals import bootstrap
from prismrec.explain.faithfulness import by_removal, by_shares, deletion
from prismrec.explain.shares import drivers_of
from prismrec.rankers import Query
from prismrec.registry import build

SHOPS = (
    (7, 300, 600),
    (1, 200, 400),
    (2, 400, 800),
    (3, 300, 1000),
    (4, 250, 500),
    (5, 300, 600),
    (6, 350, 700),
)  # seed, records, listeners
ENOUGH = 10  # events
LISTS = (5, 10, 20, 50)
JUDGED = (
    ("prism", by_shares),
    ("prism", by_removal),
    ("item-knn", by_shares),
    ("sasrec:epochs=30", by_removal),
)
PEOPLE = 200


def opened(folder: Path, seed: int, items: int, users: int) -> tuple[Dataset, dict[str, str]]:
    path = folder / f"shop-{seed}"
    if not path.exists():
        make_shop(path, items=items, users=users, seed=seed)
    truth = json.loads((path / "truth.json").read_text("utf-8"))["listeners"]
    return pr.encode(pr.read(path)), {user: each["driver"] for user, each in truth.items()}


def known(data: Dataset) -> np.ndarray:
    events = np.bincount(data.interactions.users, minlength=data.n_users)
    return np.flatnonzero(events >= ENOUGH)


def named(data: Dataset, truth: dict[str, str]) -> None:
    ranker, people = build("models", "prism").fit(data), known(data)
    query = Query.of(data, people)
    right = []
    for k in LISTS:
        first = [next(iter(shares)) for shares in drivers_of(ranker, query, k=k)]
        same = [truth[data.user_ids[u]] == name for u, name in zip(people, first, strict=True)]
        right.append(f"{k}: {sum(same)} of {len(same)} ({np.mean(same):.1%})")
    print("  true driver named first, by length of the list:", "; ".join(right), flush=True)


def curves(data: Dataset) -> None:
    for spec, how in JUDGED:
        ranker = build("models", spec).fit(data)
        found = deletion(ranker, Query.of(data, known(data)[:PEOPLE]), how)
        print(f"  {spec}, {how.__name__}, {len(found.users)} listeners")
        for measure in ("place", "height"):
            area = {name: found.areas(name, measure=measure) for name in found.place}
            means = ", ".join(f"{name} {values.mean():.3f}" for name, values in area.items())
            gaps = [
                f"{one} - {other} {bootstrap((area[one] - area[other])[:, None], found.users)[0]}"
                for one, other in (("first", "random"), ("last", "random"), ("first", "last"))
            ]
            print(f"    {measure}: {means}; {'; '.join(gaps)}", flush=True)


def main(folder: Path) -> None:
    for seed, items, users in SHOPS:
        print(f"shop {seed}: {items} records, {users} listeners", flush=True)
        data, truth = opened(folder, seed, items, users)
        named(data, truth)
        if seed == SHOPS[0][0]:
            curves(data)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
