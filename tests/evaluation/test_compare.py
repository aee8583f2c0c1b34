from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

from prismrec import registry
from prismrec.data import split as splits
from prismrec.errors import BadData, Leak, TooLarge, UnknownName
from prismrec.evaluation.compare import compare, pooled
from prismrec.evaluation.comparison import comparison
from prismrec.evaluation.result import difference, pool


@dataclass(frozen=True)
class Constant:
    """Scores each item alike for everybody; remembers what it was fitted on."""

    n_items: int
    scores: np.ndarray

    def score(self, query):
        return np.tile(self.scores, (len(query), 1))


@dataclass(frozen=True)
class Popular:
    sign: float = 1.0
    fitted = []  # noqa: RUF012 what each fit was given, for the tests to look at

    def fit(self, train, how):
        self.fitted.append((train, how))
        return Constant(train.n_items, self.sign * train.item_support().astype(np.float32))


@dataclass(frozen=True)
class Chance:
    def fit(self, train, how):
        scores = np.random.default_rng(how.seed).random(train.n_items)
        return Constant(train.n_items, scores.astype(np.float32))


@dataclass(frozen=True)
class Hungry:
    def fit(self, train, how):
        raise TooLarge("900 GB are needed; use item-knn")


@dataclass(frozen=True)
class Cheat:
    def fit(self, train, how):
        raise Leak("caught")


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    """Four models by name, through the registry like any other."""
    monkeypatch.setitem(sys.modules, "toys", sys.modules[__name__])
    for name in ("Popular", "Chance", "Hungry", "Cheat"):
        monkeypatch.setitem(registry.KINDS["models"], name.lower(), f"toys:{name}")
    Popular.fitted.clear()


@pytest.fixture
def data(make_dataset):
    return make_dataset(n_users=40, n_items=50)


def test_each_model_is_fitted_and_measured_on_each_split(data):
    results = compare(data, ["popular", "chance"], split="random", seeds=2, k=(5,))
    assert [(r.model, r.seed) for r in results] == [
        ("popular", 0),
        ("chance", 0),
        ("popular", 1),
        ("chance", 1),
    ]
    for result in results:
        assert result.split == "random"
        assert result.fit_seconds > 0
        assert 0 <= result.evaluation.metrics["recall@5"].mean <= 1
        assert result.skipped == ""
    (train0, how0), (train1, how1) = Popular.fitted
    assert not np.array_equal(train0.interactions.items, train1.interactions.items)
    assert (how0.seed, how1.seed) == (0, 1)


def test_the_same_call_gives_the_same_figures(data):
    first, second = (compare(data, ["chance"], split="random", k=(5,)) for _ in range(2))
    assert first[0].evaluation.metrics == second[0].evaluation.metrics


def test_a_model_gets_train_as_its_log_and_valid_beside_it(data):
    compare(data, ["popular"], split="random", k=(5,))
    train, valid, _ = splits.split(data, "random", seed=0)
    log, how = Popular.fitted[0]
    assert np.array_equal(log.interactions.items, train.interactions.items)
    assert np.array_equal(how.valid.interactions.items, valid.interactions.items)


def test_refitted_on_train_and_valid_both_are_masked(data):
    plain = compare(data, ["popular"], split="random", k=(5,))[0]
    refit = compare(data, ["popular"], split="random", k=(5,), refit=True)[0]
    train, valid, test = splits.split(data, "random", seed=0)
    log, how = Popular.fitted[1]
    assert len(log.interactions) == len(train.interactions) + len(valid.interactions)
    assert how.valid is None
    assert (plain.refit, refit.refit) == (False, True)
    free = 50 - np.diff(log.matrix().indptr)[refit.evaluation.users]
    wrong = 1 - refit.evaluation.per_user["accuracy@5"]
    relevant = np.diff(test.matrix().indptr)[refit.evaluation.users]
    found = refit.evaluation.per_user["recall@5"] * relevant
    assert wrong * free == pytest.approx(5 - found + relevant - found)


