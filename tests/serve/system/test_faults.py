"""What a server does while something it depends on is broken, and once that is mended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import prismrec as pr
from prismrec.serve.api.app import create_app
from prismrec.serve.database import opening
from prismrec.serve.service import Service
from prismrec.serve.settings import read_settings
from serve.postgres import Postgres
from serve.system.running import picture

Opened = Callable[..., TestClient]
EVENT = {"user": "eve", "item": "i1", "event": "like"}


@pytest.fixture
def opened(own: Path) -> Iterator[Opened]:
    """A client of a whole server within this process; `app.state.service` is its service."""
    with ExitStack() as open_now:

        def open_one(model: str = "prism", **settings: Any) -> TestClient:
            given = {"page": False, "rate_read": 1e6, "rate_write": 1e6, **settings}
            service = Service.open(own / model, pr.read(own / "shop"), read_settings(given))
            open_now.callback(service.close)
            client = TestClient(create_app(service), base_url="http://localhost")
            assert service.reading.wait(60)
            return open_now.enter_context(client)

        yield open_one


def listed(client: TestClient, user: str, k: int = 10) -> list[str]:
    answer = client.get(f"/v1/users/{user}/recommendations", params={"k": k})
    assert answer.status_code == 200, answer.text
    return [each["item"] for each in answer.json()["items"]]


def put(client: TestClient, item: str) -> Any:
    files = {
        "item": (None, b'{"title": "Loaf", "text": "warm bread"}', "application/json"),
        "image": ("a.png", picture(np.random.default_rng(1), 0, side=200), "image/png"),
    }
    return client.put(f"/v1/items/{item}", files=files)


def test_a_full_disk_refuses_writes_and_reads_go_on(opened: Opened, tmp_path: Path) -> None:
    client = opened(database=f"sqlite:///{tmp_path / 'full.sqlite'}")
    service: Service = client.app.state.service

    def limit(pages: int) -> int:
        def job(connection: Any) -> int:
            now = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages or now}")
            return int(now)

        return service.database._writer.write(job)

    limit(0)  # not one page more
    many = {"events": [{**EVENT, "user": f"eve{n}" * 20} for n in range(200)]}
    refused = client.post("/v1/events", json=many)
    assert (refused.status_code, refused.json()["title"]) == (507, "Insufficient Storage")
    assert put(client, "loaf").status_code == 507
    assert listed(client, "u0")
    assert client.get("/v1/items/loaf").status_code == 404  # nothing half done
    limit(1_000_000)
    assert client.post("/v1/events", json=many).json()["stored"] == 200
    assert put(client, "loaf").status_code in (201, 202)


def test_a_database_that_goes_away_and_comes_back(
    opened: Opened, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = opened(database=postgres.database(), poll_seconds=0.05)
    assert client.post("/v1/events", json=EVENT).json()["stored"] == 1
    before = listed(client, "eve")
    postgres.stop()
    try:
        refused = client.post("/v1/events", json={**EVENT, "item": "i3"})
        assert refused.status_code == 503
        assert int(refused.headers["retry-after"]) > 0
        assert put(client, "loaf").status_code == 503
        assert client.get("/health/ready").status_code == 503
        assert client.get("/health/live").status_code == 200
        assert listed(client, "eve") == before  # from memory, and without what was refused
    finally:
        postgres.start()
    again = client.post("/v1/events", json={**EVENT, "item": "i3"})
    assert again.json() == {"stored": 1, "duplicates": 0}
    assert "i3" not in listed(client, "eve", 40)
    assert client.get("/health/ready").status_code == 200


def test_two_servers_of_one_database_know_of_each_other(opened: Opened, postgres: Postgres) -> None:
    address = postgres.database()
    one, two = (opened(database=address, poll_seconds=0.05) for _ in range(2))
    one.post("/v1/events", json=EVENT)
    assert put(one, "loaf").status_code in (201, 202)
    seen = threading.Event()
    for _ in range(400):
        if "i1" not in listed(two, "eve", 60) and "loaf" in listed(two, "u0", 60):
            seen.set()
            break
        threading.Event().wait(0.02)
    assert seen.is_set()
    counted = two.get("/v1/users", params={"text": "eve"}).json()["users"]
    assert counted == [{"user": "eve", "events": 1}]
    assert two.delete("/v1/items/loaf").status_code == 200
    for _ in range(400):
        if one.get("/v1/items/loaf").status_code == 404:
            break
        threading.Event().wait(0.02)
    assert "loaf" not in listed(one, "u0", 60)
    events = one.get("/v1/users", params={"text": "eve"}).json()["users"]
    assert events == [{"user": "eve", "events": 1}]  # its own, told by the database, not twice


class Slow:
    """An encoder that waits until it is let go."""

    def __init__(self, inner: Any, go: threading.Event) -> None:
        self._inner, self._go = inner, go

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __call__(self, media: Any) -> Any:
        assert self._go.wait(60)
        return self._inner(media)


def test_a_slow_encoder_delays_its_own_item_only(opened: Opened) -> None:
    client = opened(encode_wait=0.05)
    service: Service = client.app.state.service
    go = threading.Event()
    readers = service.intake.readers
    service.intake.readers.encoders["image"] = Slow(readers.encoders["image"], go)  # type: ignore[index]
    answer = put(client, "loaf")
    assert (answer.status_code, "image" in answer.json()["pending"]) == (202, True)
    assert client.post("/v1/events", json=EVENT).status_code == 200
    assert listed(client, "eve")
    assert "image" in client.get("/v1/items/loaf").json()["pending"]
    assert service.status()["queue"]["waiting"] >= 1
    go.set()
    for _ in range(1000):
        if client.get("/v1/items/loaf").json()["encoded"] == ["image", "text"]:
            break
        threading.Event().wait(0.02)
    assert "loaf" in listed(client, "u0", 20)


def test_everything_told_is_there_after_a_start(opened: Opened, address: str) -> None:
    client = opened(database=address, encode_wait=60.0)
    client.post("/v1/events", json=EVENT)
    assert put(client, "loaf").status_code == 201
    assert client.delete("/v1/items/i5").status_code == 200
    before = listed(client, "u0", 40)
    client.app.state.service.close()
    again = opened(database=address)
    assert again.app.state.service.encoded.wait(60)
    assert listed(again, "u0", 40) == before
    assert "loaf" in before and "i5" not in before
    assert again.get("/v1/items/loaf/image").headers["content-type"] == "image/webp"
    assert "i1" not in listed(again, "eve", 40)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases that are away are given up sooner."""
    monkeypatch.setattr(opening, "PATIENCE", 2.0)
