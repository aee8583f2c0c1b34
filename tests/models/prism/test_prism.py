from dataclasses import replace

import numpy as np
import pytest

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.explain.shares import drivers, explain_items
from prismrec.models.prism import Prism
from prismrec.models.prism.learning import share_of_new
from prismrec.models.prism.relations import profiles
from prismrec.rankers import Mixture, Query, top_k
from prismrec.rankers.newcomers import Newcomers
from prismrec.train import Training

GROUPS = 6


def names(kind: str, n: int) -> Vocabulary:
    return Vocabulary(tuple(f"{kind}{row}" for row in range(n)))


def noise(n: int, dim: int = 8, *, seed: int = 0, present=None) -> Feature:
    values = np.random.default_rng(seed).normal(size=(n, dim))
    return Feature.of(values.astype(np.float32), present)


def by_ear(n_users: int = 240, n_items: int = 180, *, events: int = 8) -> Dataset:
    """Everybody likes one group of items; sounds tell the groups apart and pictures do not."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(GROUPS, 8))
    sound = centres[np.arange(n_items) % GROUPS] + 0.2 * rng.normal(size=(n_items, 8))
    users = np.repeat(np.arange(n_users), events)
    within = rng.integers(0, n_items // GROUPS, len(users))
    log = Interactions.of(users, within * GROUPS + users % GROUPS)
    features = {"image": noise(n_items), "audio": Feature.of(sound)}
    return Dataset(log, names("u", n_users), names("i", n_items), features)


NEW = np.arange(150, 180)


@pytest.fixture(scope="module")
def launch() -> Dataset:
    """The same before anybody had used the last thirty items."""
    data = by_ear()
    known = data.interactions.items < NEW[0]
    return data.with_interactions(data.interactions.take(known))


@pytest.fixture(scope="module")
def fitted(launch) -> Mixture:
    return Prism().fit(launch)


def strength(ranker: Mixture, modality: str, bucket: int) -> float:
    rows = [row for row, source in enumerate(ranker.sources) if source.modality == modality]
    return float((ranker.weights + ranker.gates)[rows, bucket].sum())


def test_it_finds_the_modality_that_drives_a_log(fitted):
    assert strength(fitted, "audio", 0) > 5 * strength(fitted, "image", 0)


def test_new_items_are_ranked_by_the_strong_modality(launch, fitted):
    query = Query.of(launch)
    best = top_k(fitted, query, 5, only=NEW).items
    assert (best % GROUPS == (query.users % GROUPS)[:, None]).mean() > 0.95


def test_items_that_come_after_the_fit_are_ranked_as_well(launch, fitted):
    query = Query.of(launch)
    wider = fitted.with_items({name: f.take(NEW) for name, f in launch.items.items()})
    late = np.arange(180, 210)
    best = top_k(wider, query, 5, only=late).items
    assert ((best - 180) % GROUPS == (query.users % GROUPS)[:, None]).mean() > 0.95


def test_an_item_that_comes_later_scores_as_one_that_nobody_used(launch):
    """Their media are equal, and all items are neighbours, so that it takes nobody's place."""
    model = Prism(alike=500).fit(launch)
    twins = model.with_items({name: f.take(NEW) for name, f in launch.items.items()})
    scores = twins.score(Query.of(launch))
    assert scores[:, 180:] == pytest.approx(scores[:, NEW], abs=1e-4)
    assert twins.prior[NEW].std() > 0


def test_media_are_mapped_to_taste(launch, fitted):
    """The groups share no user here, so only the largest of them has a taste."""
    (part,) = (part for part in fitted.parts if part.name == "audio to taste")
    query = Query.of(launch)
    said = part.apply(query.matrix(launch.n_items))[:, NEW]
    known = said.any(axis=1)
    assert known.sum() == 240 / GROUPS
    best = NEW[said[known].argmax(axis=1)]
    assert (best % GROUPS == query.users[known] % GROUPS).all()


