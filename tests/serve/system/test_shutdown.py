"""A server that is told to stop finishes what was begun, and what it acknowledged is kept."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest

from serve.system.running import Running, listed, picture, served, start

pytestmark = pytest.mark.slow

BEGUN = 12  # requests that are under way
SECONDS = 30.0


class Begun:
    """A request of which half was sent."""

    def __init__(self, port: int, head: str, body: bytes) -> None:
        self.line = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        length = f"Content-Length: {len(body)}\r\n"
        start = f"{head}\r\nHost: localhost\r\n{length}\r\n".encode()
        self.rest = body[len(body) // 2 :]
        self.line.sendall(start + body[: len(body) // 2])

    def finish(self) -> tuple[int, dict[str, object]]:
        """Send the rest; returns the status and the body, which has the length that was told."""
        self.line.sendall(self.rest)
        answer = b""
        while got := self.line.recv(65536):
            answer += got
        self.line.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode().lower().splitlines()
        told = next(line for line in lines if line.startswith("content-length:"))
        assert int(told.split(":")[1]) == len(body)
        return int(lines[0].split()[1]), json.loads(body)


def half_sent(port: int) -> list[Begun]:
    """Events and items with pictures."""
    found = []
    for number in range(BEGUN):
        if number % 2:
            event = {"user": f"eve-{number}", "item": "i1", "event": "like"}
            head = "POST /v1/events HTTP/1.1\r\nContent-Type: application/json"
            found.append(Begun(port, head, json.dumps(event).encode()))
            continue
        data = picture(np.random.default_rng(number), 0, side=64)
        body = (
            b'--b\r\nContent-Disposition: form-data; name="item"\r\n\r\n{"title": "Loaf"}\r\n'
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
            + data
            + b"\r\n--b--\r\n"
        )
        head = (
            f"PUT /v1/items/loaf-{number} HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=b"
        )
        found.append(Begun(port, head, body))
    return found


def in_flight(client: httpx.Client) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(s for s in lines if s.startswith("prismrec_requests_in_flight")).split()[1])


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def test_told_to_stop_while_it_works(own: Path, tmp_path: Path, stack: ExitStack) -> None:
    log = tmp_path / "log"
    server = start(own / "prism", own / "shop", log=log)
    stack.callback(server.process.kill)
    begun = half_sent(int(server.address.rpartition(":")[2]))
    with httpx.Client(base_url=server.address) as client:
        end = time.monotonic() + SECONDS
        while in_flight(client) < BEGUN:
            assert time.monotonic() < end
            time.sleep(0.02)
    server.process.send_signal(signal.SIGTERM)
    wait_until_closed(server)
    answers = [each.finish() for each in begun]
    server.process.communicate(timeout=SECONDS)
    assert server.process.returncode == 0
    assert all(status in (200, 201, 202) for status, _ in answers), answers
    told = log.read_text()
    assert "Traceback" not in told and '"message": "stopped"' in told.splitlines()[-1]
    with served(own / "prism", own / "shop", log=log) as client:
        for number in range(BEGUN):
            if number % 2:
                assert "i1" not in listed(client, f"eve-{number}", 60)
                found = client.get("/v1/users", params={"text": f"eve-{number}"}).json()["users"]
                assert {"user": f"eve-{number}", "events": 1} in found
            else:
                assert client.get(f"/v1/items/loaf-{number}/image").status_code == 200


def wait_until_closed(server: Running) -> None:
    """Until nobody new is let in: the server has begun to stop."""
    port = int(server.address.rpartition(":")[2])
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("it goes on to listen")


def test_told_to_stop_while_many_write(own: Path, tmp_path: Path, stack: ExitStack) -> None:
    """Every write that was acknowledged is there, and no answer is cut."""
    log = tmp_path / "log"
    server = start(own / "knn", own / "shop", log=log, more={"PRISMREC_PAGE": "false"})
    stack.callback(server.process.kill)
    known: dict[str, int] = {}
    cut: list[str] = []

    def write(user: str) -> None:
        with httpx.Client(base_url=server.address, timeout=SECONDS) as client:
            for number in range(100_000):
                body = {"user": user, "item": f"i{number % 40}", "event": "view", "time": number}
                try:
                    answer = client.post("/v1/events", json=body)
                except httpx.TransportError as error:
                    if "peer closed" in str(error):  # after a part of an answer
                        cut.append(str(error))
                    return
                assert answer.json()["stored"] == 1
                known[user] = number + 1

    threads = [threading.Thread(target=write, args=(f"eve-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    while sum(known.values()) < 100:
        time.sleep(0.01)
    assert server.stop() == 0
    for thread in threads:
        thread.join(SECONDS)
    assert not cut
    with served(own / "knn", own / "shop", log=log) as client:
        found = client.get("/v1/users", params={"text": "eve-"}).json()["users"]
    assert len(known) == 4
    counted = {each["user"]: each["events"] for each in found}
    for user, n in known.items():
        assert counted[user] in (n, n + 1)  # the last may be stored though nobody heard of it


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_while_it_warms_up(own: Path, tmp_path: Path, number: int) -> None:
    for pause in (0.0, 0.3):
        log = tmp_path / f"log-{pause}"
        server = start(own / "prism", own / "shop", log=log)
        try:
            time.sleep(pause)
            server.process.send_signal(number)
            server.process.communicate(timeout=SECONDS)
        finally:
            server.process.kill()
        assert server.process.returncode == 0, log.read_text()
        assert "Traceback" not in log.read_text()
