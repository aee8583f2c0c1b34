"""Disks that are full, databases that are away, and how they are told of."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import exc

from prismrec.errors import BadData, MissingPackage
from prismrec.serve.database import Database, Full, Once, Unavailable, opening
from prismrec.serve.values import Event, Item
from serve.postgres import PASSWORD, Postgres

LOCKER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


def event(name: str) -> Event:
    return Event("ann", "lamp", "view", 1, None, name)


def ids(database: Database) -> set[str | None]:
    return {each.id for _, each in database.events()}


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(opening, "PATIENCE", 0.2)


@pytest.fixture
def in_file(hasty: None, tmp_path: Path) -> Iterator[Database]:
    """An SQLite database that waits for nobody for long."""
    opened = Database(f"sqlite:///{tmp_path / 'serve.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def limit(in_file: Database) -> Callable[[int], None]:
    """Limit how many pages the database may have, as a disk would."""

    def to(pages: int) -> None:
        raw = in_file._engine.raw_connection()
        raw.cursor().execute(f"PRAGMA max_page_count = {pages}")
        raw.close()

    return to


def test_a_full_disk_is_told_and_gets_over(in_file: Database, limit: Callable[[int], None]) -> None:
    in_file.take_events([event("before")])
    limit(in_file.size() // 4096)
    data = bytes(300_000)
    sha256 = hashlib.sha256(data).hexdigest()
    once = Once("k", "shop", "d")
    for _ in range(3):
        with pytest.raises(Full, match="free some room"):
            in_file.put_item(Item("big", "Big"), {sha256: data}, once=once)
        in_file.check()
        assert ids(in_file) == {"before"}
        assert not list(in_file.items())
        assert in_file.medium(sha256) is None
    limit(10**6)
    assert not in_file.put_item(Item("big", "Big"), {sha256: data}, once=once).replayed
    assert in_file.medium(sha256) == data


def test_what_still_fits_is_taken_beside_what_does_not(
    in_file: Database, limit: Callable[[int], None]
) -> None:
    limit(in_file.size() // 4096 + 4)
    hold, begun = threading.Event(), threading.Event()

    def held(_: object) -> None:
        begun.set()
        hold.wait(20)

    data = bytes(300_000)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(in_file._writer.write, held)
        assert begun.wait(20)
        big = pool.submit(in_file.put_item, Item("big", "Big"), {"0" * 64: data})
        small = pool.submit(in_file.take_events, [event("small")])
        while in_file._writer._jobs.qsize() < 2:
            pass
        hold.set()
        first.result(20)
        with pytest.raises(Full):
            big.result(20)
        assert small.result(20).answer["stored"] == 1
    assert ids(in_file) == {"small"}


def test_a_file_that_another_process_locks(in_file: Database, tmp_path: Path) -> None:
    in_file.take_events([event("before")])
    command = [sys.executable, "-c", LOCKER, str(in_file.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as locker:
        assert locker.stdout is not None
        assert locker.stdout.readline().strip() == b"locked"
        with pytest.raises(Unavailable, match="locked"):
            in_file.take_events([event("during")])
        assert ids(in_file) == {"before"}
        in_file.check()
        locker.kill()
    in_file.take_events([event("after")])
    assert ids(in_file) == {"before", "after"}


def test_a_server_that_stops_and_comes_back(hasty: None, postgres: Postgres) -> None:
    database = Database(postgres.database())
    try:
        database.take_events([event("before")])
        postgres.stop("immediate")
        try:
            with ThreadPoolExecutor(20) as pool:
                jobs = [pool.submit(database.take_events, [event(str(n))]) for n in range(20)]
                for job in jobs:
                    with pytest.raises(Unavailable) as told:
                        job.result(20)
                    assert PASSWORD not in str(told.value)
                    assert "\n" not in str(told.value)
            for ask in (database.check, database.keys, lambda: list(database.events())):
                with pytest.raises(Unavailable):
                    ask()
            with pytest.raises(Unavailable):
                Database(database.url.render_as_string(hide_password=False))
        finally:
            postgres.start()
        database.check()
        assert database.take_events([event("after"), event("3")]).answer["stored"] == 2
        assert ids(database) == {"before", "after", "3"}
    finally:
        database.close()


def test_a_connection_that_is_cut(postgres: Postgres) -> None:
    database = Database(postgres.database())
    try:
        database.take_events([event("before")])
        postgres.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'prismrec'"
        )
        database.take_events([event("after")])
        assert ids(database) == {"before", "after"}
    finally:
        database.close()


def test_options_of_the_address_are_kept(postgres: Postgres) -> None:
    database = Database(postgres.database() + "?options=-c%20geqo%3Doff")
    try:
        with database.reader.connect() as connection:
            shown = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("geqo", "statement_timeout", "synchronous_commit")
            ]
        assert shown == ["off", "10s", "on"]
    finally:
        database.close()


def test_a_wrong_password_is_not_repeated(postgres: Postgres) -> None:
    right = postgres.database()
    with pytest.raises(Unavailable, match="password authentication failed") as told:
        Database(right.replace(PASSWORD, "opal-3-window"))
    assert "opal-3-window" not in str(told.value)
    hidden = Database(right.replace(f":{PASSWORD}@", "@") + f"?password={PASSWORD}")
    try:
        hidden.check()
        assert PASSWORD not in str(hidden)
    finally:
        hidden.close()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://somebody:amber-7-lantern@host/name", "'mysql'"),
        ("sqlite://", "in memory"),
        ("amber-7-lantern", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_addresses_of_other_kinds(address: str, told: str) -> None:
    with pytest.raises(BadData, match=told) as refused:
        Database(address)
    assert PASSWORD not in str(refused.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("a shopping list, long enough to be read as a header\n" * 20)
    with pytest.raises(BadData, match="no SQLite file"):
        Database(f"sqlite:///{file}")
    assert file.read_text().startswith("a shopping list")


def test_a_file_is_for_its_owner_only(in_file: Database) -> None:
    in_file.take_events([event("e")])
    path = Path(str(in_file.url.database))
    found = {each.name: each.stat().st_mode & 0o077 for each in path.parent.glob("serve.sqlite*")}
    assert set(found.values()) == {0}, found


def test_a_driver_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingPackage, match=r"prismrec\[postgresql\]"):
        Database("postgresql://somebody@localhost/name")


@pytest.mark.parametrize("state", ["53100", None])
def test_no_room_is_told_apart(state: str | None) -> None:
    class Origin(Exception):
        sqlstate = state

    told = opening.reason(exc.OperationalError("INSERT", {"data": "secret"}, Origin("no room")))
    assert isinstance(told, Full if state else Unavailable)
    assert "secret" not in str(told) and "INSERT" not in str(told)
