"""HEAD: as GET, without a body."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from serve.api.fake import FakeService

PATHS = (
    "/health/live",
    "/health/ready",
    "/v1/items",
    "/v1/items/lamp-7",
    "/v1/items/lamp-7/image",
    "/v1/items/lamp-7/audio",
    "/v1/items/none",
    "/v1/users/ann/recommendations?k=2",
    "/v1/openapi.json",
    "/none",
)
OWN = ("x-request-id", "date")  # of each answer


@pytest.mark.parametrize("path", PATHS)
def test_as_get(client: TestClient, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert head.content == b"" and got.content
    assert head.status_code == got.status_code
    assert head.headers.keys() == got.headers.keys()
    for name in head.headers.keys() - set(OWN):
        assert head.headers[name] == got.headers[name], name
    assert int(head.headers["content-length"]) == len(got.content)


def test_the_page(make_client: Any) -> None:
    client = make_client(FakeService(page=True))
    head = client.head("/")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["content-length"] == str(len(client.get("/").content))


def test_it_changes_nothing_and_opens_nothing(client: TestClient) -> None:
    assert client.head("/v1/events").status_code == 405
    assert "HEAD" not in client.head("/v1/events").headers["allow"]
    service: Any = client.app.state.service
    service.database.add_key("all", ("read",))
    client.app.state.keys.begun = float("-inf")
    assert client.head("/v1/items").status_code == 401


def test_it_is_counted_as_what_it_is(client: TestClient) -> None:
    client.head("/v1/items/lamp-7")
    counted = client.get("/metrics").text
    assert 'method="HEAD"' in counted and 'route="/v1/items/{item}"' in counted
