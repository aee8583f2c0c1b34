"""No false alarm on honest splits of real logs."""

from __future__ import annotations

import pytest

import prismrec as pr
from prismrec import registry
from prismrec.data.split import split
from prismrec.evaluation import leaks

SPLITS = {
    "amazon-baby": ("given", "random"),
    "emotify": ("random", "new-items"),
    "lastfm-audio": ("given", "random", "new-items"),
    "movielens-posters": ("ua_split", "time", "user-time", "leave-one-out", "random", "new-items"),
    "pokemon-vgc": ("given", "time", "user-time", "leave-one-out", "random", "new-items"),
    "tiktok": ("given", "random", "new-items"),
}


@pytest.mark.data
@pytest.mark.parametrize(
    ("shop", "by"), [(shop, by) for shop, ways in SPLITS.items() for by in ways]
)
def test_honest_splits_pass(data_dir, shop, by):
    data = pr.read(data_dir / shop).dataset()
    for seed in range(3 if by in {"random", "new-items"} else 1):
        parts = split(data, by, seed=seed)
        leaks.parts(*parts)
        ranker = registry.build("models", "popularity").fit(parts.train, pr.Training())
        leaks.fitted(ranker, parts.test, leaks.repeats(parts.test, parts.train))
