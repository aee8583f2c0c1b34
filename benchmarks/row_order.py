"""How much the order of the rows gives away in a published log: popularity plus the row's place.

`python benchmarks/row_order.py SHOP` on a log whose split is given. Nothing of this is used by any
model; it shows what a model that learns from item numbers would get for free.
"""

from __future__ import annotations

import json
import sys

import numpy as np

import prismrec as pr
from prismrec.rankers import ItemWeights


def main(path: str) -> None:
    train, valid, test = pr.split(pr.read(path).dataset(), "given")
    popularity = np.log1p(train.item_support())
    place = np.arange(train.n_items) / train.n_items
    figures = {}
    for weight in (0.0, 1.0, 2.0, 4.0):
        ranker = ItemWeights((), (popularity + weight * place).astype(np.float32))
        for name, part in (("valid", valid), ("test", test)):
            found = pr.evaluate(ranker, part, seen=train, k=20, metrics=["recall", "ndcg"])
            figures[f"{name}, weight {weight:g}"] = {
                metric: round(interval.mean, 4) for metric, interval in found.metrics.items()
            }
    known = np.zeros(train.n_users, np.int64) - 1
    np.maximum.at(known, train.interactions.users, train.interactions.items)
    later = test.interactions.items > known[test.interactions.users]
    figures["test items whose row is above every train item of their user"] = float(later.mean())
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
