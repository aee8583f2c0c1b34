"""`openai:` against a server process on this machine that speaks the protocol, well and badly."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prismrec.data.interactions import Interactions
from prismrec.data.shop import Media, Shop
from prismrec.data.vocabulary import Vocabulary
from prismrec.encode import choose_encoders, encode_media
from prismrec.encoders.choice import encoder_of
from prismrec.encoders.endpoint import pace
from prismrec.encoders.endpoint.pace import Pace, wait_after, wait_asked_for
from prismrec.errors import BadData, BadMedia, BadModel, PrismrecError
from prismrec.store.memory import MemoryStore

KEY = "sk-very-secret"


def meant(text: str, dim: int = 6) -> list[float]:
    """The vector that the server has for a text."""
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:dim]]


@dataclass
class Server:
    """What was asked, and what is to be answered before the ordinary answers."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    trouble: list[Any] = field(default_factory=list)  # (status, headers, body), a body or a name
    refuse: str = ""  # a text that holds this is answered with 400
    most: int = 1000  # texts of a request; more are answered with 422
    turned: bool = True  # the vectors come in another order

    def texts(self) -> list[str]:
        return [text for body in self.asked for text in body["input"]]

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if self.trouble:
            status, headers, told = self.trouble.pop(0)
            return status, headers, told if isinstance(told, bytes) else json.dumps(told).encode()
        if len(body["input"]) > self.most:
            return 422, {}, b'{"detail": "batch too large"}'
        if self.refuse and any(self.refuse in text for text in body["input"]):
            return 400, {}, b'{"error": {"message": "I do not read this"}}'
        return 200, {}, json.dumps({"data": self.entries(body)}).encode()

    def entries(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        entries = []
        for place, text in enumerate(body["input"]):
            vector: Any = meant(text, body.get("dimensions", 6))
            if body["encoding_format"] == "base64":
                vector = base64.b64encode(np.array(vector, "<f4").tobytes()).decode()
            entries.append({"index": place, "object": "embedding", "embedding": vector})
        return entries[::-1] if self.turned else entries


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            state.asked.append(json.loads(raw))
            state.headers.append({k.lower(): v for k, v in self.headers.items()})
            if state.trouble and state.trouble[0] == "hang up":
                state.trouble.pop(0)
                self.close_connection = True
                return
            if self.path != "/v1/embeddings":
                status, headers, body = 404, {}, b'{"error": "no such path"}'
            else:
                status, headers, body = state.answer(json.loads(raw))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{running.server_port}/v1"
    yield state
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it would have waited; nobody waits here."""
    waits: list[float] = []
    monkeypatch.setattr(pace, "sleep", waits.append)
    return waits


def open_(server: Server, fields: str = "dimensions=6") -> Any:
    return encoder_of(f"openai:small@{server.url}?{fields}", "text")


TEXTS = ["a lamp", "红色的灯", "", "a red lamp", "x"]
MEDIA = [text.encode() for text in TEXTS]
MEANT = np.array([meant(text or " ") for text in TEXTS], np.float32)


@pytest.mark.parametrize("encoding", ["base64", "float"])
@pytest.mark.parametrize("turned", [True, False])
def test_vectors_come_in_the_order_of_the_texts(
    server: Server, encoding: str, turned: bool
) -> None:
    server.turned = turned
    encoder = open_(server, f"dimensions=6&encoding={encoding}&batch=2")
    assert encoder(MEDIA) == pytest.approx(MEANT)
    assert [len(body["input"]) for body in server.asked] == [2, 2, 1]
    assert server.asked[0] == {
        "model": "small", "input": TEXTS[:2], "encoding_format": encoding, "dimensions": 6,
    }  # fmt: skip
    assert encoder([]).shape == (0, 6)


def test_the_length_of_vectors_is_asked_for_once(server: Server) -> None:
    first, second = open_(server, "instruction=one%20"), open_(server, "instruction=one%20")
    assert first.dim == 6
    assert len(server.asked) == 1
    assert second.dim == 6
    assert len(server.asked) == 1
    assert "dimensions" not in server.asked[0]
    assert second([b"lamp"])[0] == pytest.approx(meant("one lamp"))


def test_it_waits_as_long_as_it_is_asked_to_and_tries_again(
    server: Server, slept: list[float]
) -> None:
    server.trouble = [
        (429, {"Retry-After": "7"}, {"error": {"message": "slow down"}}),
        (503, {}, b"<html>busy</html>"),
        "hang up",
        (200, {}, b'{"data": [{"index": 0, "emb'),
    ]
    assert open_(server)(MEDIA[:1]) == pytest.approx(MEANT[:1])
    assert len(server.asked) == 5
    assert slept[0] == 7
    assert 0.5 <= slept[1] <= 1
    assert 1 <= slept[2] <= 2
    assert 2 <= slept[3] <= 4


def test_it_gives_up_after_so_many_attempts(server: Server, slept: list[float]) -> None:
    server.trouble = [(500, {}, {"detail": "out of\nmemory"})] * 3
    with pytest.raises(BadModel, match=r"HTTP 500: out of memory; what was encoded is kept"):
        open_(server, "dimensions=6&retries=2")(MEDIA)
    assert len(slept) == 2


def test_an_endpoint_that_is_not_there(slept: list[float]) -> None:
    encoder = encoder_of("openai:small@http://127.0.0.1:9/v1?dimensions=6&retries=1", "text")
    with pytest.raises(BadModel, match="no connection"):
        encoder(MEDIA)
    assert len(slept) == 1


def test_silence_is_not_waited_for(server: Server) -> None:
    server.answer = lambda body: time.sleep(0.5) or (200, {}, b"{}")  # type: ignore[assignment]
    with pytest.raises(BadModel, match=r"no answer in 0\.05 seconds"):
        open_(server, "dimensions=6&retries=0&timeout=0.05")(MEDIA)


def test_a_quota_that_is_used_up_is_told_at_once(server: Server, slept: list[float]) -> None:
    server.trouble = [(429, {}, {"error": {"code": "insufficient_quota", "message": "pay"}})]
    with pytest.raises(BadModel, match="429: pay"):
        open_(server)(MEDIA)
    server.trouble = [(429, {"Retry-After": "86400"}, {"message": "tomorrow"})]
    with pytest.raises(BadModel, match="tomorrow, and asks for 86400 seconds"):
        open_(server)(MEDIA)
    assert slept == []


@pytest.mark.parametrize(
    ("told", "match"),
    [
        ({"data": [{"index": 0, "embedding": [1.0] * 6}]}, "2 texts with vectors for the places"),
        ({"data": [{"index": 0, "embedding": [1.0] * 6}] * 2}, r"the places \[0, 0\]"),
        ({"data": [{"embedding": [1.0] * n} for n in (6, 5)]}, r"\[5, 6\] values, not 6"),
        ({"data": [{"embedding": [1.0] * 5}] * 2}, r"\[5\] values, not 6"),
        ({"data": [{"embedding": [float("nan")] * 6}] * 2}, "not finite"),
        ({"data": [{"embedding": "?"}] * 2}, "no embeddings"),
        ({"data": [{}, {}]}, "no embeddings"),
        ([], "no embeddings"),
    ],
)  # fmt: skip
def test_answers_are_checked(server: Server, told: Any, match: str) -> None:
    server.trouble = [(200, {}, told)]
    with pytest.raises(BadModel, match=match):
        open_(server)(MEDIA[:2])


def test_vectors_without_places_are_in_order(server: Server) -> None:
    told = {"data": [{"embedding": [float(n)] * 6} for n in range(2)]}
    server.trouble = [(200, {}, told)]
    assert open_(server)(MEDIA[:2])[:, 0].tolist() == [0, 1]


def test_a_refused_text_is_found_and_named(server: Server) -> None:
    server.refuse = "red"
    with pytest.raises(BadMedia, match="I do not read this") as caught:
        open_(server)(MEDIA)
    assert caught.value.index == 3


def test_too_many_texts_are_sent_in_parts(server: Server) -> None:
    server.most = 2
    assert open_(server)(MEDIA) == pytest.approx(MEANT)


@pytest.mark.parametrize(
    ("status", "fields", "match"),
    [
        (400, "dimensions=6", "check name and fields"),
        (401, "dimensions=6", "name the environment variable that holds a key"),
        (401, "dimensions=6&key=TEST_KEY", "read from the environment variable TEST_KEY"),
        (404, "dimensions=6", "serves a model called small"),
    ],
)
def test_when_everything_is_refused_the_fields_are_to_blame(
    server: Server, monkeypatch: pytest.MonkeyPatch, status: int, fields: str, match: str
) -> None:
    monkeypatch.setenv("TEST_KEY", KEY)
    server.trouble = [(status, {}, {"error": "no"})] * 20
    with pytest.raises(BadModel, match=match) as caught:
        open_(server, fields)(MEDIA)
    assert KEY not in str(caught.value)


def test_the_key_is_sent_and_nowhere_else_to_be_found(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    monkeypatch.setenv("TEST_KEY", KEY)
    encoder = open_(server, "dimensions=6&key=TEST_KEY")
    encoder(MEDIA)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert KEY not in caplog.text + repr(encoder) + encoder.fingerprint
    assert encoder.fingerprint == open_(server).fingerprint
    open_(server)(MEDIA)
    assert "authorization" not in server.headers[-1]
    monkeypatch.delenv("TEST_KEY")
    with pytest.raises(BadModel, match="TEST_KEY, which is to hold the key"):
        open_(server, "dimensions=6&key=TEST_KEY")(MEDIA)


def test_the_fingerprint_follows_what_shapes_the_vectors(server: Server) -> None:
    plain = open_(server).fingerprint
    same = ["batch=3", "rate=9", "budget=9", "retries=1", "timeout=3", "encoding=float"]
    assert {open_(server, f"dimensions=6&{fields}").fingerprint for fields in same} == {plain}
    other = ["dimensions=5", "dimensions=6&instruction=x", "dimensions=6&length=9"]
    assert len({plain, *(open_(server, fields).fingerprint for fields in other)}) == 4
    assert "/" not in plain


def shop_of(path: Path, n: int) -> Shop:
    return Shop(
        path,
        Interactions.of(np.array([0]), np.array([0])),
        Vocabulary(("ann",)),
        Vocabulary(tuple(map(str, range(n)))),
        {"text": Media("text", tuple(f"lamp {row:02}" for row in range(n)))},
        {},
    )


def test_a_budget_stops_the_run_and_the_next_one_goes_on(server: Server, tmp_path: Path) -> None:
    shop, store = shop_of(tmp_path, 12), MemoryStore()
    spec = f"openai:small@{server.url}?dimensions=6&batch=2&budget=30"  # 7 characters a text
    with pytest.raises(PrismrecError, match=r"budget of 30 characters is spent \(28 were sent\)"):
        encode_media(shop, choose_encoders(shop, text=spec), store=store)
    assert len(store) == 4
    out = encode_media(
        shop, choose_encoders(shop, text=spec.replace("budget=30", "budget=60")), store=store
    )
    assert (out.counts["text"].computed, out.counts["text"].reused) == (8, 4)
    assert sorted(server.texts()) == sorted(set(server.texts()))  # nothing was sent twice
    values = out.data.items["text"].values
    assert values == pytest.approx(np.array([meant(f"lamp {row:02}") for row in range(12)]))


def test_a_refused_text_is_a_problem_of_its_row(server: Server, tmp_path: Path) -> None:
    server.refuse = "lamp 03"
    shop = shop_of(tmp_path, 5)
    out = encode_media(
        shop,
        choose_encoders(shop, text=f"openai:small@{server.url}?dimensions=6"),
        store=MemoryStore(),
    )
    assert out.data.items["text"].present.tolist() == [True, True, True, False, True]
    assert "lamp 03" in str(out.problems[0])


def test_requests_keep_their_distance(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    monkeypatch.setattr(pace.time, "monotonic", lambda: 100.0)
    shared = Pace(rate=120, budget=None)
    for _ in range(3):
        shared.wait()
    assert slept == pytest.approx([0.5, 1.0])
    without = Pace(rate=0, budget=None)
    for _ in range(3):
        without.wait()
    assert len(slept) == 2


def test_many_threads_spend_one_budget() -> None:
    shared = Pace(rate=0, budget=100)

    def spend(_: int) -> bool:
        try:
            shared.spend(7)
        except PrismrecError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(50))) == 14
    assert shared.sent == 98


def test_waits_double_up_to_a_limit() -> None:
    for attempt in range(12):
        longest = min(60, 0.5 * 2**attempt)
        assert longest / 2 <= wait_after(attempt, None) <= longest
    assert wait_after(0, 30) == 30


def test_retry_after_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert wait_asked_for({"retry-after": "1.5"}) == 1.5
    assert wait_asked_for({"retry-after-ms": "250"}) == 0.25
    assert wait_asked_for({"retry-after": soon}) == pytest.approx(90, abs=3)
    assert wait_asked_for({"retry-after": "-3"}) == 0
    assert wait_asked_for({"retry-after": "later"}) is None
    assert wait_asked_for({}) is None


@pytest.mark.parametrize("address", ["small", "small@localhost:1", "@http://localhost:1/v1"])
def test_an_address_without_a_url_is_refused(address: str) -> None:
    with pytest.raises(BadData, match="write openai:NAME@https://HOST/v1"):
        encoder_of(f"openai:{address}", "text")


def test_only_texts_and_sensible_fields() -> None:
    with pytest.raises(BadData, match="reads texts; choose another one for image"):
        encoder_of("openai:small@http://localhost:1/v1", "image")
    with pytest.raises(BadData, match="batch 0 is not above 0"):
        encoder_of("openai:small@http://localhost:1/v1?batch=0", "text")
    with pytest.raises(BadData, match="neither base64 nor float"):
        encoder_of("openai:small@http://localhost:1/v1?encoding=hex", "text")
