from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.errors import BadModel
from prismrec.fitted import Fitted, keep
from prismrec.rankers import Towers
from prismrec.serve.versions import Versions

N_USERS, N_ITEMS = 5, 7


def fit(at: Path, seed: int) -> np.ndarray:
    """A model folder as `prismrec fit` leaves it; returns its item vectors."""
    rng = np.random.default_rng(seed)
    items = rng.normal(size=(N_ITEMS, 3)).astype(np.float32)
    users = rng.normal(size=(N_USERS, 3)).astype(np.float32)
    log = Interactions(
        np.arange(N_USERS), np.arange(N_USERS), np.ones(N_USERS, np.float32), np.arange(N_USERS)
    )
    names = (Vocabulary(tuple("abcde")), Vocabulary(tuple("tuvwxyz")))
    made = {"model": "bpr", "split": None, "seed": seed}
    keep(Fitted(Towers(users, items), Dataset(log, *names), (), made, {}), at)
    return items


def damage(at: Path) -> Path:
    """Turn one byte of the arrays over, keeping the length."""
    (file,) = at.glob("arrays-*")
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 255
    file.unlink()
    file.write_bytes(raw)
    return file


def test_a_folder_that_fit_wrote_is_its_first_version(tmp_path: Path) -> None:
    items = fit(tmp_path, 0)
    versions = Versions(tmp_path)
    name = versions.current()
    np.testing.assert_array_equal(versions.load(name).ranker.items, items)
    (only,) = versions.known()
    assert (only.id, only.kind, only.model) == (name, "towers", "bpr")
    assert only.current and only.valid
    assert versions.poll() is None


def test_a_new_model_is_noticed_once_and_the_old_one_can_be_put_back(tmp_path: Path) -> None:
    first = fit(tmp_path, 0)
    versions = Versions(tmp_path)
    old = versions.current()
    versions.load(old)
    second = fit(tmp_path, 1)
    new = versions.poll()
    assert new is not None and new != old
    assert versions.poll() is None
    np.testing.assert_array_equal(versions.load(new).ranker.items, second)
    assert versions.current() == new
    np.testing.assert_array_equal(versions.load(old).ranker.items, first)
    assert {v.id: v.current for v in versions.known()} == {old: True, new: False}


@pytest.mark.parametrize("missing", ["fit.json", "arrays-*", "log-*"])
def test_a_half_written_one_is_waited_for(tmp_path: Path, missing: str) -> None:
    folder, aside = tmp_path / "models", tmp_path / "aside"
    fit(folder / "a", 0)
    versions = Versions(folder)
    versions.load(versions.current())
    fit(aside, 1)
    (late,) = aside.glob(missing)
    shutil.copytree(aside, folder / "b", ignore=shutil.ignore_patterns(late.name))
    assert [versions.poll() for _ in range(3)] == [None] * 3
    shutil.copy2(late, folder / "b")
    assert versions.poll() is not None


def test_a_manifest_without_its_record_is_waited_for(tmp_path: Path) -> None:
    fit(tmp_path, 0)
    versions = Versions(tmp_path)
    old = versions.current()
    versions.load(old)
    record = (tmp_path / "fit.json").read_bytes()
    fit(tmp_path, 1)
    new = (tmp_path / "fit.json").read_bytes()
    (tmp_path / "fit.json").write_bytes(record)  # where a fit that is killed before its end stops
    assert versions.poll() is None
    assert versions.load(old).made["seed"] == 0
    (tmp_path / "fit.json").write_bytes(new)
    assert versions.poll() is not None


def test_a_damaged_one_is_named_once_and_refused(tmp_path: Path) -> None:
    items = fit(tmp_path, 0)
    versions = Versions(tmp_path)
    old = versions.current()
    versions.load(old)
    fit(tmp_path, 1)
    damage(tmp_path)
    assert versions.poll() is None  # it may still be copied
    bad = versions.poll()
    assert bad is not None
    with pytest.raises(BadModel, match="checksum"):
        versions.load(bad)
    assert [versions.poll() for _ in range(2)] == [None] * 2
    assert versions.current() == old
    assert {v.id: v.valid for v in versions.known()} == {old: True, bad: False}
    np.testing.assert_array_equal(versions.load(old).ranker.items, items)


