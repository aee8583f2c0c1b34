from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from prismrec.errors import BadData
from prismrec.store import vector_key
from prismrec.store.memory import MemoryStore
from prismrec.store.sqlite import SqliteStore, default_path


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryStore | SqliteStore]:
    if request.param == "memory":
        yield MemoryStore()
    else:
        store = SqliteStore(tmp_path / "deep" / "vectors.sqlite")
        yield store
        store.close()


def vectors(n: int, start: int = 0) -> dict[str, np.ndarray]:
    return {f"k{i:04}": np.full(3, i, np.float32) for i in range(start, start + n)}


def test_vectors_come_back(store) -> None:
    store.put_many(vectors(1200))
    found = store.get_many([*vectors(1200), "absent"])
    assert found.keys() == vectors(1200).keys()
    assert all((found[key] == vector).all() for key, vector in vectors(1200).items())
    assert found["k0007"].dtype == np.float32


def test_it_is_a_mapping(store) -> None:
    store["b"] = np.ones(2, np.float32)
    store["a"] = np.zeros(5, np.float32)
    store["b"] = np.full(2, 2, np.float32)
    assert sorted(store) == ["a", "b"]
    assert len(store) == 2
    assert store["b"].tolist() == [2, 2]
    assert "c" not in store
    del store["a"]
    assert list(store) == ["b"]
    with pytest.raises(KeyError):
        store["a"]
    with pytest.raises(KeyError):
        del store["a"]


def test_nothing_to_do(store) -> None:
    store.put_many({})
    assert store.get_many([]) == {}


def test_another_opening_sees_what_was_kept(tmp_path: Path) -> None:
    first, second = SqliteStore(tmp_path / "v"), SqliteStore(tmp_path / "v")
    first["a"] = np.ones(2, np.float32)
    assert second["a"].tolist() == [1, 1]
    first.close()
    second.close()


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


WRITE = """
import sys, itertools, numpy as np
from prismrec.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
for batch in itertools.count():
    store.put_many({f"{batch}-{i}": np.full(4, i, np.float32) for i in range(20)})
    sys.stdout.write(f"{batch}\\n")
    sys.stdout.flush()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE, str(tmp_path / "v")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [int(process.stdout.readline()) for _ in range(30)]
        os.kill(process.pid, signal.SIGKILL)
    store = SqliteStore(tmp_path / "v")
    assert len(store) % 20 == 0  # whole batches only
    assert set(store) >= {f"{batch}-{i}" for batch in lines for i in range(20)}
    store.close()


def _write(path: Path, start: int) -> None:
    store = SqliteStore(path)
    for place in range(start, start + 200, 10):
        store.put_many(vectors(10, place))
    store.close()


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(tmp_path / "v", 200 * i)) for i in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store = SqliteStore(tmp_path / "v")
    assert sorted(store) == sorted(vectors(400))
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
