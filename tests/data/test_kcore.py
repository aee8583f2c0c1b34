"""The k-core against a slow reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.kcore import k_core
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData

N = 8


def dataset(pairs) -> Dataset:
    users, items = (np.asarray(side, np.int64) for side in zip(*pairs, strict=True))
    ids = Vocabulary(tuple(map(str, range(N))))
    feature = Feature.of(np.arange(1, N + 1, dtype=np.float32)[:, None])
    log = Interactions.of(users, items, time=np.arange(len(users)))
    return Dataset(log, ids, ids, {"image": feature}, {"text": feature})


def slow_core(pairs, k):
    pairs = set(pairs)
    while True:
        users, items = ([pair[side] for pair in pairs] for side in (0, 1))
        kept = {(u, i) for u, i in pairs if users.count(u) >= k and items.count(i) >= k}
        if kept == pairs:
            return kept
        pairs = kept


@given(
    st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), min_size=1, max_size=50),
    st.integers(1, 4),
)
def test_it_is_the_largest_dense_part(pairs, k):
    expected = slow_core(pairs, k)
    data = dataset(pairs)
    if not expected:
        with pytest.raises(BadData, match="choose a smaller k"):
            k_core(data, k)
        return
    core = k_core(data, k)
    rows = [(int(core.user_ids[u]), int(core.item_ids[i])) for u, i in log_pairs(core)]
    assert rows == [pair for pair in pairs if pair in expected]
    assert core.user_ids.ids == tuple(str(u) for u in sorted({u for u, _ in expected}))
    for ids, feature in ((core.item_ids, core.items["image"]), (core.user_ids, core.users["text"])):
        assert feature.values[:, 0].tolist() == [int(name) + 1 for name in ids]


def log_pairs(data):
    log = data.interactions
    return zip(log.users.tolist(), log.items.tolist(), strict=True)


def test_a_pair_that_repeats_counts_once():
    with pytest.raises(BadData):
        k_core(dataset([(0, 0)] * 5), 2)
