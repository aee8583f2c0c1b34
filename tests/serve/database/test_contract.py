"""What a database promises, whatever kind it is."""

from __future__ import annotations

import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from prismrec.errors import BadData, UnknownName
from prismrec.serve.database import (
    Conflict,
    Database,
    Once,
    Unavailable,
    matches,
    opening,
    parts_of,
)
from prismrec.serve.database.opening import address_of
from prismrec.serve.values import UPLOAD, Event, Item

PNG = b"\x89PNG\r\n\x1a\n\x00\xff" * 50
SHA = hashlib.sha256(PNG).hexdigest()
LAMP = Item(
    "lamp",
    "Löwe 灯 'x'; DROP TABLE items;--",
    "text",
    {"kind": "light", "maker": "方圆"},
    {"image": UPLOAD + SHA},
)


def event(number: int, name: str | None = None) -> Event:
    return Event("ann", f"item-{number}", "view", 1_700_000_000 + number, None, name)


def test_an_event_comes_back_as_it_was_sent(database: Database) -> None:
    sent = Event("ann 安", "lamp", "like", 2**40, 2.5, "e1")
    taken = database.take_events([sent])
    assert taken.answer == {"stored": 1, "duplicates": 0}
    assert taken.fresh == (sent,)
    assert [each for _, each in database.events()] == [sent]


def test_events_come_in_order_and_after_a_number(database: Database) -> None:
    database.take_events([event(n) for n in range(1200)])
    database.take_events([event(n) for n in range(1200, 1205)])
    found = list(database.events())
    assert [each.item for _, each in found] == [f"item-{n}" for n in range(1205)]
    numbers = [number for number, _ in found]
    assert numbers == sorted(set(numbers))
    assert list(database.events(numbers[1201])) == found[1202:]


def test_an_identifier_is_one_event(database: Database) -> None:
    first = database.take_events([event(1, "a"), event(2, "a"), event(3, "b")])
    assert [each.id for each in first.fresh] == ["a", "b"]
    again = database.take_events([event(4, "b"), event(5, "c"), event(6)])
    assert again.answer == {"stored": 2, "duplicates": 1}
    assert [each.item for _, each in database.events()] == ["item-1", "item-3", "item-5", "item-6"]


def test_a_request_is_done_once(database: Database) -> None:
    once = Once("k", "shop", "digest")
    first = database.take_events([event(1)], once=once)
    again = database.take_events([event(1)], once=once)
    assert again.answer == first.answer
    assert again.replayed and not first.replayed
    assert again.fresh == ()
    assert len(list(database.events())) == 1


def test_a_key_of_another_request_is_refused(database: Database) -> None:
    database.take_events([event(1)], once=Once("k", "shop", "one"))
    with pytest.raises(Conflict, match="Idempotency-Key"):
        database.put_item(LAMP, {}, once=Once("k", "shop", "two"))
    assert not list(database.items())
    database.take_events([event(2)], once=Once("k", "another client", "two"))


def test_a_refused_write_does_not_use_its_key_up(database: Database) -> None:
    once = Once("k", "shop", "digest")
    with pytest.raises(BadData):
        database.take_events([Event("a\ud800", "x", "view", 1)], once=once)
    assert not database.take_events([event(1)], once=once).replayed


def test_an_item_comes_back_with_its_media(database: Database) -> None:
    taken = database.put_item(LAMP, {SHA: PNG}, answer={"item": "lamp"})
    assert taken.answer == {"item": "lamp"}
    assert [each for _, each in database.items()] == [LAMP]
    assert database.medium(SHA) == PNG
    assert database.medium("0" * 64) is None


def test_items_are_told_again_when_they_change(database: Database) -> None:
    database.put_item(Item("a", "A"), {})
    database.put_item(Item("b", "B"), {})
    (first, _), (second, _) = database.items()
    database.put_item(Item("a", "A", in_stock=False, removed=True), {})
    ((third, item),) = database.items(second)
    assert first < second < third
    assert item.removed and not item.in_stock
    assert [each.item for _, each in database.items()] == ["b", "a"]


def test_everything_is_there_after_opening_again(address: str) -> None:
    database = Database(address)
    once = Once("k", "shop", "d")
    database.take_events([event(1, "e")], once=once)
    database.put_item(LAMP, {SHA: PNG})
    database.set_setting("pinned", "v7")
    database.close()
    again = Database(address)
    try:
        assert [each for _, each in again.events()] == [event(1, "e")]
        assert [each for _, each in again.items()] == [LAMP]
        assert again.medium(SHA) == PNG
        assert again.setting("pinned") == "v7"
        assert again.take_events([event(1, "e")], once=once).replayed
    finally:
        again.close()


def test_a_closed_database_takes_nothing(address: str) -> None:
    database = Database(address)
    database.close()
    with pytest.raises(Unavailable, match="stopped"):
        database.take_events([event(1)])


def test_a_database_that_is_closed_while_it_is_written_to(address: str) -> None:
    """Each write is either there or refused, and nobody is left waiting."""
    database = Database(address)
    acknowledged: list[str] = []
    begun = threading.Event()

    def write(thread: int) -> int:
        for n in range(10_000):
            try:
                database.take_events([event(n, f"{thread}-{n}")])
            except Unavailable:
                return n
            acknowledged.append(f"{thread}-{n}")
            begun.set()
        raise AssertionError("never refused")

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(write, thread) for thread in range(8)]
        assert begun.wait(20)
        database.close()
        for job in jobs:
            job.result(20)
    database.close()
    again = Database(address)
    try:
        assert sorted(str(each.id) for _, each in again.events()) == sorted(acknowledged)
    finally:
        again.close()