def test_an_empty_valid_is_no_valid(data, monkeypatch):
    whole = splits.split(data, "random", valid=0, test=0.2)
    monkeypatch.setattr(splits, "split", lambda *_, **__: whole)
    compare(data, ["popular"], split="random", k=(5,))
    assert Popular.fitted[0][1].valid is None


def test_new_items_are_measured_apart(data):
    result = compare(data, ["popular"], split="new-items", k=(5,))[0]
    log, _ = Popular.fitted[0]
    assert result.new_items.n_items == (log.item_support() == 0).sum()
    assert result.evaluation.n_items == 50


def test_there_are_no_figures_for_new_items_where_there_are_none(log):
    data = log([(u, i) for u in range(30) for i in range(6)], (30, 6))
    assert compare(data, ["popular"], split="random", k=(1,))[0].new_items is None


def test_options_reach_the_model(data):
    best, worst = compare(data, ["popular", "popular:sign=-1"], split="random", k=(10,))
    assert best.model == "popular"
    assert worst.model == "popular:sign=-1"
    assert best.evaluation.metrics["recall@10"] != worst.evaluation.metrics["recall@10"]


def test_a_model_that_cannot_is_skipped_and_the_rest_go_on(data):
    skipped, done = compare(data, ["hungry", "popular"], split="random", k=(5,))
    assert skipped.evaluation is None
    assert "use item-knn" in skipped.skipped
    assert done.evaluation is not None
    assert skipped.to_json()["skipped"] == skipped.skipped
    assert list(pooled([skipped, done])) == ["popular"]


def test_a_leak_is_never_skipped(data):
    with pytest.raises(Leak, match="caught"):
        compare(data, ["cheat"], split="random")


@pytest.mark.parametrize("model", ["populer", "popular:sing=1"])
def test_a_typo_is_refused_before_anything_is_fitted(data, model):
    with pytest.raises(UnknownName):
        compare(data, ["popular", model], split="random")
    assert not Popular.fitted


@pytest.mark.parametrize(
    ("part", "other"), [("test", "train"), ("valid", "train"), ("test", "valid")]
)
def test_parts_that_overlap_are_refused(data, monkeypatch, part, other):
    parts = splits.split(data, "random")
    shared = getattr(parts, other).interactions.take(np.arange(3))
    both = getattr(parts, part).interactions.concatenated(shared)
    leaking = parts._replace(**{part: data.with_interactions(both)})
    monkeypatch.setattr(splits, "split", lambda *_, **__: leaking)
    with pytest.raises(Leak, match=f"of {part} are also in {other}"):
        compare(data, ["popular"], split="random")
    assert not Popular.fitted


def test_progress_is_told_before_each_fit(data):
    told = []
    compare(
        data,
        ["popular", "chance"],
        split="random",
        k=(5,),
        progress=lambda *what: told.append(what),
    )
    assert told == [(0, 2, "popular, seed 0"), (1, 2, "chance, seed 0")]


def test_several_splits_in_one_call(data):
    told = []
    results = compare(
        data,
        ["popular"],
        split=["random", "time", "random"],
        seeds=2,
        k=(5,),
        progress=lambda *what: told.append(what),
    )
    assert [(r.split, r.seed) for r in results] == [
        ("random", 0),
        ("random", 1),
        ("time", 0),
        ("time", 1),
    ]
    assert told[2] == (2, 4, "popular, time, seed 0")


def test_a_typo_in_the_last_split_is_found_before_the_first_fit(data):
    with pytest.raises(UnknownName, match="time"):
        compare(data, ["popular"], split=["random", "tiem"])
    assert not Popular.fitted


def test_each_run_says_what_it_cost(data):
    cost = compare(data, ["popular"], split="random", k=(5,))[0].cost
    assert cost.fit_seconds > 0
    assert cost.user_ms > 0


