"""One line a request, without people in it; metrics without labels that clients make up."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from prismrec.serve.api.logs import LOGGER, Lines, start_logging
from serve.api.conftest import MakeClient
from serve.api.fake import FakeService

EVENT = {"user": "somebody", "item": "rug-2", "event": "like"}


class _Kept(logging.Handler):
    """Keeps the lines."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Lines())
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def kept() -> Iterator[_Kept]:
    handler, level = _Kept(), LOGGER.level
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    yield handler
    LOGGER.removeHandler(handler)
    LOGGER.setLevel(level)


def test_a_request_is_one_line(client: TestClient, kept: _Kept) -> None:
    sent = {"X-Request-ID": "trace-0001"}
    got = client.get("/v1/users/somebody/recommendations?text=secret", headers=sent)
    assert got.headers["x-request-id"] == "trace-0001"
    (line,) = kept.lines
    assert line.pop("time") and isinstance(line.pop("ms"), float)
    assert line == {
        "level": "info",
        "message": "request",
        "request_id": "trace-0001",
        "method": "GET",
        "route": "/v1/users/{user}/recommendations",
        "status": 200,
        "key": "open",
    }


def test_no_person_and_no_body_in_the_log(
    client: TestClient, fake: FakeService, kept: _Kept
) -> None:
    client.post("/v1/events", json=EVENT)
    client.post("/v1/events", json={**EVENT, "item": "secret-item"})
    client.post("/v1/events", json={**EVENT, "event": "secret-event"})
    client.get("/v1/items/secret-item")
    client.get("/secret-path?secret=1")
    client.request("SECRETMETHOD" * 10, "/v1/items")
    client.get("/v1/items", headers={"X-Request-ID": "secret\twith blanks", "Host": "secret"})
    fake.fails = ValueError("secret of somebody")
    client.get("/v1/items/secret-item")
    assert len(kept.lines) == 9  # the failure has a line of its own
    for line in kept.lines:
        text = json.dumps(line)
        assert "somebody" not in text and "testclient" not in text
        assert "secret" not in text.replace("SECRETMETHOD", "")
        assert len(str(line.get("method", ""))) <= 16
    failure = kept.lines[-2]
    assert failure["level"] == "error" and failure["error"] == "ValueError"
    assert any(str(place).startswith("serve.api.fake:") for place in failure["at"])  # type: ignore[attr-defined]
    assert failure["request_id"] == kept.lines[-1]["request_id"]


def test_the_name_of_the_key_is_told(make_client: MakeClient, kept: _Kept) -> None:
    client = make_client()
    key = client.app.state.service.database.add_key("shop-front", ("read",))
    client.get("/v1/items", headers={"Authorization": f"Bearer {key}"})
    client.get("/v1/items")
    assert [line["key"] for line in kept.lines] == ["shop-front", None]
    assert key[-20:] not in json.dumps(kept.lines)


def test_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("prismrec", "uvicorn", "uvicorn.error")
    loggers = [logging.getLogger(name) for name in names]
    before = [(each.handlers[:], each.propagate, each.level) for each in loggers]
    try:
        start_logging("warning")
        LOGGER.info("not this")
        LOGGER.warning("this\nthat \u4e2d", extra={"values": {"n": 1}})
        try:
            raise KeyError("secret")
        except KeyError:
            logging.getLogger("uvicorn.error").exception("failed")
    finally:
        for each, (handlers, propagate, level) in zip(loggers, before, strict=True):
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)
    said = capsys.readouterr()
    assert not said.out
    first, second = [json.loads(line) for line in said.err.splitlines()]
    assert first["message"] == "this\nthat \u4e2d" and first["n"] == 1
    assert second["error"] == "KeyError" and "secret" not in json.dumps(second)


def samples(client: TestClient) -> dict[tuple[str, tuple[str, ...]], float]:
    got = client.get("/metrics")
    assert got.status_code == 200
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(got.text)
        for sample in family.samples
    }


def test_metrics(client: TestClient, fake: FakeService) -> None:
    for n in range(3):
        client.get(f"/v1/items/made-up-{n}")
    client.get("/made-up-path")
    client.request("MADEUP", "/v1/items")
    client.post("/v1/events", json={"events": [EVENT, EVENT]})
    client.put("/v1/items/v", files={"item": (None, '{"title": "v"}'), "image": ("a", b"png")})
    fake.intake.waiting = {"image": 2, "text": 1}
    fake.database.away = True
    found = samples(client)
    assert found["prismrec_requests_total", ("GET", "/v1/items/{item}", "404")] == 3
    assert found["prismrec_requests_total", ("GET", "none", "404")] == 1
    assert found["prismrec_requests_total", ("other", "/v1/items", "405")] == 1
    assert found["prismrec_request_seconds_count", ("GET", "/v1/items/{item}")] == 3
    assert found["prismrec_requests_in_flight", ()] == 1  # this one
    assert found["prismrec_events_stored_total", ()] == 2
    assert found["prismrec_items_put_total", ("added",)] == 1
    assert found["prismrec_media_encoded_total", ("image",)] == 1
    assert found["prismrec_queue", ()] == 3
    assert found["prismrec_database_up", ()] == 0 and found["prismrec_ready", ()] == 0
    assert found["prismrec_model_info", ("v2",)] == 1
    assert not any("made-up" in label for _, labels in found for label in labels)


def test_who_may_read_metrics(make_client: MakeClient) -> None:
    client = make_client()
    database = client.app.state.service.database
    keys = {name: database.add_key(name, (name,)) for name in ("read", "write", "admin")}
    for name, status in (("read", 200), ("write", 403), ("admin", 200)):
        shown = {"Authorization": f"Bearer {keys[name]}"}
        assert client.get("/metrics", headers=shown).status_code == status
    assert client.get("/metrics").status_code == 401
    for metrics, status in (("open", 200), ("off", 404)):
        client = make_client(metrics=metrics)
        client.app.state.service.database.add_key("a", ("read",))
        assert client.get("/metrics").status_code == status