def test_a_damaged_manifest_is_named_and_refused(tmp_path: Path) -> None:
    fit(tmp_path, 0)
    versions = Versions(tmp_path)
    old = versions.current()
    versions.load(old)
    fit(tmp_path, 1)
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    names = {versions.poll() for _ in range(3)} - {None}
    assert len(names) == 1
    with pytest.raises(BadModel, match="manifest"):
        versions.load(str(names.pop()))


def test_one_that_was_damaged_is_good_once_it_is_mended(tmp_path: Path) -> None:
    fit(tmp_path / "a", 0)
    versions = Versions(tmp_path)
    versions.load(versions.current())
    items = fit(tmp_path / "b", 1)
    (whole,) = (tmp_path / "b").glob("arrays-*")
    raw = whole.read_bytes()
    damage(tmp_path / "b")
    names = [versions.poll() for _ in range(2)]
    with pytest.raises(BadModel):
        versions.load(str(names[1]))
    whole.write_bytes(raw)
    assert versions.poll() == names[1]
    np.testing.assert_array_equal(versions.load(str(names[1])).ranker.items, items)


def test_the_newest_sound_one_is_found_at_the_start(tmp_path: Path) -> None:
    items = fit(tmp_path / "a", 0)
    fit(tmp_path / "b", 1)
    os.utime(tmp_path / "a" / "fit.json", (1, 1))  # both were fitted within one second
    damage(tmp_path / "b")
    name, fitted = Versions(tmp_path).load_newest()
    np.testing.assert_array_equal(fitted.ranker.items, items)
    assert name


def test_a_kept_version_outlives_the_folder_it_came_from(tmp_path: Path) -> None:
    items = fit(tmp_path / "a", 0)
    versions = Versions(tmp_path)
    name = versions.current()
    versions.load(name)
    for file in ("manifest.json", "fit.json"):
        (tmp_path / "a" / file).write_bytes(b"overwritten in place")
    shutil.rmtree(tmp_path / "a")
    again = Versions(tmp_path)
    assert again.current() == name
    np.testing.assert_array_equal(again.load(name).ranker.items, items)


def test_only_so_many_are_kept_and_the_current_one_always(tmp_path: Path) -> None:
    fit(tmp_path, 0)
    versions = Versions(tmp_path, keep=3)
    first = versions.current()
    for seed in range(1, 6):
        fit(tmp_path, seed)
        new = versions.poll()
        assert new is not None
        versions.load(new)
    kept = [at.name for at in (tmp_path / ".versions").iterdir()]
    assert len(kept) == 3 and versions.current() in kept and first not in kept
    with pytest.raises(BadModel, match="no version"):
        versions.load(first)


def test_where_links_are_impossible_files_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    items = fit(tmp_path, 0)
    monkeypatch.setattr(os, "link", refuse)
    versions = Versions(tmp_path)
    name = versions.current()
    np.testing.assert_array_equal(versions.load(name).ranker.items, items)
    damage(tmp_path)
    np.testing.assert_array_equal(versions.load(name).ranker.items, items)


def test_what_a_killed_process_left_is_never_taken_for_a_version(tmp_path: Path) -> None:
    fit(tmp_path, 0)
    versions = Versions(tmp_path)
    name = versions.current()
    versions.load(name)
    half = tmp_path / ".versions" / ".writing-abc"
    half.mkdir()
    (half / "manifest.json").write_text("{", "utf-8")
    assert [version.id for version in Versions(tmp_path).known()] == [name]
    assert half.exists()  # another process may be writing it
    os.utime(half, (time.time() - 3600,) * 2)
    Versions(tmp_path)
    assert not half.exists()


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadModel, match="prismrec fit --out"):
        Versions(tmp_path).current()
    assert Versions(tmp_path / "nowhere").known() == []
