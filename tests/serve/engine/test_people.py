"""Histories against a slow reference, and answers while everything changes at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.serve.engine.conftest import feature, fitted_of, for_user, ids, now_of

from prismrec.data.dataset import Dataset
from prismrec.data.interactions import EVENT_WEIGHTS, Interactions
from prismrec.data.vocabulary import Vocabulary
from prismrec.serve.live import Live
from prismrec.serve.now import Now
from prismrec.serve.recommending import recommend
from prismrec.serve.values import EVENTS, Event, Item

USERS, ITEMS = ("ann", "bob", "new"), tuple(f"i{row}" for row in range(6))
told = st.lists(
    st.builds(
        Event,
        st.sampled_from(USERS),
        st.sampled_from(ITEMS),
        st.sampled_from(EVENTS),
        st.integers(0, 40),
        st.none() | st.sampled_from([0.5, 2.0]),
    ),
    max_size=25,
)


def server(times: bool) -> Now:
    """Two users, six items, a log of five events."""
    log = Interactions(
        np.array([0, 0, 1, 1, 0]),
        np.array([3, 1, 2, 2, 1]),
        np.array([1, 3, 1, 5, 1], np.float32),
        np.array([10, 30, 5, 20, 20]) if times else None,
    )
    return now_of("random", Dataset(log, Vocabulary(USERS[:2]), Vocabulary(ITEMS)), Path("nowhere"))


@settings(max_examples=150, deadline=None)
@given(events=told, times=st.booleans())
def test_histories_are_those_of_a_slow_reference(events, times):
    now = server(times)
    log = {"ann": [(3, 1, 10), (1, 3, 30), (1, 1, 20)], "bob": [(2, 1, 5), (2, 5, 20)], "new": []}
    for event in events:
        now.people.take(event)
    used = np.zeros(6)
    for user in USERS:
        mine = [event for event in events if event.user == user and event.event != "skip"]
        mine = sorted(mine, key=lambda event: event.time)
        hidden = set()
        for event in mine:
            if event.event == "dislike":
                hidden.add(event.item)
            elif event.event not in ("view", "click", "play"):
                hidden.discard(event.item)
        rows = [(row, weight, time, False) for row, weight, time in log[user]]
        if times:
            rows = sorted(rows, key=lambda each: each[2])
        for event in mine:
            if event.event != "dislike":
                weight = EVENT_WEIGHTS[event.event] if event.weight is None else event.weight
                rows.append((int(event.item[1:]), weight, event.time, True))
        for row, *_ in rows:
            used[row] += 1
        if times:
            rows = sorted(rows, key=lambda each: each[2])
        rows = [each for each in rows if f"i{each[0]}" not in hidden]
        past = now.people.history(user)
        assert past.rows.tolist() == [each[0] for each in rows]
        assert past.weight.tolist() == [each[1] for each in rows]
        assert past.told.tolist() == [each[3] for each in rows]
        assert past.live == sum(each[3] for each in rows)
        assert past.hidden.tolist() == sorted(int(name[1:]) for name in hidden)
        if times:
            assert past.time.tolist() == [each[2] for each in rows]
        else:
            assert past.time is None
    np.testing.assert_array_equal(now.people.used(8), np.pad(used, (0, 2)))


def test_models_are_put_in_and_grown_while_others_ask(prism, data):
    """Every answer is of one version, and never of an item that was removed before."""
    stage = [prism]
    failed: list[BaseException] = []
    stop = threading.Event()
    versions: set[str] = set()

    def read_on(user: str) -> None:
        try:
            while not stop.is_set():
                found = recommend(stage[0], for_user(user, k=60, weights={"image": 0.5}))
                assert len(set(ids(found))) == len(found.items) >= 28
                versions.add(found.version)
        except BaseException as error:
            failed.append(error)

    readers = [threading.Thread(target=read_on, args=(f"u{user}",)) for user in (3, 4)]
    for each in readers:
        each.start()
    for at in range(20):
        now = stage[0]
        row = np.array([now.catalogue.put(Item(f"new{at}", f"New {at}"))])
        vectors = {"text": feature(np.full(8, at + 1.0))}
        now.live.vectors.put(row, vectors)
        stage[0] = replace(now, live=now.live.grown(row, vectors))
        if at % 5 == 4:
            fitted = fitted_of("prism", data)
            live = Live.of(fitted, f"v{at}", now.catalogue, vectors=now.live.vectors)
            stage[0] = replace(now, live=live)
    stop.set()
    for each in readers:
        each.join()
    assert not failed
    assert versions
    last = recommend(stage[0], for_user("u3", k=100))
    assert last.version == "v19"
    assert {f"new{at}" for at in range(20)} <= set(ids(last))
