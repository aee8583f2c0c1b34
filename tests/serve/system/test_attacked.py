"""The attacks on a whole server: each is refused, tells nothing, and changes nothing."""

from __future__ import annotations

import re
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from prismrec.serve.database import Database
from serve.api.attacks import COOKIES, EVENT, TABLE, UPLOAD, Attack, chunks, files
from serve.system.running import Running, picture, start
from serve.system.whole import furnish, whole

INSIDE = ("Traceback", 'File "', "site-packages", ".py", "postgresql", "sqlite", "root:")
MARK = "zqxmark"  # in everything that is sent to the real process and may be nowhere in its log


@dataclass(frozen=True)
class Target:
    """A server, and keys for it."""

    client: Any
    keys: dict[str, str]
    database: Database
    inside: tuple[str, ...]  # what no answer may hold

    def send(self, attack: Attack) -> Any:
        headers = dict(attack.headers)
        if attack.who is not None:
            headers["Authorization"] = f"Bearer {self.keys[attack.who]}"
        return self.client.request(attack.method, attack.path, headers=headers, **attack.sent)

    def all(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys['all']}"}

    def state(self) -> list[Any]:
        """Everything that a client may change."""
        return [list(self.database.events()), [item for _, item in self.database.items()]]


def keys_in(database: Database) -> dict[str, str]:
    keys = {name: database.add_key(name, (name,)) for name in ("read", "write")}
    keys["all"] = database.add_key("all", ("read", "write", "admin"))
    keys["revoked"] = database.add_key("revoked", ("read",))
    keys["expired"] = database.add_key("expired", ("read",), expires=int(time.time()) - 1)
    keys["wrong"] = keys["all"][:-8] + "AAAAAAAA"
    database.revoke_key("revoked")
    return keys


@pytest.fixture(scope="module")
def target(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("attacked") / "own"))
    with whole(folder, upload_bytes=UPLOAD) as client:
        database = client.app.state.service.database
        found = Target(client, keys_in(database), database, (str(folder), "whole.sqlite"))
        furnish(client, found.all())
        yield found


@pytest.fixture(scope="module")
def process(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("process") / "own"))
    more = {"PRISMREC_UPLOAD_BYTES": str(UPLOAD), "PRISMREC_BODY_SECONDS": "0.5"}
    server = start(folder / "prism", folder / "shop", log=folder / "log", more=more)
    yield server
    server.kill()


def sent(attack: Attack) -> Attack:
    """The attack with a real picture where the fake server takes anything, and whole bodies."""
    if attack.name == "chunked":  # may have been sent before
        return replace(attack, sent={"content": chunks(2_000_000)})
    if attack.name != "file name":
        return attack
    data = picture(np.random.default_rng(0), 0)
    return replace(attack, sent=files("../../../etc/cron.d/x", data), status=(200, 201, 202))


def harmless(target: Target, attack: Attack, got: Any) -> None:
    """The answer tells nothing, and the next request is answered."""
    heads = "\n" + "\n".join(f"{name}: {value}" for name, value in got.headers.items())
    text = got.text if not got.headers.get("content-type", "").startswith("image/") else ""
    for word in (*INSIDE, *target.inside, *attack.absent, *target.keys.values()):
        assert word.lower() not in (text + heads).lower(), word
    if got.is_error:
        assert got.headers["content-type"] == "application/problem+json"
    alive = target.client.get("/v1/users/ann/recommendations", headers=target.all())
    assert alive.status_code == 200, alive.text


@pytest.mark.parametrize("attack", [a for _, a in TABLE], ids=[name for name, _ in TABLE])
def test_attack(target: Target, attack: Attack) -> None:
    target.client.app.state.attempts.failures.clear()
    before = target.state()
    got = target.send(sent(attack))
    status = sent(attack).status
    assert got.status_code in (status if isinstance(status, tuple) else (status,)), got.text[:300]
    harmless(target, attack, got)
    if got.is_error:
        assert target.state() == before


@pytest.mark.parametrize("attack", COOKIES, ids=[attack.name for attack in COOKIES])
def test_foreign_pages(target: Target, attack: Attack) -> None:
    before = target.state()
    body = {"json": EVENT} if attack.method == "POST" else {}
    target.client.cookies.set("prismrec_key", target.keys["all"])
    try:
        got = target.client.request(attack.method, attack.path, headers=attack.headers, **body)
    finally:
        target.client.cookies.clear()
    assert got.status_code == 403
    assert target.state() == before


