"""What a server is told counts in the very next answer, whoever is asked for."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest

from serve.system.running import listed, picture, served


@pytest.fixture(scope="module")
def client(made: Path, tmp_path_factory: pytest.TempPathFactory) -> httpx.Client:
    folder = tmp_path_factory.mktemp("told")
    database = f"sqlite:///{folder / 'told.sqlite'}"
    patient = {"PRISMREC_ENCODE_WAIT": "60"}  # the encoders are still being opened
    with served(
        made / "prism", made / "shop", log=folder / "log", database=database, more=patient
    ) as client:
        yield client


def put(client: httpx.Client, item: str, kind: int, **more: str) -> httpx.Response:
    about = ("warm bread from the oven", "ships on the cold sea")[kind]
    body = httpx.Request("POST", "http://x", json={"title": f"New {item}", "text": about, **more})
    files = {
        "item": (None, body.content, "application/json"),
        "image": ("a.png", picture(np.random.default_rng(7), kind), "image/png"),
    }
    return client.put(f"/v1/items/{item}", files=files)


@pytest.mark.parametrize("event", ["view", "click", "play", "cart", "like", "buy", "dislike"])
def test_an_event_changes_the_very_next_list(client: httpx.Client, event: str) -> None:
    user = f"told-{event}"
    first = listed(client, user)
    told = client.post("/v1/events", json={"user": user, "item": first[0], "event": event})
    assert told.json() == {"stored": 1, "duplicates": 0}
    assert first[0] not in listed(client, user, 40)


def test_a_taste_shows_after_two_clicks(client: httpx.Client) -> None:
    events = [{"user": "bea", "item": item, "event": "like"} for item in ("i1", "i3")]
    assert client.post("/v1/events", json={"events": events}).status_code == 200
    assert all(int(item[1:]) % 2 for item in listed(client, "bea", 5))


def test_a_posted_item_is_recommended_to_the_right_people_at_once(client: httpx.Client) -> None:
    answer = put(client, "loaf", 0)
    assert answer.status_code == 201
    assert answer.json()["encoded"] == ["image", "text"]
    assert "loaf" in listed(client, "u0", 20)
    assert "loaf" not in listed(client, "u1", 10)
    near = client.get("/v1/items/loaf/similar", params={"modality": "image", "k": 5}).json()
    assert all(int(each["item"][1:]) % 2 == 0 for each in near["items"])

    assert put(client, "loaf", 1).status_code == 200  # it turns out to be a ship
    assert "loaf" in listed(client, "u1", 20)
    assert client.delete("/v1/items/loaf").status_code == 200
    assert "loaf" not in listed(client, "u1", 200)
    assert client.get("/v1/items/loaf").status_code == 404
    assert put(client, "loaf", 0).status_code == 201
    assert "loaf" in listed(client, "u0", 20)


def test_a_posted_item_is_in_histories_too(client: httpx.Client) -> None:
    put(client, "schooner", 1)
    told = {"user": "cat", "item": "schooner", "event": "buy"}
    assert client.post("/v1/events", json=told).status_code == 200
    assert all(int(item[1:]) % 2 for item in listed(client, "cat", 5) if item.startswith("i"))


def test_what_is_unknown_is_refused_as_a_whole(client: httpx.Client) -> None:
    events = [
        {"user": "dan", "item": "i1", "event": "like"},
        {"user": "dan", "item": "nothing", "event": "like"},
    ]
    refused = client.post("/v1/events", json={"events": events})
    assert refused.status_code == 404 and "nothing" in refused.json()["detail"]
    users = client.get("/v1/users", params={"text": "dan"}).json()
    assert users["total"] == 0
