import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.models.content_knn import ContentKnn
from prismrec.rankers import Query

N = 25


def feature(seed: int, absent: tuple[int, ...]) -> Feature:
    values = np.random.default_rng(seed).standard_normal((N, 5)).astype(np.float32) + 2
    return Feature.of(values, ~np.isin(np.arange(N), absent))


def dataset(**items: Feature) -> Dataset:
    rng = np.random.default_rng(0)
    log = Interactions.of(rng.integers(0, 8, 60), rng.integers(0, N, 60))
    names = (Vocabulary(tuple(map(str, range(n)))) for n in (8, N))
    return Dataset(log, *names, items)


@pytest.fixture
def data() -> Dataset:
    return dataset(image=feature(1, (2, 4)), text=feature(2, (4, 7)))


def slow_relation(f: Feature, n: int) -> np.ndarray:
    """Past item x item: for each item, its n most similar others."""
    centred = np.where(f.present[:, None], f.values - f.values[f.present].mean(axis=0), 0)
    lengths = np.maximum(np.linalg.norm(centred, axis=1), 1e-9)
    cosine = centred @ centred.T / lengths / lengths[:, None]
    np.fill_diagonal(cosine, 0)
    out = np.zeros((N, N))
    for j in range(N):
        for i in np.argsort(-cosine[j])[:n]:
            out[i, j] = max(0, cosine[j, i])
    return out


def test_scores_are_similarities_averaged_over_what_an_item_has(data):
    ranker = ContentKnn(neighbours=6).fit(data)
    total = slow_relation(data.items["image"], 6) + slow_relation(data.items["text"], 6)
    count = np.full(N, 2.0)
    count[[2, 7]] = 1
    scores = ranker.score(Query.of(data))
    has = np.arange(N) != 4
    assert scores[:, has] == pytest.approx((data.matrix() @ (total / count))[:, has], abs=1e-4)
    assert np.isnan(scores[:, 4]).all()


def test_one_modality_or_several_can_be_asked_for(data):
    alone = ContentKnn(modality="text").fit(data)
    only = ContentKnn().fit(dataset(text=data.items["text"]))
    query = Query.of(data)
    assert np.array_equal(alone.score(query), only.score(query), equal_nan=True)
    both = ContentKnn(modality="image+text").fit(data).score(query)
    assert np.array_equal(both, ContentKnn().fit(data).score(query), equal_nan=True)


def test_a_modality_that_is_not_there_is_refused(data):
    with pytest.raises(BadData, match="have no sound; they have image, text"):
        ContentKnn(modality="sound").fit(data)
    with pytest.raises(BadData, match="encode the shop"):
        ContentKnn().fit(dataset())


def test_new_items_are_ranked_as_if_they_had_always_been_there(data):
    whole = ContentKnn(neighbours=4, centre=False).fit(data)
    old = np.arange(N - 3)
    rows = np.arange(N - 3, N)
    few = Dataset(
        Interactions.of(np.array([0]), np.array([0])),
        data.user_ids,
        Vocabulary(tuple(map(str, old))),
        {name: f.take(old) for name, f in data.items.items()},
    )
    ranker = ContentKnn(neighbours=4, centre=False).fit(few)
    wider = ranker.with_items({name: f.take(rows) for name, f in data.items.items()})
    for before, after in zip(whole.weights.parts, wider.weights.parts, strict=True):
        assert after.weights.toarray() == pytest.approx(before.weights.toarray(), abs=1e-5)


def test_a_new_item_may_lack_a_modality_or_all(data):
    ranker = ContentKnn(neighbours=4).fit(data)
    wider = ranker.with_items({"text": data.items["text"].take(np.array([0]))})
    assert np.isfinite(wider.score(Query.of(data))[:, N]).all()
    bare = ranker.with_items({}, ids=["x"])
    assert np.isnan(bare.score(Query.of(data))[:, N]).all()


def test_shares_name_the_modality_and_sum_to_the_score(data):
    ranker = ContentKnn(neighbours=6).fit(data)
    query = Query.of(data, np.array([3]))
    (shares,) = ranker.shares(query, np.array([10]))
    assert [source.modality for source in shares.sources] == ["image", "text"]
    assert shares.total == pytest.approx(ranker.score(query)[0, 10], rel=1e-5)
