"""What every registered model promises; a new one is tested by adding its row."""

from __future__ import annotations

import dataclasses
import importlib.util
from functools import cache
from typing import Any

import numpy as np
import pytest

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.features import Feature
from prismrec.data.interactions import Interactions
from prismrec.data.jagged import Jagged
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadData
from prismrec.rankers import Query, top_k
from prismrec.saving import load
from prismrec.train import Progress, Training

QUICK = Training(epochs=3)  # enough where a test looks at the form of what comes out
NAMES = [
    name
    for name in registry.names("models")
    if importlib.util.find_spec(registry.KINDS["models"].get(name, "prismrec").partition(":")[0])
]
SAME_FOR_ALL = {"popularity", "random"}  # cannot tell one user from another
MEDIA_ONLY = {"content-knn"}  # has nothing to go by where there are no media


def with_field(field: str) -> list[str]:
    targets = {name: registry.load("models", name) for name in NAMES}
    return [n for n, t in targets.items() if field in {f.name for f in dataclasses.fields(t)}]


N_USERS, N_ITEMS = 60, 24
BARE = 5  # an item without media
NEW = 23  # an item with media and no history
SILENT = 59  # a user without history


@cache
def checkerboard(*, media: bool = True, times: bool = True) -> Dataset:
    """Even users use even items and odd users odd ones; each leaves out about a third of them.

    Pictures and texts tell the two colours apart.
    """
    rng = np.random.default_rng(0)
    colour = np.add.outer(np.arange(N_USERS), np.arange(N_ITEMS)) % 2 == 0
    used = colour & (rng.random(colour.shape) < 0.67)
    used[SILENT], used[:, NEW] = False, False
    users, items = rng.permutation(np.argwhere(used)).T
    log = Interactions.of(users, items, time=np.arange(len(users)) * 7200 if times else None)
    features = {"image": looks(rng), "text": looks(rng)} if media else {}
    ids = (Vocabulary(tuple(f"{kind}{row}" for row in range(n)))
           for kind, n in (("u", N_USERS), ("i", N_ITEMS)))  # fmt: skip
    return Dataset(log, *ids, features)


def looks(rng: np.random.Generator, n: int = N_ITEMS) -> Feature:
    side = np.where(np.arange(n) % 2, 1.0, -1.0)
    values = side[:, None] * np.ones(6) + rng.normal(size=(n, 6)) * 0.4
    return Feature.of(values.astype(np.float32), np.arange(n) != BARE)


@cache
def fitted(name: str) -> Any:
    """As it is by default: for tests of what is learnt."""
    return registry.build("models", name).fit(checkerboard())


@cache
def formed(name: str) -> Any:
    """After few epochs, where a model is trained in epochs: for tests of form."""
    return registry.build("models", name).fit(checkerboard(), QUICK)


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def close(a: np.ndarray, b: np.ndarray) -> None:
    assert a == pytest.approx(b, rel=1e-4, abs=1e-6, nan_ok=True)


def test_it_is_a_frozen_dataclass_that_says_how_it_relates_to_others(name):
    model = registry.load("models", name)
    assert "Relations:" in model.__doc__
    assert model() == model()
    with pytest.raises(dataclasses.FrozenInstanceError):
        model().seed = 1


@pytest.mark.parametrize("name", [each for each in NAMES if each not in SAME_FOR_ALL])
def test_it_finds_the_items_withheld_from_a_checkerboard(name):
    query = Query.of(checkerboard(), np.arange(SILENT))
    first = top_k(fitted(name), query, 1).items[:, 0]
    assert (first % 2 == query.users % 2).mean() > 0.95


def test_equal_seeds_give_equal_scores(name):
    again = registry.build("models", name).fit(checkerboard(), QUICK)
    query = Query.of(checkerboard())
    assert np.array_equal(again.score(query), formed(name).score(query), equal_nan=True)


def test_a_batch_scores_as_its_rows_do_one_by_one(name):
    query = Query.of(checkerboard())
    one_by_one = [formed(name).score(query.take(np.array([row]))) for row in range(len(query))]
    close(formed(name).score(query), np.concatenate(one_by_one))


def test_everybody_and_everything_is_served(name):
    history = Jagged.from_rows([[], [2], [3, BARE], [NEW], list(range(N_ITEMS))])
    query = Query(np.array([SILENT, -1, 0, -1, -1]), history)
    scores = formed(name).score(query)
    assert scores.shape == (len(query), N_ITEMS)
    assert scores.dtype == np.float32
    found = top_k(formed(name), query, 10)
    assert (found.items[:4] >= 0).all()
    assert (found.items[4] == -1).all()


def test_a_score_is_finite_wherever_there_is_anything_to_go_by(name):
    known = np.arange(N_ITEMS) != BARE if name in MEDIA_ONLY else np.arange(N_ITEMS) != NEW
    scores = formed(name).score(Query.of(checkerboard()))
    assert np.isfinite(scores[:, known]).all()
    assert not np.isinf(scores).any()