def test_explanations_of_new_items_name_the_modality(launch, fitted):
    for user in range(12):
        query = Query.of(launch, np.array([user]))
        best = top_k(fitted, query, 5, only=NEW).items[0]
        assert next(iter(drivers(explain_items(fitted, query, best.tolist())))) == "audio"


def test_new_items_get_nothing_from_behaviour(fitted):
    assert strength(fitted, "behaviour", 0) == 0
    assert strength(fitted, "behaviour", 2) > 0


# what may be lacking


def timed(data: Dataset) -> Dataset:
    n = len(data.interactions)
    return data.with_interactions(
        replace(data.interactions, time=np.random.default_rng(0).permutation(n) * 7200)
    )


def served(data: Dataset, how: Training | None = None, model: Prism | None = None) -> Mixture:
    ranker = (model or Prism()).fit(data, how or Training())
    scores = ranker.score(Query.of(data))
    assert scores.shape == (data.n_users, data.n_items)
    assert np.isfinite(scores).all()
    return ranker


@pytest.mark.parametrize("media", [True, False])
@pytest.mark.parametrize("times", [True, False])
def test_features_and_times_may_be_lacking(make_dataset, media, times):
    data = make_dataset(120, 40)
    data = replace(data, items=data.items if media else {})
    log = data.interactions
    ranker = served(data.with_interactions(log if times else replace(log, time=None)))
    best = top_k(ranker, Query.of(data), 3).items
    assert (best % 4 == (np.arange(120) % 4)[:, None]).mean() > 0.7
    assert ranker.about["half_life"] is None or times


def test_valid_may_hold_anything(launch):
    log = launch.interactions
    late = np.arange(len(log)) % 7 == 0
    train, valid = (launch.with_interactions(log.take(rows)) for rows in (~late, late))
    empty = valid.with_interactions(log.take(np.array([], np.int64)))
    whole = by_ear()
    is_new = whole.interactions.items >= NEW[0]
    only_new = whole.with_interactions(whole.interactions.take(is_new))
    for given in (valid, empty, only_new, train):
        served(train, Training(valid=given))
    prior = served(launch, Training(valid=only_new)).prior
    assert prior[NEW].mean() > served(launch, Training(valid=valid)).prior[NEW].mean() + 3


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize("times", [True, False])
def test_a_log_may_be_tiny(make_dataset, n, times):
    data = make_dataset(30, 12)
    log = data.interactions.take(np.arange(n))
    few = data.with_interactions(log if times else replace(log, time=None))
    served(few, model=Prism(half_life=3.0))
    served(few, Training(valid=data))


def test_one_user_one_item_and_equal_times_are_served(make_dataset):
    data = make_dataset(60, 20)
    log = data.interactions
    for part in (log.users == 3, log.items == 5):
        served(data.with_interactions(log.take(part)))
    served(data.with_interactions(replace(log, time=np.zeros(len(log), np.int64))))
    single = Dataset(Interactions.of([0], [0]), names("u", 1), names("i", 1), {"image": noise(1)})
    served(single)


def test_items_may_lack_all_media(make_dataset):
    data = make_dataset(60, 20)
    nothing = np.zeros(20, bool)
    absent = replace(data, items={"image": noise(20, present=nothing), "text": noise(20)})
    served(absent)
    served(replace(data, items={"image": noise(20, present=nothing)}))
    half = np.arange(20) < 10
    ranker = served(replace(data, items={m: noise(20, present=half) for m in ("image", "text")}))
    assert not ranker.parts[-1].apply(Query.of(data).matrix(20))[:, ~half].any()


# what users posted


def test_profiles_join_where_items_were_encoded_alike(make_dataset):
    data = make_dataset(60, 20)
    posted = replace(data, users={"image": noise(60), "text": noise(60, seed=1)})
    ranker = served(posted)
    assert [p.modality for p in ranker.profiles] == ["image", "text"]
    vectors = {"image": noise(20).values}
    items = {"image": noise(20)}
    for users in (
        {"image": noise(60, dim=5)},
        {"audio": noise(60)},
        {"image": noise(60, present=np.zeros(60, bool))},
        {"image": replace(noise(60), encoder="another")},
    ):
        with_users = replace(data, items=items, users=users)
        assert profiles(with_users, Newcomers(vectors)) == ()
        assert served(with_users).profiles == ()


