"""What every registered store promises; a new one is tested by adding its row."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prismrec import registry
from prismrec.errors import BadData
from prismrec.store import open_store

KEPT = [name for name in registry.names("stores") if name != "memory"]  # on a disk
KEYS = [
    "",
    " ",
    "a/b",
    "it's",
    'say "x"',
    "%_*",
    "a\\b",
    "ключ",
    "键/灯",
    "🎵",
    "\n",
    "e\u0301",
    "é",
]


def place_of(name: str, folder: Path) -> str:
    return "memory:" if name == "memory" else f"{name}:{folder / 'deep' / 'vectors'}"


@pytest.fixture(params=registry.names("stores"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    store = open_store(place_of(request.param, tmp_path))
    yield store
    store.close()


@pytest.fixture(params=KEPT)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return place_of(request.param, tmp_path)


@pytest.fixture(
    params=[
        name if name == "sqlite" else pytest.param(name, marks=pytest.mark.slow) for name in KEPT
    ]
)
def shared_place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """For tests that start processes, to which other stores take seconds to be imported."""
    return place_of(request.param, tmp_path)


def vectors(n: int, start: int = 0) -> dict[str, np.ndarray]:
    return {f"k{i:05}": np.full(3, i, np.float32) for i in range(start, start + n)}


def same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> bool:
    return found.keys() == expected.keys() and all(
        found[key].tobytes() == np.asarray(vector, "<f4").tobytes()
        for key, vector in expected.items()
    )


def test_vectors_come_back(store: Any) -> None:
    assert len(store) == 0
    assert list(store) == []
    store.put_many(vectors(1300))
    assert same(store.get_many([*vectors(1300), "absent"]), vectors(1300))
    assert store.get_many(["absent"]) == {}
    assert len(store) == 1300
    assert list(store) == sorted(vectors(1300))


def test_it_is_a_mapping(store: Any) -> None:
    store["b"] = np.ones(2, np.float32)
    store["a"] = np.zeros(5, np.float32)
    store["b"] = np.full(2, 2, np.float32)
    assert list(store) == ["a", "b"]
    assert len(store) == 2
    assert store["b"].tolist() == [2, 2]
    assert "c" not in store
    del store["a"]
    assert list(store) == ["b"]
    with pytest.raises(KeyError):
        store["a"]
    with pytest.raises(KeyError):
        del store["a"]


def test_nothing_to_do(store: Any) -> None:
    store.put_many({})
    store.drop_many([])
    store.drop_many(["absent"])
    store.compact()
    assert store.get_many([]) == {}
    assert list(store.sizes()) == []


def test_any_length_and_any_key(store: Any) -> None:
    rng = np.random.default_rng(0)
    kept = {key: rng.normal(size=place).astype("<f4") for place, key in enumerate(KEYS)}
    kept["long"] = rng.normal(size=100_000).astype("<f4")
    kept["k" * 3000] = np.ones(1, "<f4")
    store.put_many(kept)
    assert same(store.get_many(kept), kept)
    assert dict(store.sizes()) == {key: len(vector) for key, vector in kept.items()}
    assert [key for key, _ in store.sizes()] == sorted(kept)


def test_every_bit_comes_back(store: Any) -> None:
    values = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4e38, np.pi, -1 / 3], np.float32
    )
    odd = np.frombuffer(b"\x01\x00\xc0\x7f" * 2, "<f4")  # a NaN with something in it
    store.put_many({"a": values, "b": odd, "c": np.arange(6, dtype=np.float64)[::2]})
    assert store["a"].tobytes() == values.tobytes()
    assert store["b"].tobytes() == odd.tobytes()
    assert store["c"].tolist() == [0, 2, 4]
    assert store["c"].dtype == np.float32


def test_what_is_kept_is_not_changed_from_outside(store: Any) -> None:
    vector = np.ones(3, np.float32)
    store["a"] = vector
    vector[:] = 7
    found = store["a"]
    with pytest.raises(ValueError, match="read-only"):
        found[:] = 8
    assert store["a"].tolist() == [1, 1, 1]


def test_many_at_once_are_kept_all_or_none(store: Any) -> None:
    with pytest.raises(ValueError, match="one axis"):
        store.put_many({"a": np.ones(2, np.float32), "b": np.ones((2, 2), np.float32)})
    assert len(store) == 0


def test_the_later_of_two_vectors_counts(store: Any) -> None:
    for value in range(5):
        store.put_many({key: np.full(2 + value, value, np.float32) for key in ("a", "b", "c'd")})
    store.put_many({"e": np.ones(1, np.float32)})
    for _ in range(2):
        assert store["c'd"].tolist() == [4] * 6
        assert len(store) == 4
        assert dict(store.sizes()) == {"a": 6, "b": 6, "c'd": 6, "e": 1}
        store.compact()


def test_what_is_dropped_is_gone(store: Any) -> None:
    store.put_many(vectors(1200))
    store.put_many(vectors(600))
    store.drop_many([*list(vectors(1100)), "absent"])
    for _ in range(2):
        assert same(store.get_many(vectors(1200)), vectors(100, 1100))
        assert len(store) == 100
        store.compact()


def test_several_threads(store: Any) -> None:
    def work(start: int) -> None:
        for place in range(start, start + 100, 20):
            store.put_many(vectors(20, place))
            store.get_many(vectors(20, place))

    threads = [threading.Thread(target=work, args=(100 * k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same(store.get_many(vectors(400)), vectors(400))


def test_another_opening_sees_what_was_kept(place: str) -> None:
    first, second = open_store(place), open_store(place)
    first.put_many({"a": np.ones(2, np.float32)})
    assert second.get_many(["a"])["a"].tolist() == [1, 1]
    second.put_many({"b": np.ones(0, np.float32)})
    assert dict(first.sizes()) == {"a": 2, "b": 0}
    first.close()
    second.close()
    third = open_store(place)
    assert dict(third.sizes()) == {"a": 2, "b": 0}
    third.close()


def test_a_closed_store_says_so(place: str) -> None:
    store: Any = open_store(place)
    store.close()
    store.close()
    for use in (
        lambda: store.get_many(["a"]),
        lambda: store.put_many(vectors(1)),
        lambda: store.drop_many(["a"]),
        lambda: list(store.sizes()),
        lambda: len(store),
        store.compact,
    ):
        with pytest.raises(ValueError, match="is closed"):
            use()


def test_compacting_makes_it_smaller(place: str) -> None:
    store = open_store(place)
    for start in range(0, 400, 20):
        store.put_many({k: np.ones(2000, np.float32) for k in vectors(20, start)})
    path = Path(place.partition(":")[2])
    files = {p for p in path.parent.rglob("*") if p.is_file()}
    store.drop_many(vectors(390))
    store.compact()
    assert store.get_many(vectors(400)).keys() == vectors(10, 390).keys()
    left = {p for p in path.parent.rglob("*") if p.is_file()} - files
    newest = (
        max((p.stat().st_size for p in left), default=0) if path.is_dir() else path.stat().st_size
    )
    assert newest < 200_000
    store.close()


def test_a_flipped_bit_is_never_a_vector(shared_place: str) -> None:
    store = open_store(shared_place)
    values = np.random.default_rng(0).normal(size=(40, 900)).astype("<f4")
    store.put_many(dict(zip(vectors(40), values, strict=True)))
    store.close()
    path = Path(shared_place.partition(":")[2])
    for file in [path] if path.is_file() else path.rglob("data/*"):
        data = bytearray(file.read_bytes())
        data[data.index(values[7].tobytes()[:800]) + 401] ^= 4
        file.write_bytes(data)
    code = (
        "import sys; from prismrec.store import open_store; "
        "found = open_store(sys.argv[1]).get_many(f'k{i:05}' for i in range(40)); "
        "print(len(found), float(sum(v.astype('f8').sum() for v in found.values())))"
    )  # by another process, since this one may have the file in memory
    command = [sys.executable, "-c", code, shared_place]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = np.delete(values, 7, axis=0).astype(float).sum()
    assert [float(word) for word in done.stdout.split()] == [39, pytest.approx(expected, abs=1e-9)]


@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_store_is_told_in_one_line(place: str, harm: str) -> None:
    store = open_store(place)
    for start in range(0, 400, 100):
        store.put_many({k: np.ones(500, np.float32) for k in vectors(100, start)})
    store.close()
    path = Path(place.partition(":")[2])
    files = [path] if path.is_file() else [*path.rglob("data/*")]
    for file in files:
        data = file.read_bytes()
        if harm == "gone" and path.is_dir():
            file.unlink()
        elif harm == "cut":
            file.write_bytes(data[: len(data) // 2])
        else:
            file.write_bytes(b"\xa5" * len(data))
    with pytest.raises(BadData) as caught:
        broken = open_store(place)
        try:
            broken.get_many(vectors(400))
        finally:
            broken.close()
    assert "\n" not in str(caught.value)
    assert "encode again" in str(caught.value) or "delete it" in str(caught.value)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "deep").write_text("")
    with pytest.raises(BadData, match="deep"):
        open_store(place)


WORK = """
import sys, itertools, numpy as np
from prismrec.store import open_store
place, first, batches, size = sys.argv[1], *map(int, sys.argv[2:5])
store = open_store(place)
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for batch in range(first, first + batches):
    store.put_many({f"{batch:06}-{i:02}": np.full(4, batch, np.float32) for i in range(size)})
    sys.stdout.write(f"{batch}\\n"); sys.stdout.flush()
