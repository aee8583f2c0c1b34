"""Explanations add up to the score on every real data set."""

from dataclasses import replace

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.read import read
from prismrec.data.shop import Media
from prismrec.data.vocabulary import Vocabulary
from prismrec.encode import encode
from prismrec.errors import BadData
from prismrec.explain.contrast import contrast
from prismrec.explain.shares import explain_items
from prismrec.rankers import Query
from prismrec.registry import build

USERS, ITEMS, CATALOGUE, EVENTS = 5, 12, 300, 8_000
SHOPS = (
    "tiktok",
    "lastfm-audio",
    "amazon-baby",
    "movielens-posters",
    "emotify",
    "pokemon-vgc",
)


@pytest.fixture(scope="module", params=SHOPS)
def data(request, data_dir):
    """The most used items of a shop, with a quick encoder of texts and ready vectors."""
    shop = read(data_dir / request.param)
    data = shop.dataset()
    used = np.argsort(-data.item_support(), kind="stable")[:CATALOGUE]
    if (texts := shop.item_media.get("text")) is not None:
        wanted = set(used.tolist())
        some = [text if row in wanted else None for row, text in enumerate(texts.values)]
        shop = replace(shop, item_media={"text": Media("text", tuple(some))}, user_media={})
        data = encode(shop, image=None, text="tfidf:dim=128", audio=None, store="memory")
    place = np.full(data.n_items, -1)
    place[used] = np.arange(len(used))
    log = data.interactions
    kept = np.flatnonzero(place[log.items] >= 0)[:EVENTS]
    time = None if log.time is None else log.time[kept]
    small = Interactions(log.users[kept], place[log.items[kept]], log.weight[kept], time)
    ids = Vocabulary(tuple(data.item_ids.ids[row] for row in used))
    return Dataset(small, data.user_ids, ids, {n: f.take(used) for n, f in data.items.items()})


@pytest.mark.data
@pytest.mark.parametrize("spec", ["prism", "item-knn", "ease", "content-knn"])
def test_the_parts_add_up_to_the_score(data, spec):
    if spec == "content-knn" and not data.items:
        with pytest.raises(BadData, match="content-knn"):
            build("models", spec).fit(data)
        return
    ranker = build("models", spec).fit(data)
    rng = np.random.default_rng(1)
    users = rng.choice(np.unique(data.interactions.users), USERS, replace=False)
    for user in users:
        query = Query.of(data, np.array([user]))
        scores = ranker.score(query)[0].astype(np.float64)
        scale = float(np.nanmax(np.abs(scores)))
        known = np.flatnonzero(~np.isnan(scores))
        items = [int(np.nanargmax(scores)), *rng.choice(known, ITEMS).tolist()]
        told = explain_items(ranker, query, items)
        for each in told:
            assert abs(each.score - scores[each.item]) <= 1e-5 * scale
            assert abs(sum(each.by_modality.values()) - each.score) <= 1e-5 * scale
            against = contrast(each, told[0])
            gap = scores[each.item] - scores[told[0].item]
            assert abs(sum(against.by_modality.values()) - gap) <= 2e-5 * scale
