"""The search: the default first, valid alone, refusals, the same search again."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prismrec as pr
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, Leak, MissingPackage, PrismrecError, UnknownName
from prismrec.evaluation.protocol import evaluate
from prismrec.train import Training
from prismrec.tune import Tuned, tune
from prismrec.tune.result import DONE, FAILED

pytest.importorskip("optuna")
METRIC = "recall@5"


def searched(data: Dataset, model: str = "item-knn", **more: Any) -> Tuned:
    return tune(data, model, **{"split": "random", "trials": 5, "metric": METRIC, **more})


def told(tuned: Tuned) -> list[Any]:
    """What must be the same where a search is the same."""
    return [
        (trial.state, trial.default, dict(trial.settings), dict(trial.figures))
        for trial in tuned.trials
    ]


def test_the_default_comes_first_and_the_best_is_never_below_it(data: Dataset) -> None:
    tuned = searched(data)
    assert [trial.number for trial in tuned.trials] == list(range(5))
    assert [trial.default for trial in tuned.trials] == [True, False, False, False, False]
    figures = [trial.figures[METRIC].mean for trial in tuned.trials]
    assert tuned.best.figures[METRIC].mean == max(figures) >= figures[0]


def test_figures_are_those_of_valid(data: Dataset) -> None:
    tuned = searched(data, "content-knn")
    train, valid, _ = pr.split(data, "random")
    for trial in (tuned.default, tuned.trials[-1]):
        model = replace(registry.build("models", "content-knn"), **trial.settings)
        ranker = model.fit(train, Training(valid=valid))
        assert evaluate(ranker, valid, seen=train, k=5).metrics == trial.figures


def test_test_makes_no_difference(data: Dataset) -> None:
    train, valid, test = pr.split(data, "random")
    parts = [train.interactions, valid.interactions, test.interactions]
    other = replace(parts[2], items=parts[2].items[::-1].copy())
    known = {(u, i) for part in parts[:2] for u, i in zip(part.users, part.items, strict=True)}
    rows = [(u, i) not in known for u, i in zip(other.users, other.items, strict=True)]
    found = []
    for last in (parts[2], other.take(np.array(rows))):
        log = parts[0].concatenated(parts[1]).concatenated(last)
        labels = np.repeat([0, 1, 2], [len(parts[0]), len(parts[1]), len(last)])
        whole = replace(data, interactions=replace(log, labels={"split": labels}))
        found.append(searched(whole, split="given"))
    assert told(found[0]) == told(found[1])
    assert found[0].data != found[1].data


def test_the_same_search_finds_the_same(data: Dataset) -> None:
    assert told(searched(data)) == told(searched(data))
    assert told(searched(data)) != told(searched(data, how=Training(seed=1)))


def test_what_the_model_chose_for_itself_is_tried_next(data: Dataset) -> None:
    train, valid, _ = pr.split(data, "random")
    chosen = registry.build("models", "ease").fit(train, Training(valid=valid)).about
    second = searched(data, "ease", trials=2).trials[1].settings
    assert second["l2"] == pytest.approx(chosen["l2"], rel=1e-3)
    assert second["user_power"] == pytest.approx(chosen["user_power"], rel=1e-3)


def test_fields_that_are_given_stay(data: Dataset) -> None:
    tuned = searched(data, "content-knn:neighbours=7")
    assert {key for trial in tuned.trials for key in trial.settings} == {"modality", "centre"}
    assert tuned.spec.startswith("content-knn:neighbours=7:modality=")
    assert registry.build("models", tuned.spec).neighbours == 7


def test_settings_that_were_tried_are_not_fitted_again(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = registry.load("models", "content-knn")
    fits: list[Any] = []

    def fit(self: Any, train: Dataset, how: Training = Training()) -> Any:
        fits.append(self)
        return original(self, train, how)

    original = target.fit
    monkeypatch.setattr(target, "fit", fit)
    tuned = searched(data, "content-knn:neighbours=7", trials=9)  # 2 modalities x 2 centres
    assert len(tuned.trials) == 9
    assert len(fits) == len(set(fits)) <= 4


def test_a_trial_that_cannot_be_fitted_is_told_and_passed_over(
    data: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = registry.load("models", "ease")
    original = target.fit

    def fit(self: Any, train: Dataset, how: Training = Training()) -> Any:
        if self.l2 is not None:
            raise BadData("it does not fit")
        return original(self, train, how)

    monkeypatch.setattr(target, "fit", fit)
    tuned = searched(data, "ease", trials=3)
    assert [trial.state for trial in tuned.trials] == [DONE, FAILED, FAILED]
    assert tuned.trials[1].reason == "it does not fit"
    assert tuned.best is tuned.default
    monkeypatch.setattr(target, "fit", lambda *_: fit(replace(target(), l2=1.0), data))
    with pytest.raises(BadData, match="it does not fit"):  # where the default fails, all do
        searched(data, "ease")


def test_no_seconds_leave_the_default(data: Dataset) -> None:
    tuned = searched(data, seconds=0.0, trials=50)
    assert tuned.trials[0] is tuned.default
    assert len(tuned.trials) == 1


def test_importance_is_said_of_enough_trials(data: Dataset) -> None:
    assert searched(data).importance == {}
    found = searched(data, trials=14).importance
    assert set(found) == {"user_power", "shrinkage", "source_power", "target_power"}
    assert sum(found.values()) == pytest.approx(1)


def test_progress_says_which_trial_and_the_best_so_far(data: Dataset) -> None:
    heard: list[tuple[int, int, str]] = []
    searched(data, trials=2, progress=lambda *said: heard.append(said))
    assert [said[:2] for said in heard] == [(0, 2), (1, 2)]
    assert heard[0][2] == "trial 1"
    assert heard[1][2].startswith(f"trial 2, best {METRIC} so far 0.")


@pytest.mark.parametrize(
    ("model", "more", "error", "said"),
    [
        ("prism", {}, BadData, "has no field to search"),
        ("random", {}, BadData, "has no field to search"),
        ("lightgnc", {}, UnknownName, "lightgcn"),
        ("item-knn:depth=3", {}, UnknownName, "depth"),
        ("item-knn", {"metric": "recal@20"}, UnknownName, "recall"),
        ("item-knn", {"metric": "recall"}, BadData, "recall@20"),
        ("item-knn", {"metric": "recall@0"}, BadData, "recall@20"),
        ("item-knn", {"trials": 0}, BadData, "1 or more"),
        ("item-knn", {"split": "tim"}, UnknownName, "time"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(
    data: Dataset, model: str, more: dict[str, Any], error: type[PrismrecError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        searched(data, model, **more)
    assert "\n" not in str(caught.value)


def test_a_split_without_valid_and_a_test_part_are_refused(data: Dataset) -> None:
    labels = np.where(np.arange(len(data.interactions)) % 5, 0, 2)
    log = replace(data.interactions, labels={"split": labels})
    with pytest.raises(BadData, match="no valid part"):
        searched(data.with_interactions(log), split="given")
    with pytest.raises(Leak, match="test part"):
        searched(pr.split(data, "random").test)


def test_parts_that_overlap_are_refused(data: Dataset) -> None:
    log = data.interactions
    twice = replace(log.concatenated(log), time=None)
    for second in (1, 2):
        labels = np.repeat([0, second], len(log))
        labels[:40] = 3 - second  # so that each part holds something
        mixed = data.with_interactions(replace(twice, labels={"split": labels}))
        with pytest.raises(Leak, match="also in"):
            searched(mixed, split="given")


def test_without_optuna_the_extra_is_named(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingPackage, match=r"pip install \"prismrec\[tune\]\""):
        searched(data)


def test_it_is_a_public_name(data: Dataset, tmp_path: Path) -> None:
    assert pr.tune is tune
    pr.tune(data, "item-knn", split="random", trials=1).save(tmp_path / "best.toml")
    assert pr.tune is tune
