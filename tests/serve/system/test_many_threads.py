"""Many who read, write, remove and roll back at once: no failure, and a restart changes nothing."""

from __future__ import annotations

import itertools
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from serve.system.running import N_ITEMS, listed, picture, served
from serve.system.test_versions_live import copy_over, version_of
from serve.system.whole import whole

pytestmark = pytest.mark.slow

THREADS, SECONDS = 8, 5.0
ITEMS = [f"new-{n}" for n in range(6)] + ["i0", "i1", "i2", "i3"]  # that all of them fight for
USERS = [f"eve-{n}" for n in range(6)]
QUICK = {"PRISMREC_POLL_SECONDS": "0.05", "PRISMREC_PAGE": "false", "PRISMREC_ENCODE_WAIT": "0.2"}
PATIENCE = 60.0
TIMES = itertools.count(2_000_000_000)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.05)


def put(client: httpx.Client, rng: random.Random) -> httpx.Response:
    data = picture(np.random.default_rng(rng.randrange(50)), rng.randrange(2))
    about = rng.choice(("warm bread", "cold sea", "ships"))
    form: dict[str, Any] = {"item": (None, f'{{"title": "New", "text": "{about}"}}')}
    if rng.random() < 0.7:
        form["image"] = ("a.png", data, "image/png")
    return client.put(f"/v1/items/{rng.choice(ITEMS)}", files=form)


def event(client: httpx.Client, rng: random.Random) -> httpx.Response:
    kind = rng.choice(("view", "like", "dislike"))
    body: dict[str, Any] = {"user": rng.choice(USERS), "item": f"i{rng.randrange(N_ITEMS)}"}
    body |= {"event": kind, "time": next(TIMES)}  # of one second, memory may have another order
    return client.post("/v1/events", json=body)


def change(client: httpx.Client, rng: random.Random, versions: list[str]) -> httpx.Response:
    if rng.random() < 0.5:
        return client.post("/v1/models/rollback")
    return client.post(f"/v1/models/{rng.choice(versions)}/activate")


def work(address: str, seed: int, versions: list[str], seen: Counter[tuple[str, int]]) -> None:
    """Do one thing after another until the time is over; counts what was answered."""
    rng = random.Random(seed)
    deeds: dict[str, Callable[[httpx.Client], httpx.Response]] = {
        "list": lambda c: c.get(f"/v1/users/{rng.choice(USERS)}/recommendations"),
        "similar": lambda c: c.get(f"/v1/items/{rng.choice(ITEMS)}/similar"),
        "describe": lambda c: c.get(f"/v1/items/{rng.choice(ITEMS)}"),
        "image": lambda c: c.get(f"/v1/items/{rng.choice(ITEMS)}/image"),
        "browse": lambda c: c.get("/v1/items", params={"text": "bread"}),
        "explain": lambda c: c.post(
            "/v1/explanations", json={"person": {"user": "u0"}, "item": rng.choice(ITEMS)}
        ),
        "status": lambda c: c.get("/v1/status"),
        "event": lambda c: event(c, rng),
        "put": lambda c: put(c, rng),
        "remove": lambda c: c.delete(f"/v1/items/{rng.choice(ITEMS)}"),
        "change": lambda c: change(c, rng, versions),
    }
    names = [*deeds, "event", "put", "list"]
    end = time.monotonic() + SECONDS
    with httpx.Client(base_url=address, timeout=60) as client:
        while time.monotonic() < end:
            name = rng.choice(names)
            try:
                status = deeds[name](client).status_code
            except httpx.HTTPError:
                status = 599
            seen[name, status] += 1


def state_of(client: httpx.Client, version: str) -> dict[str, Any]:
    """What the server holds with a version of the model, as a client can see it."""
    assert client.post(f"/v1/models/{version}/activate").status_code == 200
    wait_for(lambda: idle(client))
    browsed = client.get("/v1/items", params={"k": 100}).json()["items"]
    found = {user: listed(client, user, 100) for user in (*USERS, "u0", "u1")}
    # A mixture that placed an item anew, by other media, still scales the evidence by the places
    # it had before; after a start it has none of these, so that scores and with them places differ.
    # Items that no model knows stand last, in the order of their rows, which a start may change.
    by_media = any(each["encoded"] for each in browsed)
    order = {user: [i for i in mine if not i.startswith("new-")] for user, mine in found.items()}
    lists = {
        user: [sorted(mine), *([] if by_media else order[user])] for user, mine in found.items()
    }
    return {
        "lists": lists,
        "items": sorted(browsed, key=lambda each: str(each["item"])),
        "users": sorted(  # who came first within a moment, memory and database may see otherwise
            (each["user"], each["events"])
            for each in client.get("/v1/users", params={"text": "eve-"}).json()["users"]
        ),
        "version": version_of(client),
    }


def idle(client: httpx.Client) -> bool:
    told = client.get("/v1/status").json()
    return told["queue"]["waiting"] == 0 and told["database"]["media"] == "ready"


def test_many_threads(own: Path, tmp_path: Path) -> None:
    live = Path(shutil.copytree(own / "knn", own / "live"))
    seen: Counter[tuple[str, int]] = Counter()
    log = tmp_path / "log"
    with served(live, own / "shop", log=log, more=QUICK) as client:
        first = version_of(client)
        copy_over(own / "prism", live)
        wait_for(lambda: version_of(client) != first)
        versions = [first, version_of(client)]
        threads = [
            threading.Thread(target=work, args=(str(client.base_url), n, versions, seen))
            for n in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        failed = {what: n for what, n in seen.items() if what[1] >= 500 and what[1] != 503}
        assert not failed, (failed, log.read_text()[-3000:])
        done = {name for name, status in seen if status < 400}
        assert {"list", "event", "put", "remove", "change", "explain"} <= done
        before = [state_of(client, version) for version in versions]
    with served(live, own / "shop", log=log, more=QUICK) as client:
        assert version_of(client) == versions[1]  # as it was before the end
        after = [state_of(client, version) for version in versions]
    for one, other in zip(before, after, strict=True):
        for name in one:
            assert one[name] == other[name], (one["version"] == versions[1], name)
    assert "Traceback" not in log.read_text() and "request failed" not in log.read_text()


def test_an_item_that_changes_while_the_catalogue_is_read(own: Path, tmp_path: Path) -> None:
    """What was read before does not take the place of what was posted since."""
    rng = np.random.default_rng(0)
    red, blue = picture(rng, 0, side=32), picture(rng, 1, side=32)
    text = (None, '{"title": "Old", "text": "warm bread"}')

    def post(client: Any, item: str, data: bytes) -> None:
        form = {"item": text, "image": ("a.png", data, "image/png")}
        assert client.put(f"/v1/items/{item}", files=form).status_code in (200, 201)

    with whole(own, encode_wait=60.0) as client:
        service: Any = client.app.state.service
        post(client, "i0", red)
        post(client, "wanted", blue)
        inner = service.intake.features

        def slowly(shop: Any) -> Any:
            found = inner(shop)
            post(client, "i0", blue)
            post(client, "late", blue)
            return found

        service.intake.features = slowly
        service._encode_rest()
        service.intake.features = inner
        rows = [service.catalogue.rows[name] for name in ("i0", "wanted", "late")]
        wait_for(lambda: service.status()["queue"]["waiting"] == 0)
        vectors = service.stage.now.live.vectors
        wait_for(lambda: np.array_equal(*vectors.spaces["image"].values[rows[:2]]))
        assert vectors.spaces["image"].has(np.array(rows)).all()
        assert (service.stage.now.live.rows(np.array(rows)) >= 0).all()