# settings


def test_equal_seeds_give_equal_scores(launch, fitted):
    query = Query.of(launch)
    assert np.array_equal(Prism().fit(launch).score(query), fitted.score(query))
    other = Prism().fit(launch, Training(seed=1)).score(query)
    assert not np.array_equal(other, fitted.score(query))


def test_a_given_half_life_is_kept_and_brings_a_part_of_its_own(make_dataset):
    data = make_dataset(120, 40)
    ranker = served(data, model=Prism(half_life=0.5))
    assert ranker.about["half_life"] == 0.5
    assert "used together lately" in [part.name for part in ranker.parts]
    untimed = data.with_interactions(replace(data.interactions, time=None))
    never = served(untimed, model=Prism(half_life=0.5))
    assert never.about["half_life"] is None


def test_a_half_life_is_chosen_where_fashion_changes():
    """In each tenth of the log everybody uses another tenth of the items."""
    rng = np.random.default_rng(0)
    n, n_items = 3000, 100
    items = np.sort(rng.integers(0, n_items, n)) + rng.integers(0, 10, n)
    log = Interactions.of(rng.integers(0, 300, n), items % n_items, time=np.arange(n) * 3600)
    data = Dataset(log, names("u", 300), names("i", n_items))
    assert served(data).about["half_life"] is not None
    shuffled = replace(log, items=rng.permutation(log.items), users=rng.permutation(log.users))
    still = served(data.with_interactions(shuffled)).about["half_life"]
    assert still is None or still > served(data).about["half_life"]


def test_without_gates_only_weights_count(make_dataset):
    ranker = served(make_dataset(120, 40), model=Prism(gates=False))
    assert not ranker.gates.any()
    assert ranker.weights.any()


def test_all_fields_are_reachable_by_name():
    spec = "prism:neighbours=9:alike=10:rank=11:l2=12:dense_items=13:gates=false:half_life=14"
    assert registry.build("models", spec) == Prism(9, 10, 11, 12.0, 13, False, 14.0)
    assert registry.build("models", "prism:alike=10:gates=false") == Prism(alike=10, gates=False)
    assert registry.build("models", "prism:half-life=none") == Prism()


def test_fields_change_what_is_kept(make_dataset):
    model = Prism(neighbours=3, alike=2, rank=8, dense_items=5)
    ranker = served(make_dataset(120, 40), model=model)
    parts = {}
    for part in ranker.parts:
        parts.setdefault(part.name, part)
    assert np.diff(parts["used together"].weights.indptr).max() <= 4
    assert np.diff(parts["looks alike"].weights.T.tocsr().indptr).max() <= 2
    assert parts["same circle"].left.shape == (40, 8)
    assert np.unique(parts["used together, all else equal"].weights.nonzero()[0]).size == 5


@pytest.mark.parametrize("field", ["neighbours", "alike", "rank", "l2", "half_life"])
def test_settings_that_make_no_sense_are_refused(field):
    for value in (0, -2):
        with pytest.raises(BadData, match=f"prism: {field} must be"):
            Prism(**{field: value})


def test_the_share_of_new_items_is_seen_in_valid_and_else_estimated(make_dataset):
    data = make_dataset(30, 12)
    rows = Interactions.of(np.array([0, 1, 2, 3]), np.array([0, 0, 0, 1]))
    train = data.with_interactions(rows)
    assert share_of_new(train, None) == pytest.approx(1 / 4)
    later = data.with_interactions(Interactions.of(np.zeros(30, int), np.repeat([0, 5], [10, 20])))
    assert share_of_new(train, later) == pytest.approx((20 + 10 / 4) / 40)
    empty = data.with_interactions(rows.take(np.array([], np.int64)))
    assert share_of_new(train, empty) == share_of_new(train, None)
    assert share_of_new(empty, None) == 0
