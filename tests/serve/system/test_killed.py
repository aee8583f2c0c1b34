"""A server that is killed while it is told things loses nothing that it acknowledged."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from serve.system.running import Running, start

TIMES, CLIENTS = 20, 4

pytestmark = pytest.mark.slow


@dataclass
class Sent:
    """What the clients sent, and what was acknowledged."""

    events: dict[str, tuple[str, str]] = field(default_factory=dict)  # key -> user, item
    items: dict[str, str] = field(default_factory=dict)  # item -> key
    known: set[str] = field(default_factory=set)  # keys that were acknowledged


def post(client: httpx.Client, sent: Sent, key: str) -> bool:
    """Send a write, for the first time or once more; whether it is acknowledged."""
    headers = {"Idempotency-Key": key}
    if key in sent.events:
        user, item = sent.events[key]
        body = {"user": user, "item": item, "event": "like", "time": 2_000_000_000}
        answer = client.post("/v1/events", json=body, headers=headers)
    else:
        item = next(name for name, each in sent.items.items() if each == key)
        body = {"title": f"New {item}", "text": "warm bread"}
        answer = client.put(f"/v1/items/{item}", json=body, headers=headers)
    assert answer.status_code in (200, 201, 202), answer.text
    sent.known.add(key)
    return True


def write_until_dead(server: Running, sent: Sent, lane: str) -> None:
    """Send one write after another until nobody answers."""
    with httpx.Client(base_url=server.address, timeout=10) as client:
        for number in range(10_000):
            key = f"{lane}-{number}"
            if number % 5 == 4:
                sent.items[f"new-{key}"] = key
            else:
                sent.events[key] = f"eve-{lane}", f"i{number % 40}"
            try:
                post(client, sent, key)
            except httpx.TransportError:
                return


def run_and_kill(model: Path, shop: Path, *, log: Path, sent: Sent, database: str = "") -> None:
    rng = random.Random(len(sent.known))
    server = start(model, shop, log=log, database=database, more={"PRISMREC_PAGE": "false"})
    lanes = [f"{len(sent.events)}-{lane}" for lane in range(CLIENTS)]
    threads = [
        threading.Thread(target=write_until_dead, args=(server, sent, lane)) for lane in lanes
    ]
    for thread in threads:
        thread.start()
    before = len(sent.known)
    while len(sent.known) < before + CLIENTS:  # killed in the midst of writes, not before them
        time.sleep(0.005)
    time.sleep(rng.uniform(0, 0.15))
    server.kill()
    for thread in threads:
        thread.join(30)


def check_nothing_is_lost(server: Running, sent: Sent) -> None:
    with httpx.Client(base_url=server.address, timeout=30) as client:
        doubtful = (sent.events.keys() | set(sent.items.values())) - sent.known
        known = set(sent.known)
        counted = {u["user"]: u["events"] for u in _users(client)}
        for lane in {user for user, _ in sent.events.values()}:
            mine = {key for key, (user, _) in sent.events.items() if user == lane}
            assert len(mine & known) <= counted.get(lane, 0) <= len(mine)
        for item, key in sent.items.items():
            if key in known:
                assert client.get(f"/v1/items/{item}").json()["title"] == f"New {item}"
        for key in sorted(doubtful):  # what was not acknowledged is sent again
            post(client, sent, key)
        counted = {u["user"]: u["events"] for u in _users(client)}
        for lane in {user for user, _ in sent.events.values()}:
            mine = {key for key, (user, _) in sent.events.items() if user == lane}
            assert counted[lane] == len(mine)  # none is lost, none is doubled


def _users(client: httpx.Client) -> list[dict[str, int | str]]:
    found: list[dict[str, int | str]] = []
    while True:
        page = client.get("/v1/users", params={"text": "eve-", "k": 200, "offset": len(found)})
        users = page.json()["users"]
        found += users
        if len(found) >= page.json()["total"] or not users:
            return found


def test_killed_while_it_writes(own: Path, address: str, tmp_path: Path) -> None:
    model, shop, log = own / "knn", own / "shop", tmp_path / "log"
    sent = Sent()
    for _ in range(TIMES):
        run_and_kill(model, shop, log=log, sent=sent, database=address)
    server = start(model, shop, log=log, database=address)
    try:
        check_nothing_is_lost(server, sent)
    finally:
        server.kill()
    assert len(sent.known) > TIMES * CLIENTS
