"""SqliteStore beyond what every store promises, and how places of stores are named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from prismrec.errors import BadData
from prismrec.store import default_place, open_store, opened, sqlite, vector_key
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import SqliteStore, default_path


def vectors(n: int, start: int = 0) -> dict[str, np.ndarray]:
    return {f"k{i:04}": np.full(3, i, np.float32) for i in range(start, start + n)}


def test_a_row_of_the_wrong_size_counts_as_absent(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "v")
    store.put_many(vectors(2))
    with sqlite3.connect(tmp_path / "v") as connection:
        connection.execute("UPDATE vectors SET vector = x'0000' WHERE key = 'k0001'")
    connection.close()
    assert list(store.get_many(vectors(2))) == ["k0000"]
    store.close()


def test_many_at_once_are_kept_all_or_none(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "v")
    with pytest.raises(ValueError, match="one axis"):
        store.put_many({"a": np.ones(2, np.float32), "b": np.ones((2, 2), np.float32)})
    with pytest.raises(sqlite3.Error):
        store.put_many({"a": np.ones(2, np.float32), object(): np.ones(2, np.float32)})
    assert len(store) == 0
    store.close()


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "v").write_text("user,item\n" * 200)
    with pytest.raises(BadData, match="no store of vectors"):
        SqliteStore(tmp_path / "v")


def test_newer_files_are_refused(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "v").close()
    with sqlite3.connect(tmp_path / "v") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(BadData, match="newer"):
        SqliteStore(tmp_path / "v")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadData, match="PRISMREC_CACHE"):
        SqliteStore(tmp_path / "file" / "v")


def test_a_file_of_the_first_format_is_taken_over(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "v") as connection:
        connection.execute(
            "CREATE TABLE vectors "
            "(key TEXT PRIMARY KEY, dim INTEGER NOT NULL, vector BLOB NOT NULL)"
        )
        row = ("old", 2, np.ones(2, "<f4").tobytes())
        connection.execute("INSERT INTO vectors VALUES (?, ?, ?)", row)
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    for _ in range(2):
        store = SqliteStore(tmp_path / "v")
        store["new"] = np.zeros(3, np.float32)
        assert store["old"].tolist() == [1, 1]
        assert store["new"].tolist() == [0, 0, 0]
        store.close()


def test_a_file_in_use_is_waited_for_and_then_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite, "PATIENCE", 0.05)
    store = SqliteStore(tmp_path / "v")
    with closing(sqlite3.connect(tmp_path / "v")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BadData, match=r"locked.*try again"):
            store["a"] = np.ones(2, np.float32)
        other.rollback()
    store["a"] = np.ones(2, np.float32)
    store.close()


def test_a_shop_keeps_its_own_vectors(tmp_path: Path) -> None:
    assert default_path(tmp_path) == tmp_path.resolve() / ".prismrec" / "vectors.sqlite"


def test_vectors_of_a_read_only_shop_go_to_the_cache(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PRISMREC_CACHE", str(tmp_path / "cache"))
    paths = []
    for parent in ("a", "b"):
        shop = tmp_path / parent / "shop"
        shop.mkdir(parents=True)
        shop.chmod(0o555)
        paths.append(default_path(shop))
        shop.chmod(0o755)
    assert all(path.is_relative_to(tmp_path / "cache") for path in paths)
    assert paths[0] != paths[1]


def test_keys_follow_encoder_and_content() -> None:
    keys = {vector_key("a", b"1"), vector_key("b", b"1"), vector_key("a", b"2")}
    assert len(keys) == 3
    assert vector_key("a", b"1") in keys


@pytest.mark.parametrize(
    ("place", "kind", "path"),
    [
        ("here.sqlite", "SqliteStore", "here.sqlite"),
        ("sqlite:here", "SqliteStore", "here"),
        ("sqlite:///here.db", "SqliteStore", "here.db"),
        ("sqlite:////{}/here.db", "SqliteStore", "{}/here.db"),
        ("{}/here.sqlite", "SqliteStore", "{}/here.sqlite"),
        ("memory:", "MemoryStore", ""),
        ("lance:here", "LanceStore", "here"),
        ("here.lance", "LanceStore", "here.lance"),
    ],
)
def test_places_of_stores(tmp_path: Path, monkeypatch, place: str, kind: str, path: str) -> None:
    monkeypatch.chdir(tmp_path)
    root = str(tmp_path).strip("/")
    store = open_store(place.format(root if "////" in place else tmp_path))
    assert type(store).__name__ == kind
    if path:
        assert (tmp_path / path.format(tmp_path)).exists()
    store.close()


@pytest.mark.parametrize("place", ["here", "sqlite:", "lance:", "mongo:here", "http://a.b/c", ""])
def test_a_place_that_names_no_store_is_refused(place: str) -> None:
    with pytest.raises(BadData, match="names no store"):
        open_store(place)


def test_the_usual_place_can_be_set(tmp_path: Path, monkeypatch) -> None:
    assert default_place(tmp_path) == f"sqlite:{default_path(tmp_path)}"
    monkeypatch.setenv("PRISMREC_STORE", str(tmp_path / "all.sqlite"))
    with opened(None, tmp_path) as store:
        store.put_many(vectors(1))
    with opened(tmp_path / "all.sqlite", tmp_path) as store:
        assert [*store.get_many(["k0000"])] == ["k0000"]
    mine = MemoryStore()
    with opened(mine, tmp_path) as store:
        assert store is mine
