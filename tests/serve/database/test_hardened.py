"""What must not pass a database by: odd values, second servers, full disks, strange servers."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from prismrec.errors import BadData
from prismrec.serve.database import Database, Full, Once, Unavailable, opening
from prismrec.serve.values import Event, Item
from serve.postgres import Postgres

SERVER = """
import sys
from prismrec.serve.database import Database
database = Database(sys.argv[1], serving=True)
print("open", flush=True)
sys.stdin.readline()
"""


def event(**given: object) -> Event:
    return Event(**{"user": "ann", "item": "lamp", "event": "view", "time": 1, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given",
    [
        {"user": "a\0"},
        {"item": "a\0"},
        {"event": "a\0"},
        {"id": "a\0"},
        {"weight": float("nan")},
        {"weight": float("-inf")},
        {"time": -(2**63) - 1},
        {"user": "\udfff"},
    ],
)
def test_events_that_cannot_be_kept_are_refused(
    database: Database, given: dict[str, object]
) -> None:
    once = Once("k", "shop", "d")
    with pytest.raises(BadData) as told:
        database.take_events([event(id="good"), event(**given)], once=once)
    assert "\n" not in str(told.value) and "INSERT" not in str(told.value)
    assert not list(database.events())
    assert not database.take_events([event(id="good")], once=once).replayed


@pytest.mark.parametrize(
    "item",
    [
        Item("a\0", "A"),
        Item("a", "A\0"),
        Item("a", "A", "\0"),
        Item("a", "A", columns={"maker": "\ud800"}),
    ],
)
def test_items_that_cannot_be_kept_are_refused(database: Database, item: Item) -> None:
    with pytest.raises(BadData):
        database.put_item(item, {})
    assert not list(database.items())


def test_odd_values_that_can_be_kept_come_back(database: Database) -> None:
    sent = event(user="'; DROP TABLE events;--\t\u202e", item="𝔏\U0010ffff", time=-(2**63), id="")
    assert database.take_events([sent]).answer["stored"] == 1
    ((_, found),) = database.events()
    assert (found.user, found.item, found.time) == (sent.user, sent.item, sent.time)
    assert found.id  # none was sent
    odd = Item("lamp", "", "", {"": "\0", "\0": "%s {} \\"}, {}, False)
    database.put_item(odd, {})
    assert [each for _, each in database.items()] == [odd]


def test_an_identifier_that_no_index_takes_harms_nobody(database: Database) -> None:
    """PostgreSQL keeps keys of at most 2.7 kB."""
    long = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(300))
    try:
        database.put_item(Item(long, "Long"), {})
    except BadData as told:
        assert database.shared and "longer" in str(told)
    else:
        assert not database.shared
    database.put_item(Item("lamp", "Lamp"), {})


def test_a_second_server_of_a_file_is_refused(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'serve.sqlite'}"
    command = [sys.executable, "-c", SERVER, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == b"open"
        with pytest.raises(BadData, match="another server uses") as told:
            Database(address, serving=True)
        assert "\n" not in str(told.value)
        beside = Database(address)  # as commands do
        beside.add_key("shop", ["read"])
        beside.close()
        first.kill()
        first.wait(20)
    for _ in range(2):  # a killed server holds nothing, and a closed one neither
        again = Database(address, serving=True)
        assert [key.name for key in again.keys()] == ["shop"]  # noqa: SIM118
        again.close()


def test_a_server_that_cannot_open_its_file_does_not_reserve_it(tmp_path: Path) -> None:
    file = tmp_path / "serve.sqlite"
    file.write_text("not a database, but long enough to be read as one " * 20)
    for _ in range(2):
        with pytest.raises(BadData, match="no SQLite file"):
            Database(f"sqlite:///{file}", serving=True)
    file.unlink()
    Database(f"sqlite:///{file}", serving=True).close()


def test_two_servers_share_a_postgresql(postgres: Postgres) -> None:
    address = postgres.database()
    one, two = Database(address, serving=True), Database(address, serving=True)
    one.take_events([event(id="a")])
    assert two.take_events([event(id="a")]).answer == {"stored": 0, "duplicates": 1}
    one.close()
    two.close()


def test_a_postgresql_without_unicode_is_refused(postgres: Postgres) -> None:
    postgres.sql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    address = make_url(postgres.database()).set(database="latin")
    with pytest.raises(BadData, match="LATIN1"):
        Database(address.render_as_string(hide_password=False))


def test_a_commit_whose_outcome_is_not_heard(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as such, and the same key finds out."""
    once = Once("k", "shop", "d")
    dialect = database._engine.dialect
    commit = dialect.do_commit

    def cut(connection: Any) -> None:
        commit(connection)
        raise OperationalError("COMMIT", {}, Exception("server closed the connection"))

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", cut)
        with pytest.raises(Unavailable, match="closed the connection"):
            database.take_events([event(id="e")], once=once)
    again = database.take_events([event(id="e")], once=once)
    assert again.replayed and again.answer == {"stored": 1, "duplicates": 0}
    assert [each.id for _, each in database.events()] == ["e"]


def test_a_transaction_that_is_cut(postgres: Postgres) -> None:
    database = Database(postgres.database())
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'prismrec' AND state = 'idle in transaction'"
    )

    def job(connection: Any) -> None:
        connection.exec_driver_sql("INSERT INTO settings VALUES ('pinned', 'v1')")
        postgres.sql(cut)

    try:
        with pytest.raises(Unavailable):
            database._writer.write(job)
        assert database.setting("pinned") is None
        database.set_setting("pinned", "v2")
        assert database.setting("pinned") == "v2"
    finally:
        database.close()


def test_no_space_is_told_as_such_wherever_it_is_missing() -> None:
    assert isinstance(opening.reason(OSError(errno.ENOSPC, "No space left on device")), Full)
    assert isinstance(opening.reason(OSError(errno.EACCES, "Permission denied")), Unavailable)


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only the superuser of Linux can mount a disk")
    place = tmp_path / "tiny"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_really_full(tiny: Path) -> None:
    database = Database(f"sqlite:///{tiny / 'serve.sqlite'}", serving=True)
    try:
        kept = fill(database)
        assert kept  # some events went in before there was no room
        assert [each.id for _, each in database.events()] == kept
        database.check()
        with pytest.raises(Full):
            database.take_events([event(id="late", user="x" * 200_000)])
        subprocess.run(["mount", "-o", "remount,size=16m", str(tiny)], check=True)
        assert database.take_events([event(id="late")]).answer["stored"] == 1
        assert [each.id for _, each in database.events()] == [*kept, "late"]
    finally:
        database.close()


def fill(database: Database) -> list[str]:
    """Write until there is no room; what was acknowledged."""
    kept: list[str] = []
    while True:
        try:
            database.take_events([event(id=str(len(kept)), user="x" * 50_000)])
        except Full:
            return kept
        kept.append(str(len(kept)))
        assert len(kept) < 1000