@pytest.mark.parametrize("bad", [event(2**63), Event("a\ud800", "x", "view", 1)])
def test_a_bad_write_leaves_those_beside_it_alone(database: Database, bad: Event) -> None:
    """They wait for the same commit: a job that holds the writer lets them gather."""
    hold, begun = threading.Event(), threading.Event()

    def held(_: object) -> None:
        begun.set()
        hold.wait(20)

    with ThreadPoolExecutor(9) as pool:
        waiting = pool.submit(database._writer.write, held)
        assert begun.wait(20)
        good = [pool.submit(database.take_events, [event(n, str(n))]) for n in range(6)]
        refused = pool.submit(database.take_events, [bad])
        while database._writer._jobs.qsize() < 7:
            time.sleep(0.005)
        hold.set()
        waiting.result(20)
        with pytest.raises(BadData, match="can keep"):
            refused.result(20)
        assert [each.result(20).answer["stored"] for each in good] == [1] * 6
    assert {each.id for _, each in database.events()} == {str(n) for n in range(6)}


def test_sixteen_threads_write_at_once(database: Database) -> None:
    def write(thread: int) -> None:
        for n in range(12):
            name = f"{thread}-{n}"
            database.take_events([event(n, name)], once=Once(name, "shop", "d"))
            database.take_events([event(n, name)], once=Once(name, "shop", "d"))
            database.put_item(Item(f"item-{n}", name), {})

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(16)))
    assert len(list(database.events())) == 16 * 12
    revisions = [revision for revision, _ in database.items()]
    assert len(revisions) == 12
    assert revisions == sorted(revisions)


def test_a_reader_that_follows_misses_nothing_of_two_writers(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers become visible in their order, though two processes write at once."""
    monkeypatch.setattr(opening, "PATIENCE", 60.0)  # SQLite lets in whoever happens to ask
    one, two = Database(address), Database(address)
    seen: list[str | None] = []
    after = 0

    def write(database: Database, name: str) -> None:
        for n in range(40):
            database.take_events([event(n, f"{name}-{n}-{k}") for k in range(3)])

    try:
        with ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(write, d, f"{i}") for i, d in enumerate((one, two, one, two))]
            done = False
            while not done:
                done = all(job.done() for job in jobs)
                time.sleep(0.002)  # a reader that never rests takes the interpreter from writers
                for number, each in two.events(after):
                    assert number > after
                    after = number
                    seen.append(each.id)
            for job in jobs:
                job.result()
        assert len(seen) == len(set(seen)) == 4 * 40 * 3
    finally:
        one.close()
        two.close()


def test_keys_are_made_found_and_revoked(database: Database, address: str) -> None:
    secret = database.add_key("shop", ["read", "write"], expires=2**33)
    found = parts_of(secret)
    assert found is not None
    key = database.key(found[0])
    assert key is not None
    assert (key.name, key.scopes, key.expires) == ("shop", ("read", "write"), 2**33)
    assert matches(key, found[1])
    assert not matches(key, found[1][:-1] + ("A" if found[1][-1] != "A" else "B"))
    assert key.is_valid(time.time()) and not key.is_valid(2**33)
    with pytest.raises(BadData, match="already"):
        database.add_key("shop", ["read"])
    with pytest.raises(BadData, match="scopes"):
        database.add_key("other", ["everything"])
    database.revoke_key("shop")
    revoked = database.key(found[0])
    assert revoked is not None and not revoked.is_valid(time.time())
    with pytest.raises(UnknownName, match="nobody"):
        database.revoke_key("nobody")
    engine = create_engine(address_of(address))
    with engine.connect() as connection:
        rows = str(connection.execute(text("SELECT * FROM api_keys")).all())
    engine.dispose()
    assert found[0] in rows and found[1] not in rows


@pytest.mark.parametrize(
    "sent", ["", "prk_", "prk_0_x", "Bearer", "prk_" + "g" * 12 + "_" + "a" * 43]
)
def test_what_is_no_key_has_no_parts(sent: str) -> None:
    assert parts_of(sent) is None


def test_settings_are_kept_and_forgotten(database: Database) -> None:
    assert database.setting("pinned") is None
    database.set_setting("pinned", "v1")
    database.set_setting("pinned", "v2")
    assert database.setting("pinned") == "v2"
    database.set_setting("pinned", None)
    assert database.setting("pinned") is None


def test_old_answers_and_unused_media_are_pruned(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    other = b"other"
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - 8 * 86_400)
        database.take_events([event(1)], once=Once("old", "shop", "d"))
    database.take_events([event(2)], once=Once("new", "shop", "d"))
    database.put_item(LAMP, {SHA: PNG, hashlib.sha256(other).hexdigest(): other})
    assert database.prune() == {"answers": 1, "media": 1}
    assert database.medium(SHA) == PNG
    assert database.medium(hashlib.sha256(other).hexdigest()) is None
    assert database.take_events([event(2)], once=Once("new", "shop", "d")).replayed
    assert not database.take_events([event(3)], once=Once("old", "shop", "d")).replayed


def test_counts_name_every_table(database: Database) -> None:
    database.take_events([event(1), event(2)], once=Once("k", "w", "d"))
    database.put_item(LAMP, {SHA: PNG})
    expected = {"events": 2, "items": 1, "media": 1, "answers": 1, "api_keys": 0, "settings": 0}
    assert database.counts() == expected


def test_it_is_there(database: Database) -> None:
    database.check()