def test_a_saved_model_gives_equal_scores(name, tmp_path):
    formed(name).save(tmp_path)
    query = Query.of(checkerboard())
    assert np.array_equal(load(tmp_path).score(query), formed(name).score(query), equal_nan=True)


def test_new_items_join_without_a_refit(name):
    new = {m: f.take(np.array([2, 3])) for m, f in checkerboard().items.items()}
    wider = fitted(name).with_items(new, ids=["new-2", "new-3"])
    query = Query.of(checkerboard())
    scores = wider.score(query)
    assert scores.shape == (N_USERS, N_ITEMS + 2)
    assert not np.isinf(scores).any()
    assert (top_k(wider, query, 5).items >= 0).all()
    saw = scores[:, N_ITEMS:]
    if np.isfinite(saw).all() and name not in SAME_FOR_ALL:
        assert (saw[:SILENT].argmax(axis=1) == np.arange(SILENT) % 2).mean() > 0.95


def test_fitting_and_scoring_leave_the_data_alone(name):
    data, fresh = checkerboard(), checkerboard.__wrapped__()
    query = Query.of(data)
    top_k(registry.build("models", name).fit(data, QUICK), query, 3)
    log, other = data.interactions, fresh.interactions
    for column in ("users", "items", "weight", "time"):
        assert np.array_equal(getattr(log, column), getattr(other, column))
    for modality, feature in data.items.items():
        assert np.array_equal(feature.values, fresh.items[modality].values)
    assert np.array_equal(query.history.values, Query.of(fresh).history.values)


@pytest.mark.parametrize("media", [True, False])
@pytest.mark.parametrize("times", [True, False])
def test_a_log_may_lack_times_and_a_catalogue_media(name, media, times):
    data = checkerboard(media=media, times=times)
    if name in MEDIA_ONLY and not media:
        with pytest.raises(BadData, match="media"):
            registry.build("models", name).fit(data, QUICK)
        return
    ranker = registry.build("models", name).fit(data, QUICK)
    assert (top_k(ranker, Query.of(data), 5).items >= 0).all()


def test_a_handful_of_events_is_enough(name):
    data = checkerboard()
    few = data.with_interactions(data.interactions.take(np.arange(3)))
    ranker = registry.build("models", name).fit(few, Training(patience=2))
    assert (top_k(ranker, Query.of(few), 3).items >= 0).all()


def test_valid_may_be_given(name):
    data = checkerboard()
    rows = np.arange(len(data.interactions)) % 5 == 0
    parts = [data.with_interactions(data.interactions.take(mask)) for mask in (~rows, rows)]
    ranker = registry.build("models", name).fit(
        parts[0], dataclasses.replace(QUICK, valid=parts[1])
    )
    assert (top_k(ranker, Query.of(parts[0]), 5).items >= 0).all()


def test_profiles_of_users_are_taken(name):
    data = dataclasses.replace(
        checkerboard(), users={"text": looks(np.random.default_rng(1), N_USERS)}
    )
    scores = registry.build("models", name).fit(data, QUICK).score(Query.of(data))
    assert np.array_equal(np.isfinite(scores), np.isfinite(formed(name).score(Query.of(data))))


class Killed(Exception):
    pass


@pytest.mark.parametrize("name", with_field("epochs"))
@pytest.mark.parametrize("stage", ["finding", "on everything"])
def test_a_fit_that_was_killed_goes_on_to_the_same_digits(name, stage, tmp_path, monkeypatch):
    def kill(at: Progress) -> None:
        if at.stage.startswith(stage) and at.epoch == 1:  # the best may be the first
            raise Killed

    monkeypatch.setattr("prismrec.train.loop.SECONDS", -1)
    model = dataclasses.replace(registry.build("models", name), epochs=4)
    whole = model.fit(checkerboard())
    with pytest.raises(Killed):
        model.fit(checkerboard(), Training(checkpoint=tmp_path, progress=kill))
    epochs: list[Progress] = []
    resumed = model.fit(checkerboard(), Training(checkpoint=tmp_path, progress=epochs.append))
    query = Query.of(checkerboard())
    assert np.array_equal(resumed.score(query), whole.score(query), equal_nan=True)
    assert 1 not in [at.epoch for at in epochs if at.stage.startswith(stage)]


@pytest.mark.parametrize("name", with_field("fusion"))
@pytest.mark.parametrize("fusion", registry.names("fusions"))
def test_every_fusion_goes_with_every_model_that_fuses(name, fusion, tmp_path):
    model = dataclasses.replace(registry.build("models", name), fusion=fusion)
    if name in with_field("dim"):
        model = dataclasses.replace(model, dim=8)
    ranker = model.fit(checkerboard(), Training(epochs=2))
    query = Query.of(checkerboard())
    scores = ranker.score(query)
    known = np.arange(N_ITEMS) != (BARE if name in MEDIA_ONLY else NEW)
    assert np.isfinite(scores[:, known]).all()
    ranker.save(tmp_path)
    assert np.array_equal(load(tmp_path).score(query), scores, equal_nan=True)
