"""Attacks, each with the status that answers it; none learns anything, and others go on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from prismrec.serve.api import create_app
from serve.api.attacks import COOKIES, EVENT, TABLE, UPLOAD, Attack, files
from serve.api.fake import FakeService

# Nothing that tells of the inside may be in an answer.
INSIDE = (
    "Traceback",
    'File "',
    "site-packages",
    ".py",
    "/srv",
    "/etc/shadow",
    "postgresql",
    "sqlite",
)


@dataclass(frozen=True)
class Target:
    client: TestClient
    fake: FakeService
    keys: dict[str, str]

    def send(self, attack: Attack, headers: dict[str, str] | None = None) -> Any:
        headers = {**attack.headers, **(headers or {})}
        if attack.who is not None:
            headers["Authorization"] = f"Bearer {self.keys[attack.who]}"
        return self.client.request(attack.method, attack.path, headers=headers, **attack.sent)


def made() -> Target:
    fake = FakeService(page=False, upload_bytes=UPLOAD, rate_read=1e6, rate_write=1e6)
    database = fake.database
    keys = {name: database.add_key(name, (name,)) for name in ("read", "write")}
    keys["all"] = database.add_key("all", ("read", "write", "admin"))
    keys["revoked"] = database.add_key("revoked", ("read",))
    keys["expired"] = database.add_key("expired", ("read",), expires=int(time.time()) - 1)
    keys["wrong"] = keys["all"][:-8] + "AAAAAAAA"
    database.revoke_key("revoked")
    client = TestClient(create_app(fake), base_url="http://localhost")
    return Target(client, fake, keys)


@pytest.fixture
def target() -> Iterator[Target]:
    found = made()
    with found.client:
        yield found


def harmless(target: Target, attack: Attack, got: Any) -> None:
    """The answer tells nothing, and the next request is answered."""
    whole = got.text + "\n" + "\n".join(f"{n}: {v}" for n, v in got.headers.items())
    for word in (*INSIDE, *attack.absent):
        assert word.lower() not in whole.lower(), word
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in got.headers["content-security-policy"]
    if got.is_error:
        assert got.headers["content-type"] == "application/problem+json"
        assert set(got.json()) <= {"type", "title", "status", "detail", "request_id", "errors"}
    alive = {"Authorization": f"Bearer {target.keys['all']}"}
    assert target.client.get("/v1/users/ann/recommendations", headers=alive).status_code == 200


@pytest.mark.parametrize("attack", [a for _, a in TABLE], ids=[name for name, _ in TABLE])
def test_attack(target: Target, attack: Attack) -> None:
    before, events = dict(target.fake.items), list(target.fake.events)
    got = target.send(attack)
    expected = attack.status if isinstance(attack.status, tuple) else (attack.status,)
    assert got.status_code in expected, got.text[:300]
    harmless(target, attack, got)
    if got.is_error:
        assert target.fake.items == before and target.fake.events == events


def test_there_are_enough() -> None:
    assert len(TABLE) + len(COOKIES) >= 100
    assert len({name for name, _ in TABLE}) == len(TABLE)


@pytest.mark.parametrize("attack", COOKIES, ids=[attack.name for attack in COOKIES])
@pytest.mark.parametrize("keyless", [False, True], ids=["cookie", "open"])
def test_foreign_pages(target: Target, attack: Attack, keyless: bool) -> None:
    sent = {"json": EVENT} if attack.method == "POST" else {}
    if keyless:
        target.fake.database.held.clear()
    else:
        target.client.cookies.set("prismrec_key", target.keys["all"])
    got = target.client.request(attack.method, attack.path, headers=attack.headers, **sent)
    assert got.status_code == 403 and not target.fake.events
    assert len(target.fake.items) == 3
    same = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert target.client.post("/v1/events", json=EVENT, headers=same).status_code == 200
    assert target.client.post("/v1/events", json=EVENT).status_code == 200  # no browser


def test_guessing_keys(target: Target) -> None:
    target.fake.database.asked = 0
    statuses = []
    for n in range(40):
        token = f"prk_{n:012x}_{'A' * 43}"
        shown = {"Authorization": f"Bearer {token}", "X-Forwarded-For": f"10.0.0.{n}"}
        got = target.client.get("/v1/items", headers=shown)
        statuses.append(got.status_code)
    assert statuses[:6] == [401] * 6
    assert set(statuses[6:]) == {429}
    assert int(got.headers["retry-after"]) >= 1
    assert target.fake.database.asked <= 5  # once a second at most, however many guess
    harmless(target, Attack("guess", "GET", "/v1/items", 429), got)  # who has a key goes on


def test_guessing_by_signing_in(target: Target) -> None:
    wrong = {"key": f"prk_{'0' * 12}_{'A' * 43}"}
    statuses = [target.client.post("/session", json=wrong).status_code for _ in range(10)]
    assert statuses == [401] * 6 + [429] * 4


def test_an_answer_is_repeated_to_its_own_key_only(target: Target) -> None:
    target.keys["other"] = target.fake.database.add_key("other", ("write",))
    sent = {"headers": {"Idempotency-Key": "k"}, "sent": {"json": EVENT}}
    mine = Attack("", "POST", "/v1/events", 200, who="write", **sent)
    other = Attack("", "POST", "/v1/events", 200, who="other", **sent)
    assert "idempotency-replayed" not in target.send(mine).headers
    assert "idempotency-replayed" not in target.send(other).headers
    assert target.send(mine).headers["idempotency-replayed"] == "true"
    assert len(target.fake.events) == 2


def test_names_that_hold_markup_stay_names(target: Target) -> None:
    """They are stored, and given back as JSON that no browser takes for a page."""
    target.fake.database.held.clear()
    markup = '<img src=x onerror="alert(1)">'
    assert target.client.post("/v1/events", json={**EVENT, "user": markup}).is_success
    assert target.client.put("/v1/items/m", json={"title": markup}).status_code == 201
    got = target.client.get("/v1/items/m")
    assert got.json()["title"] == markup
    assert got.headers["content-type"] == "application/json"


def test_names_of_downloads(target: Target) -> None:
    target.fake.database.held.clear()
    odd = 'a";filename="b.html'
    path = "/v1/items/a%22;filename=%22b.html"
    assert target.client.put(path, **files("x", b"\x89PNG")).status_code == 201
    got = target.client.get(f"{path}/image")
    assert got.headers["content-disposition"].startswith('inline; filename="a__filename__b.html"; ')
    assert odd not in got.headers["content-disposition"]


def test_the_cookie_is_out_of_reach(make_client: Any) -> None:
    for https, name in ((False, "prismrec_key"), (True, "__Host-prismrec")):
        client = make_client(https=https)
        key = client.app.state.service.database.add_key("page", ("read",))
        got = client.post("/session", json={"key": key})
        assert got.status_code == 200
        cookie = got.headers["set-cookie"]
        assert cookie.startswith(f"{name}=") and "Path=/" in cookie and "Domain" not in cookie
        assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
        assert ("Secure" in cookie) == https
        assert ("strict-transport-security" in got.headers) == https
        assert key not in got.text
