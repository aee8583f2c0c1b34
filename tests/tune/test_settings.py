"""Settings as a file: what was written is what is built; what is wrong with one is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prismrec import registry
from prismrec.data.dataset import Dataset
from prismrec.errors import BadData, PrismrecError, UnknownName
from prismrec.tune import tune
from prismrec.tune.settings import described, resolved, write


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        ("item-knn", {"user_power": 0.25, "shrinkage": 1e-05, "neighbours": 30}),
        ("content-knn", {"modality": "image+text", "centre": False}),
        ("prism", {"half_life": None, "gates": True}),
        ("random", {}),
    ],
)
def test_what_was_written_is_what_is_built(
    tmp_path: Path, model: str, fields: dict[str, Any]
) -> None:
    file = tmp_path / "sub folder" / "最好.toml"
    write(file, model, fields, notes=["how it came about"])
    spec = resolved(f"@{file}")
    assert spec == described(model, fields)
    assert registry.build("models", spec) == registry.load("models", model)(**fields)
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_a_tuple_comes_back(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    write(tmp_path / "a.toml", "freedom", {"weights": (0.25, 0.75)})
    built = registry.build("models", resolved(f"@{tmp_path / 'a.toml'}"))
    assert built.weights == (0.25, 0.75)


def test_a_name_stands_for_itself_and_fields_may_follow_a_file(tmp_path: Path) -> None:
    assert resolved("item-knn:user_power=1") == "item-knn:user_power=1"
    write(tmp_path / "a.toml", "item-knn", {"user_power": 0.25, "shrinkage": 4.0})
    spec = resolved(f"@{tmp_path / 'a.toml'}:user-power=1.5:popularity=0")
    built = registry.build("models", spec)
    assert (built.user_power, built.shrinkage, built.popularity) == (1.5, 4.0, 0.0)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ('model = "itm-knn"', UnknownName, "item-knn"),
        ('model = "item-knn"\n[fields]\ndepth = 3', UnknownName, "depth"),
        ('model = "item-knn"\n[fields]\nuser_power = "much"', BadData, "much"),
        ("[fields]\nuser_power = 1.0", BadData, "model = "),
        ('model = "item-knn"\nfields = 3', BadData, "model = "),
        ("model = ", BadData, "no settings file"),
        ("model = \udcff", BadData, "no settings file"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(
    tmp_path: Path, text: str, error: type[PrismrecError], said: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(error, match=said) as caught:
        resolved(f"@{file}")
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="cannot be read"):
        resolved(f"@{tmp_path / 'none.toml'}")


def test_the_best_of_a_search_is_what_its_file_builds(data: Dataset, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    tuned = tune(data, "item-knn:popularity=0.5", split="random", trials=4, metric="ndcg@5")
    file = tmp_path / "best.toml"
    tuned.save(file)
    built = registry.build("models", resolved(f"@{file}"))
    assert built == registry.build("models", tuned.spec)
    assert built.popularity == 0.5
    assert f"# Or pasted: {tuned.spec}\n" in file.read_text("utf-8")
