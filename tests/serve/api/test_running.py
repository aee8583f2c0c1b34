"""The app on a real port: start, bodies that do not come, the end; and the commands."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from prismrec.cli.keys import keys
from prismrec.errors import BadData
from prismrec.serve.api.running import listening
from prismrec.serve.settings import read_settings

SERVER = """
import sys
sys.path.insert(0, sys.argv[1])
from prismrec.serve.api.logs import start_logging
from prismrec.serve.api.running import run
from serve.api.fake import FakeService

import time
from prismrec.serve.api import heads

heads.SECONDS = 1.0
fake = FakeService(page=False, port=0, body_seconds=0.5, upload_bytes=100_000, stop_seconds=10)
fake.close = lambda: print("closed", flush=True)
facets = fake.facets
fake.facets = lambda: time.sleep(1.0) or facets()
start_logging("info")
run(fake, fake.settings, started=lambda address: print(address, flush=True))
print("torch" in sys.modules, flush=True)
"""


class Server:
    """A server in a process of its own."""

    def __init__(self) -> None:
        tests = str(Path(__file__).parents[2])
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error::RuntimeWarning", "-c", SERVER, tests],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.address = self.said()
        self.port = int(self.address.rpartition(":")[2])

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def talk(self, raw: bytes, *, wait: float = 10.0) -> bytes:
        """What comes back for some bytes until the server closes, or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as line:
            line.sendall(raw)
            answer = b""
            try:
                while got := line.recv(65536):
                    answer += got
            except TimeoutError:
                pass
            return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.process.kill()
    made.process.communicate()


def test_it_answers(server: Server) -> None:
    got = httpx.get(f"{server.address}/v1/items/a%2Fb%20c")
    assert got.json()["item"] == "a/b c"
    assert "server" not in got.headers
    got = httpx.put(f"{server.address}/v1/items/x%252Fy", json={"title": "t"})
    assert got.json()["item"] == "x%2Fy"


def test_a_body_that_does_not_come(server: Server) -> None:
    head = (
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 50\r\n\r\n"
    )
    answer = server.talk(head + b'{"user": ')
    assert answer.startswith(b"HTTP/1.1 408 ") and b"connection: close" in answer.lower()
    assert httpx.get(f"{server.address}/health/live").status_code == 200


def test_heads_that_do_not_come(server: Server) -> None:
    for raw in (b"", b"GET /v1/items HTTP/1.1\r\nHost: local"):
        begun = time.monotonic()
        assert server.talk(raw) == b""
        assert time.monotonic() - begun < 8
    with httpx.Client(base_url=server.address) as client:  # one connection, for longer than that
        for _ in range(3):
            assert client.get("/health/live").status_code == 200
            time.sleep(0.6)


def test_heads_that_are_too_large(server: Server) -> None:
    start = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    many = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(30))
    assert server.talk(start + many + b"\r\n").startswith(b"HTTP/1.1 200 ")
    for more in (b"X: " + b"a" * 2_000_000, many * 100, b"a" * 2_000_000):
        try:
            answer = server.talk(start + more + b"\r\n\r\n")
        except OSError:
            continue  # closed while the client still writes
        assert answer[:13] in (b"", b"HTTP/1.1 431 ", b"HTTP/1.1 400 ")
    assert httpx.get(f"{server.address}/health/live").status_code == 200


def test_chunks(server: Server) -> None:
    def pieces(n: int, size: int) -> Iterator[bytes]:
        yield b'{"user": "ann", "item": "rug-2", "event": "like"'
        for _ in range(n):
            yield b" " * size
        yield b"}"

    kind = {"Content-Type": "application/json"}
    got = httpx.post(f"{server.address}/v1/events", content=pieces(5000, 100), headers=kind)
    assert got.status_code == 200
    with pytest.raises(httpx.TransportError):  # more frame than picture
        httpx.post(f"{server.address}/v1/events", content=pieces(60_000, 1), headers=kind)


def test_bodies_that_are_too_large(server: Server) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(3000):
            yield b"x" * 1000

    kind = {"Content-Type": "application/json"}
    got = httpx.post(f"{server.address}/v1/events", content=b"x" * 3_000_000, headers=kind)
    assert got.status_code == 413  # the client can read why
    try:
        got = httpx.post(f"{server.address}/v1/events", content=endless(), headers=kind)
        assert got.status_code == 413
    except httpx.TransportError:
        pass  # the connection is closed while the client still writes
    assert httpx.get(f"{server.address}/health/live").status_code == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/status HTTP/1.1\r\n\r\n",
        b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"GET /v1/items HTTP/1.1\r\nHost: localhost\r\nX: a\nSet-Cookie: b\r\n\r\n"[:-2]
        + b"\x00\r\n\r\n",
        b"GET /v1/items HTTP/1.1\r\n\r\n",
        b"CONNECT evil.example:80 HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/v1/items HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ],
    ids=[
        "bytes",
        "version",
        "length",
        "smuggling",
        "two-hosts",
        "NUL",
        "no-host",
        "connect",
        "proxy",
    ],
)
def test_odd_requests(server: Server, raw: bytes) -> None:
    answer = server.talk(raw, wait=1.0)
    assert answer == b"" or answer.split(b" ")[1][:1] == b"4", answer[:200]
    assert b"Traceback" not in answer
    assert httpx.get(f"{server.address}/health/live").status_code == 200


def test_it_ends_after_what_was_begun() -> None:
    server = Server()
    got: list[int] = []
    asking = threading.Thread(
        target=lambda: got.append(httpx.get(f"{server.address}/v1/facets", timeout=20).status_code)
    )
    asking.start()
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)
    asking.join(20)
    out, err = server.process.communicate(timeout=20)
    assert got == [200]
    assert out.split() == ["closed", "False"]  # no torch
    assert server.process.returncode == 0
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["message"] for line in lines] == ["serving", "request", "stopped"]


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = read_settings({"port": taken.getsockname()[1]})
        with pytest.raises(BadData, match="it is taken; choose another with --port"):
            listening(settings)
    with pytest.raises(BadData, match="cannot listen on"):
        listening(read_settings({"host": "no.such.host.invalid"}))


def test_keys_on_the_command_line(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    run = CliRunner().invoke
    made = run(keys, ["add", "shop", "--scopes", "read, write", "--database", url, "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    assert told["key"].startswith("prk_") and told["scopes"] == ["read", "write"]
    assert run(keys, ["add", "old", "--days", "1", "--database", url]).stdout.startswith("prk_")
    listed = run(keys, ["list", "--database", url, "--json"])
    assert told["key"][20:] not in listed.stdout
    states = {each["name"]: each["state"] for each in json.loads(listed.stdout)["keys"]}
    assert states == {"shop": "in use", "old": "in use"}
    assert run(keys, ["revoke", "shop", "--database", url]).exit_code == 0
    listed = run(keys, ["list", "--database", url])
    assert "revoked" in listed.stdout
    assert run(keys, ["add", "x", "--scopes", "all", "--database", url]).exit_code == 2
    for wrong in (["revoke", "none", "--database", url], ["add", "shop", "--database", url]):
        assert run(keys, wrong).exit_code == 1
    assert "--shop SHOP" in str(run(keys, ["list"], env={"PRISMREC_DATABASE": ""}).exception)
