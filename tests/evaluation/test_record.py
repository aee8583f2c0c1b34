"""Runs that were kept: found again whole, never taken for another, repeated where damaged."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from prismrec.data.read import read
from prismrec.errors import BadData
from prismrec.evaluation import compare as module
from prismrec.evaluation.compare import compare
from prismrec.evaluation.record import Runs
from prismrec.train import Training

MODELS = ["popularity", "content-knn"]


@pytest.fixture
def data(make_dataset):
    return make_dataset(n_users=40, n_items=50)


@pytest.fixture
def fitted(monkeypatch):
    """The names of the models that are fitted from here on."""
    names = []
    really = module.run

    def watched(blank, model, task, *, k):
        names.append(blank.model)
        return really(blank, model, task, k=k)

    monkeypatch.setattr(module, "run", watched)
    return names


def ask(data, folder, said=None, **changes):
    say = (lambda text: None) if said is None else said.append
    options = {"split": "random", "k": (5, 10), "runs": Runs(folder, say), **changes}
    return compare(data, options.pop("models", MODELS), **options)


def same(one, other):
    for part in ("evaluation", "new_items"):
        mine, yours = getattr(one, part), getattr(other, part)
        assert (mine is None) == (yours is None)
        if mine is not None:
            assert mine.metrics == yours.metrics
            assert mine.lists == yours.lists
            assert (mine.notes, mine.n_items) == (yours.notes, yours.n_items)
            for name in ("users", "items", "hits"):
                ours, theirs = getattr(mine, name), getattr(yours, name)
                assert ours.dtype == theirs.dtype
                assert np.array_equal(ours, theirs), name
            assert list(mine.per_user) == list(yours.per_user)
            for name, values in mine.per_user.items():
                assert np.array_equal(values, yours.per_user[name], equal_nan=True), name
    assert one.cost == other.cost
    assert (one.model, one.seed, one.split, one.damage) == (
        other.model,
        other.seed,
        other.split,
        other.damage,
    )


@pytest.mark.parametrize("split", ["random", "new-items"])
def test_a_second_call_reads_what_the_first_one_kept(data, tmp_path, fitted, split):
    first = ask(data, tmp_path, split=split)
    assert fitted == MODELS
    second = ask(data, tmp_path, split=split)
    assert fitted == MODELS
    for one, other in zip(first, second, strict=True):
        same(one, other)
    assert (first[0].new_items is not None) == (split == "new-items")


def test_what_the_ranker_says_of_its_fit_is_kept(data, tmp_path):
    first, second = (ask(data, tmp_path, models=["item-knn"])[0] for _ in range(2))
    assert first.about
    assert dict(second.about) == dict(first.about)


@pytest.mark.parametrize(
    "changes",
    [
        {"k": (5,)},
        {"refit": True},
        {"split": "time"},
        {"how": Training(epochs=3)},
        {"models": ["popularity:half_life=3"]},
    ],
    ids=str,
)
def test_another_question_is_another_run(data, tmp_path, fitted, changes):
    ask(data, tmp_path, models=["popularity"])
    ask(data, tmp_path, **{"models": ["popularity"], **changes})
    assert len(fitted) == 2


def test_other_data_are_another_run(data, tmp_path, fitted):
    ask(data, tmp_path, models=["popularity"])
    image = data.items["image"]
    values = image.values.copy()
    values[3, 2] += 1
    ask(
        replace(data, items={**data.items, "image": replace(image, values=values)}),
        tmp_path,
        models=["popularity"],
    )
    assert len(fitted) == 2


def test_more_seeds_and_models_are_added_to_what_is_there(data, tmp_path, fitted):
    ask(data, tmp_path, models=["popularity"])
    ask(data, tmp_path, seeds=2)
    assert fitted == ["popularity", "content-knn", "popularity", "content-knn"]


def test_a_damaged_file_is_told_in_a_line_and_its_run_repeated(data, tmp_path, fitted):
    first = ask(data, tmp_path)
    file = next(tmp_path.glob("popularity-*.parquet"))
    raw = file.read_bytes()
    for damage in (b"", raw[: len(raw) // 2], b"x" * len(raw), raw[:200] + bytes(200) + raw[400:]):
        file.write_bytes(damage)
        said = []
        again = ask(data, tmp_path, said)
        assert len(said) == 1
        assert str(file) in said[0]
        assert "done again" in said[0]
        assert "\n" not in said[0]
        assert again[0].evaluation.metrics == first[0].evaluation.metrics
    assert fitted == [*MODELS, *["popularity"] * 4]
    said = []
    ask(data, tmp_path, said)
    assert not said


def test_a_file_under_another_name_is_not_believed(data, tmp_path, fitted):
    ask(data, tmp_path)
    one, other = (next(tmp_path.glob(f"{name}-*.parquet")) for name in MODELS)
    one.write_bytes(other.read_bytes())
    said = []
    ask(data, tmp_path, said, models=["popularity"])
    assert "another run" in said[0]
    assert fitted[-1] == "popularity"


def test_a_run_is_a_table_that_anybody_can_read(data, tmp_path):
    run = ask(data, tmp_path, models=["popularity"])[0].evaluation
    table = pl.read_parquet(next(tmp_path.glob("*.parquet")))
    assert table["user"].to_list() == run.users.tolist()
    assert table["recall@5"].mean() == pytest.approx(run.metrics["recall@5"].mean)
    assert table["items"].to_list() == run.items.tolist()


def test_a_skipped_run_is_tried_again(data, tmp_path, fitted):
    bare = replace(data, items={})
    for _ in range(2):
        assert ask(bare, tmp_path, models=["content-knn"])[0].skipped
    assert len(fitted) == 2
    assert not list(tmp_path.glob("*.parquet"))


def test_a_folder_that_cannot_be_written_is_refused(data, tmp_path):
    (tmp_path / "taken").write_text("a file", "utf-8")
    with pytest.raises(BadData, match="choose a folder"):
        ask(data, tmp_path / "taken")


KILLED = """
import os, signal, sys
from pathlib import Path
import prismrec as pr
from prismrec.evaluation import compare as module
from prismrec.evaluation.record import Runs

really = module.run

def run(blank, model, task, *, k):
    if blank.model == "item-knn":
        os.kill(os.getpid(), signal.SIGKILL)
    return really(blank, model, task, k=k)

module.run = run
shop, out = sys.argv[1:]
data = pr.read(shop).dataset()
module.compare(data, ["popularity", "item-knn"], split="random", k=(2,), runs=Runs(Path(out)))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_comparison_that_was_killed_goes_on(write_shop, tmp_path, fitted):
    rows = [f"u{u},i{(u + 3 * step) % 20}" for u in range(20) for step in range(6)]
    shop = write_shop(interactions="user,item\n" + "\n".join(rows) + "\n")
    out = tmp_path / "runs"
    done = subprocess.run([sys.executable, "-c", KILLED, str(shop), str(out)], check=False)
    assert done.returncode == -signal.SIGKILL
    models = ["popularity", "item-knn"]
    results = ask(read(shop).dataset(), out, models=models, k=(2,))
    assert fitted == ["item-knn"]
    assert [r.model for r in results] == models
    assert {file.suffix for file in out.iterdir()} == {".parquet"}