SOCKET = {
    "bytes": b"\x00\x01\x02\r\n\r\n",
    "two lengths": b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Content-Length: 6\r\n\r\nabcdef",
    "length and chunks": b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/status HTTP/1.1\r\n\r\n",
    "odd chunks": b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: xchunked\r\nContent-Type: application/json\r\n\r\n0\r\n\r\n",
    "size of a chunk": b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nffffffffffffffffff\r\n",
    "two hosts": b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "proxy": b"GET http://evil.example/v1/items HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "large head": b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\nX: "
    + b"a" * 300_000
    + b"\r\n\r\n",
    "many heads": b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 30_000 + b"\r\n",
    "slow body": b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n"
    b"Content-Type: application/json\r\n\r\n{",
    "slow form": b"PUT /v1/items/v HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n",
}


def talk(port: int, raw: bytes) -> bytes:
    """What comes back until the server closes, or is silent."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
        try:
            line.sendall(raw)
            while got := line.recv(65536):
                answer += got
        except OSError:  # silent, or closed while we still wrote
            pass
    return answer


@pytest.mark.parametrize("name", SOCKET)
def test_on_a_socket(process: Running, name: str) -> None:
    answer = talk(int(process.address.rpartition(":")[2]), SOCKET[name])
    statuses = re.findall(rb"HTTP/1\.1 (\d+) ", answer)
    assert all(status[:1] == b"4" for status in statuses), answer[:200]
    if name.startswith("slow"):
        assert statuses == [b"408"]
    if name == "many heads":  # though they come in one piece
        assert statuses == [b"431"]
    for word in INSIDE:
        assert word.encode() not in answer
    assert httpx.get(f"{process.address}/health/live").status_code == 200
    listed = httpx.get(f"{process.address}/v1/users/u0/recommendations")
    assert listed.status_code == 200 and listed.json()["items"]


def test_heads_alone(process: Running) -> None:
    with httpx.Client(base_url=process.address) as client:  # one connection: no byte is left over
        for path in ("/", "/health/ready", "/v1/items", "/v1/items/i1", "/v1/items/i1/image"):
            got, head = client.get(path), client.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert int(head.headers["content-length"]) == int(got.headers["content-length"])


@pytest.mark.slow
def test_the_log_names_nobody(process: Running) -> None:
    """With the table of attacks and everything else sent, all of it with a mark."""
    with httpx.Client(base_url=process.address, timeout=30) as client:
        for attack in (sent(each) for _, each in TABLE if each.name != "declared"):
            headers = attack.headers | {"User-Agent": MARK, "Referer": f"http://{MARK}.example/"}
            path = attack.path + (f"&{MARK}=1" if "?" in attack.path else f"?{MARK}=1")
            try:
                client.request(attack.method, path, headers=headers, **attack.sent)
            except httpx.TransportError:
                continue  # what no client of good manners can send
        _use(client)
    told = process.log.read_text()
    assert len(told.splitlines()) > len(TABLE) // 2
    for word in (MARK, "127.0.0.1:", "rug-2", "evil.example", "passwd", "prk_", "Traceback"):
        lines = [line for line in told.splitlines() if word in line and '"serving"' not in line]
        assert not lines, lines[:3]


def _use(client: httpx.Client) -> None:
    """Ask for everything once, with marks."""
    data = picture(np.random.default_rng(0), 0)
    form = {
        "item": (None, f'{{"title": "{MARK}", "text": "{MARK}", "columns": {{"by": "{MARK}"}}}}'),
        "image": (f"{MARK}.png", data, "image/png"),
    }
    item, user = f"{MARK}-item", f"{MARK}-user"
    assert client.put(f"/v1/items/{item}", files=form).status_code in (201, 202)
    event = {"user": user, "item": item, "event": "like", "id": f"{MARK}-event"}
    assert client.post("/v1/events", json=event).status_code == 200
    ask = {"people": [{"user": user, "history": [item, f"{MARK}-none"]}]}
    client.post("/v1/recommendations", json=ask)
    client.post("/v1/explanations", json={"person": {"user": user}, "item": item})
    for path in (
        f"/v1/users/{user}/recommendations",
        f"/v1/items/{item}/similar",
        f"/v1/items/{item}/image",
        f"/v1/items/{item}/audio",
        f"/v1/items?text={MARK}&by={MARK}",
        f"/v1/search?text={MARK}",
        f"/v1/users?text={MARK}",
        f"/{MARK}",
    ):
        assert client.get(path).status_code < 500 or "search" in path
    client.post("/session", json={"key": f"prk_{MARK}"})
    client.get("/v1/items", headers={"Authorization": f"Bearer prk_{MARK}"})
    client.post(f"/v1/models/{MARK}/activate")
    broken = {**form, "image": (f"{MARK}.png", data[:40] + MARK.encode(), "image/png")}
    assert client.put(f"/v1/items/{item}", files=broken).status_code == 422
    assert client.delete(f"/v1/items/{item}").status_code == 200
