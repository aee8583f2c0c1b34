"""Whatever is written in whatever order, a database holds what plain dictionaries would."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from prismrec.serve.database import Conflict, Database, Once
from prismrec.serve.values import Event, Item
from serve.postgres import Postgres

few = st.sampled_from(["a", "b", "c", "d"])
words = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
)
events = st.builds(
    Event,
    words,
    few,
    st.sampled_from(["view", "like", "skip"]),
    st.integers(-(2**60), 2**60),
    st.none() | st.floats(0, 100, width=32),
    few,
)
onces = st.none() | st.builds(Once, few, st.sampled_from(["me", "you"]), st.sampled_from("xy"))
items = st.builds(
    Item,
    few,
    words,
    st.none() | words,
    st.dictionaries(words, words, max_size=2),
    st.just({}),
    st.booleans(),
    st.booleans(),
)
steps = st.lists(
    st.tuples(st.just("take"), st.lists(events, max_size=4), onces)
    | st.tuples(st.just("put"), items, onces)
    | st.tuples(st.just("open"), st.none(), st.none()),
    max_size=12,
)


class Plain:
    """The same with dictionaries."""

    def __init__(self) -> None:
        self.events: dict[str | None, Event] = {}
        self.items: dict[str, Item] = {}
        self.answers: dict[tuple[str, str], tuple[str, Any]] = {}

    def write(self, kind: str, what: Any, once: Once | None) -> Any:
        before = self.answers.get((once.who, once.key)) if once else None
        if before and once:
            return before[1] if before[0] == once.digest else Conflict
        if kind == "take":
            new = {each.id: each for each in reversed(what) if each.id not in self.events}
            for each in what:
                self.events.setdefault(each.id, each)
            answer = {"stored": len(new), "duplicates": len(what) - len(new)}
        else:
            self.items.pop(what.item, None)
            self.items[what.item] = what
            answer = {"item": what.item}
        if once:
            self.answers[once.who, once.key] = (once.digest, answer)
        return answer


def write(database: Database, kind: str, what: Any, once: Once | None) -> Any:
    try:
        if kind == "take":
            return database.take_events(what, once=once).answer
        return database.put_item(what, {}, once=once, answer={"item": what.item}).answer
    except Conflict:
        return Conflict


def compare(address: str, given_steps: list[tuple[str, Any, Any]]) -> None:
    database, plain = Database(address), Plain()
    try:
        for kind, what, once in given_steps:
            if kind == "open":
                database.close()
                database = Database(address)
            else:
                assert write(database, kind, what, once) == plain.write(kind, what, once)
            assert [each for _, each in database.events()] == list(plain.events.values())
            assert [each for _, each in database.items()] == list(plain.items.values())
    finally:
        database.close()


@settings(max_examples=20, deadline=None)
@given(steps)
def test_sqlite_holds_what_dictionaries_would(made: list[tuple[str, Any, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        compare(f"sqlite:///{Path(folder) / 'serve.sqlite'}", made)


@pytest.fixture(scope="module")
def shared(postgres: Postgres) -> str:
    """One database for all examples, which empty it."""
    return postgres.database()


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=steps)
def test_postgresql_holds_what_dictionaries_would(
    shared: str, made: list[tuple[str, Any, Any]]
) -> None:
    database = Database(shared)
    with database._engine.begin() as connection:
        connection.execute(text("TRUNCATE events, items, media, answers RESTART IDENTITY"))
    database.close()
    compare(shared, made)