def test_the_json_form(data):
    results = compare(data, ["popular", "chance"], split=["random", "new-items"], seeds=2, k=(5,))
    found = comparison(results, data, name="demo")
    out = json.loads(json.dumps(found.to_json()))
    assert (out["shop"], out["split"]) == ("demo", "random,new-items")
    first = out["results"][0]
    assert (first["model"], first["seed"], first["split"]) == ("popular", 0, "random")
    assert first["metrics"]["recall@5"].keys() == {"mean", "low", "high"}
    assert first["fit_seconds"] > 0
    by_random, by_new = out["standings"]
    assert list(by_random["all_items"]) == ["popular", "chance"]
    assert list(by_new["new_items"]) == ["popular", "chance"]
    values = [
        r.evaluation.per_user["recall@5"]
        for r in results
        if (r.model, r.split) == ("chance", "random")
    ]
    mean = by_random["all_items"]["chance"]["metrics"]["recall@5"]["mean"]
    assert mean == pytest.approx(np.concatenate(values).mean())
    assert by_random["costs"]["popular"]["fit_seconds"] == pytest.approx(
        np.mean([r.fit_seconds for r in results[:4:2]])
    )


def test_strata_and_alignment_are_of_each_model(data):
    results = compare(data, ["popular", "hungry"], split="random", seeds=2, k=(5,))
    standing = comparison(results, data).standings[0]
    assert list(standing.strata) == list(standing.alignment) == ["popular"]
    activity = [s for s in standing.strata["popular"] if s.by == "user activity"]
    assert sum(len(s.users) for s in activity) == len(standing.all_items["popular"].users)


def test_a_model_that_recent_popularity_beats_has_a_note(data):
    results = compare(data, ["popular", "popular:sign=-1"], split="time", k=(5,))
    notes = comparison(results, data).standings[0].all_items["popular:sign=-1"].notes
    assert any(n.startswith("popular:sign=-1: plain recent popularity") for n in notes)
    refitted = compare(data, ["popular:sign=-1"], split="time", k=(5,), refit=True)
    notes = comparison(refitted, data).standings[0].all_items["popular:sign=-1"].notes
    assert not any("recent popularity" in n for n in notes)


def test_nobody_expects_popularity_to_find_new_items(data):
    timeless = replace(data, interactions=replace(data.interactions, time=None))
    results = compare(timeless, ["popular"], split="new-items", k=(5,))
    assert not comparison(results, timeless).standings[0].all_items["popular"].notes


def test_no_results_have_a_json_form_too(data):
    assert comparison([], data).to_json()["results"] == []


def test_runs_on_damaged_data_stay_out_of_the_tables(data):
    results = compare(data, ["popular"], split="random", k=(5,), knock_out=["missing"])
    assert [str(r.damage) for r in results] == ["None", "image missing", "text missing"]
    assert len(pooled(results)["popular"].users) == len(results[0].evaluation.users)
    log, _ = Popular.fitted[1]
    assert not log.items["image"].present.any()
    assert log.items["text"].present.all()


def test_pooling_counts_every_user_of_every_run(data):
    runs = [r.evaluation for r in compare(data, ["chance"], split="random", seeds=3, k=(5,))]
    all_runs = pool(runs)
    values = np.concatenate([run.per_user["recall@5"] for run in runs])
    assert all_runs.metrics["recall@5"].mean == pytest.approx(values.mean())
    assert all_runs.n_users == len(np.unique(np.concatenate([run.users for run in runs])))
    assert all_runs.metrics["recall@5"].low < values.mean() < all_runs.metrics["recall@5"].high


def test_a_paired_difference_is_narrower_than_two_intervals(data):
    run = compare(data, ["popular"], split="random", k=(5,))[0].evaluation
    lift = {name: values + 0.01 for name, values in run.per_user.items()}
    gap = difference(replace(run, per_user=lift), run)["ndcg@5"]
    assert gap == pytest.approx((0.01, 0.01, 0.01))
    assert run.metrics["ndcg@5"].high - run.metrics["ndcg@5"].low > 0.01


def test_different_users_cannot_be_paired(data):
    a, b = (r.evaluation for r in compare(data, ["chance"], split="random", seeds=2, k=(5,)))
    with pytest.raises(BadData, match="different users"):
        difference(a, replace(b, users=b.users[::-1]))
