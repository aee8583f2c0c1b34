from __future__ import annotations

from dataclasses import replace

import numpy as np

from prismrec.data.interactions import Interactions
from prismrec.data.sketch import KEPT, among, sketch
from prismrec.data.vocabulary import Vocabulary


def test_a_small_log_is_kept_whole(make_dataset):
    data = make_dataset(10, 8, events=3)
    assert among(data, sketch(data)).all()


def test_a_large_log_keeps_an_even_share_of_its_parts(make_dataset):
    data = make_dataset(400, 200, events=40)
    text = sketch(data)
    assert len(text) == KEPT * 16
    late = np.arange(len(data.interactions)) >= 12_000  # a quarter of the events
    held = among(data, text) & late
    pairs = len(np.unique(data.interactions.users[held] * 200 + data.interactions.items[held]))
    assert 40 < pairs < 95  # a quarter of 256 is 64


def test_pairs_of_another_log_are_not_among_them(make_dataset):
    data = make_dataset()
    used = data.matrix().toarray() > 0
    users, items = np.nonzero(~used)
    others = data.with_interactions(Interactions.of(users, items))
    assert not among(others, sketch(data)).any()


def test_neither_the_order_of_rows_nor_the_numbering_matters(make_dataset):
    data = make_dataset()
    log = data.interactions
    turned = Interactions.of(59 - log.users[::-1], 39 - log.items[::-1])
    other = replace(
        data,
        interactions=turned,
        user_ids=Vocabulary(data.user_ids.ids[::-1]),
        item_ids=Vocabulary(data.item_ids.ids[::-1]),
        items={},
    )
    assert sketch(other) == sketch(data)


def test_nothing_is_a_sketch_of_an_empty_log(make_dataset):
    data = make_dataset()
    empty = data.with_interactions(data.interactions.take(np.empty(0, np.int64)))
    assert sketch(empty) == ""
    assert not among(data, "").any()
