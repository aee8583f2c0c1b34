"""Clients of the app over a fake service: one where no keys are asked for, one where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from prismrec.serve.api import create_app
from serve.api.fake import FakeService

MakeClient = Callable[..., TestClient]


@pytest.fixture
def make_client() -> Iterator[MakeClient]:
    """A client of a new app; keywords are settings. `client.app.state.service` is the fake."""
    opened: list[TestClient] = []

    def make(service: FakeService | None = None, **settings: Any) -> TestClient:
        fake = service or FakeService(page=False, **settings)
        client = TestClient(create_app(fake), base_url="http://localhost")
        opened.append(client)
        return client.__enter__()

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """No keys are asked for."""
    return make_client(rate_read=1e6, rate_write=1e6)


@pytest.fixture
def fake(client: TestClient) -> FakeService:
    """The service of `client`."""
    return client.app.state.service