store.close()
"""


def start(place: str, first: int, batches: int, size: int = 20) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORK, place, str(first), str(batches), str(size)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def go(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        process.communicate()
        assert process.returncode == 0


def test_two_processes_write_at_once_and_a_third_reads(shared_place: str) -> None:
    """Ranges overlap: the same vector by both is one vector. Enough batches to be tidied."""
    writers = start(shared_place, 0, 70), start(shared_place, 35, 70)
    go(*writers)
    store: Any = open_store(shared_place)
    seen = 0
    while any(writer.poll() is None for writer in writers) and seen < 105 * 20:
        found = dict(store.sizes())
        assert len(found) >= seen
        assert len(found) % 20 == 0  # whole batches
        seen = len(found)
        time.sleep(0.05)  # leaves the processors to the writers
    finish(*writers)
    expected = {f"{b:06}-{i:02}": np.full(4, b, np.float32) for b in range(105) for i in range(20)}
    for _ in range(2):
        assert len(store) == len(expected)
        assert same(store.get_many(expected), expected)
        store.compact()
    store.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_what_was_told_survives_a_kill(shared_place: str) -> None:
    with start(shared_place, 0, 1_000_000) as process:
        go(process)
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(30)]
        os.kill(process.pid, signal.SIGKILL)
    store: Any = open_store(shared_place)
    assert len(store) % 20 == 0  # whole batches only
    assert set(store) >= {f"{batch:06}-{i:02}" for batch in told for i in range(20)}
    store.put_many(vectors(1))
    assert "k00000" in store
    store.close()
