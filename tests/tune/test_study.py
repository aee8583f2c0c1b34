"""A study on disk: it goes on after a kill as if nothing had been, and refuses what is foreign."""

from __future__ import annotations

import gc
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import prismrec as pr
from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.data.demo import make_shop
from prismrec.errors import BadData
from prismrec.evaluation.protocol import evaluate
from prismrec.train import Progress, Training
from prismrec.tune import Tuned, tune
from prismrec.tune.result import DONE, PRUNED

pytest.importorskip("optuna")
METRIC = "recall@5"
SEARCH = """
import os, signal, sys
import prismrec as pr
from prismrec.tune import tune

def progress(done, total, what):
    if done == 11:  # past the trials that are drawn at random
        os.kill(os.getpid(), signal.SIGKILL)

data = pr.read(sys.argv[1]).dataset()
tune(data, "item-knn", split="random", trials=14, metric="recall@5", study=sys.argv[2],
     progress=progress)
"""


def searched(data: Dataset, study: Path | None, model: str = "item-knn", **more: Any) -> Tuned:
    options = {"split": "random", "trials": 3, "metric": METRIC, **more}
    return tune(data, model, study=study, **options)


def told(tuned: Tuned) -> list[Any]:
    return [
        (trial.state, trial.default, dict(trial.settings), dict(trial.figures))
        for trial in tuned.trials
    ]


def test_a_finished_study_is_read_and_more_trials_are_added(data: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "研究.sqlite"
    first = searched(data, file)
    heard: list[str] = []
    again = searched(data, file, progress=lambda *said: heard.append(said[2]))
    assert told(again) == told(first)
    assert heard == []
    more = searched(data, file, trials=5)
    assert told(more)[:3] == told(first)
    assert told(more) == told(searched(data, None, trials=5))
    gc.collect()  # a connection left open would be a ResourceWarning


def test_trials_that_a_kill_left_running_are_done_again(data: Dataset, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill_at(stop: int) -> Any:
        def kill(done: int, total: int, what: str) -> None:
            if done == stop:
                raise Killed

        return kill

    file, whole = tmp_path / "s.sqlite", searched(data, None, trials=4)
    for stop in (0, 1, 2, 2):  # while the default runs, its own choice, and twice in one place
        with pytest.raises(Killed):
            searched(data, file, trials=4, progress=kill_at(stop))
    assert told(searched(data, file, trials=4)) == told(whole)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_after_kill_9_the_search_goes_on_to_the_same_digits(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", items=40, users=60, seed=1)
    file = tmp_path / "s.sqlite"
    done = subprocess.run([sys.executable, "-c", SEARCH, shop, file], check=False)
    assert done.returncode == -signal.SIGKILL
    data = pr.read(shop).dataset()
    heard: list[int] = []
    resumed = searched(data, file, trials=14, progress=lambda *said: heard.append(said[0]))
    assert min(heard) == 11
    assert told(resumed) == told(searched(data, None, trials=14))


def test_of_two_searches_in_one_study_the_first_gives_way(data: Dataset, tmp_path: Path) -> None:
    file = tmp_path / "s.sqlite"

    def meddle(done: int, total: int, what: str) -> None:
        if done == 1:
            searched(data, file, trials=2)

    with pytest.raises(BadData, match="another search has taken over"):
        searched(data, file, progress=meddle)
    assert told(searched(data, file)) == told(searched(data, None))


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        ("ease", {}, "model item-knn instead of ease"),
        ("item-knn", {"split": "time"}, "split random instead of time"),
        ("item-knn", {"metric": "ndcg@5"}, "metric recall@5 instead of ndcg@5"),
        ("item-knn", {"how": Training(seed=3)}, "seed 0.* instead of seed 3"),
    ],
)
def test_a_study_of_something_else_is_refused(
    data: Dataset, tmp_path: Path, model: str, more: dict[str, Any], said: str
) -> None:
    file = tmp_path / "s.sqlite"
    kept = told(searched(data, file, trials=1))
    with pytest.raises(BadData, match=said) as caught:
        searched(data, file, model, **more)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)
    assert told(searched(data, file, trials=1)) == kept


def test_a_study_of_other_data_is_refused(data: Dataset, tmp_path: Path) -> None:
    searched(data, tmp_path / "s.sqlite", trials=1)
    fewer = data.with_interactions(data.interactions.take(slice(1, None)))  # type: ignore[arg-type]
    with pytest.raises(BadData, match=r"data .* instead of .*; name another file"):
        searched(fewer, tmp_path / "s.sqlite")


@pytest.mark.parametrize("kind", ["text", "other tables"])
def test_a_file_that_is_no_study_is_left_alone(data: Dataset, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "vectors.sqlite"
    if kind == "text":
        file.write_bytes(b"user,item\n" * 100)
    else:
        with closing(sqlite3.connect(file)) as database:
            database.execute("CREATE TABLE vectors (name TEXT)")
            database.commit()
    before = file.read_bytes()
    with pytest.raises(BadData, match="name another file"):
        searched(data, file)
    assert file.read_bytes() == before


def test_a_trial_that_is_behind_is_given_up(data: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of a training that are told here: each trial after the fifth is far behind."""
    from prismrec.models.ease import Ease

    original, fits, ran = Ease.fit, [0], []

    def fit(self: Any, train: Dataset, how: Training = Training()) -> Any:
        fits[0] += 1
        level = 0.5 if fits[0] <= 6 else 0.1
        for epoch in range(1, 7):
            ran.append((fits[0], epoch))
            assert how.progress is not None
            how.progress(Progress(epoch, 6, 0.0, level, level))
        return original(self, train, how)

    monkeypatch.setattr(Ease, "fit", fit)
    tuned = searched(data, None, "ease", trials=8, how=Training(epochs=6))
    assert [trial.state for trial in tuned.trials] == [DONE] * 6 + [PRUNED] * 2
    warm_up = 2  # a third of the epochs
    assert [trial.epochs for trial in tuned.trials] == [6] * 6 + [warm_up] * 2
    assert [epoch for n, epoch in ran if n == 8] == [1, 2]
    assert tuned.trials[7].figures == {}
    assert tuned.best.number < 6


def test_a_real_training_is_given_up_cleanly(data: Dataset, tmp_path: Path) -> None:
    """The exception passes through the loop; the next trial is as it would be alone."""
    pytest.importorskip("torch")
    how = Training(epochs=6)
    tuned = searched(data, tmp_path / "s.sqlite", "bpr:dim=8", trials=14, how=how)
    pruned = [trial for trial in tuned.trials if trial.state == PRUNED]
    assert pruned
    assert all(2 <= trial.epochs < 6 for trial in pruned)
    last = [trial for trial in tuned.trials if trial.state == DONE][-1]
    assert last.number > pruned[0].number
    spec = ":".join(["bpr:dim=8", *(f"{name}={value}" for name, value in last.settings.items())])
    train, valid, _ = pr.split(data, "random")
    ranker = registry.build("models", spec).fit(train, replace(how, valid=valid))
    assert evaluate(ranker, valid, seen=train, k=5).metrics == last.figures
