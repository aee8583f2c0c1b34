"""The schema says what the app does: its examples run, and what is generated from it conforms."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings
from schemathesis import openapi
from schemathesis.specs.openapi.checks import negative_data_rejection

from prismrec.serve.api import create_app
from prismrec.serve.api.security import attempts
from serve.api.fake import FakeService

PATHS = {
    "/v1/recommendations": {"post"},
    "/v1/users/{user}/recommendations": {"get"},
    "/v1/items/{item}/similar": {"get"},
    "/v1/search": {"get", "post"},
    "/v1/events": {"post"},
    "/v1/items": {"get"},
    "/v1/items/{item}": {"get", "put", "delete"},
    "/v1/items/{item}/image": {"get"},
    "/v1/items/{item}/audio": {"get"},
    "/v1/explanations": {"post"},
    "/v1/users": {"get"},
    "/v1/facets": {"get"},
    "/v1/models": {"get"},
    "/v1/models/rollback": {"post"},
    "/v1/models/{version}/activate": {"post"},
    "/v1/status": {"get"},
    "/health/live": {"get"},
    "/health/ready": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
def schema(client: TestClient) -> dict[str, Any]:
    return client.get("/v1/openapi.json").json()


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_route_is_described(schema: dict[str, Any]) -> None:
    assert {path: set(methods) for path, methods in schema["paths"].items()} == PATHS
    for path, method, operation in operations(schema):
        told = {int(status) for status in operation["responses"]}
        assert {400, 429, 500, 503} <= told, path
        assert operation["summary"] and operation["description"], path
        if path.startswith("/v1/"):
            assert {401, 403, 404, 422} <= told and operation["security"], path
        if method in ("post", "put", "delete") and "search" not in path:
            assert {413, 415} <= told, path
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), (path, parameter["name"])


def test_examples_are_valid(schema: dict[str, Any]) -> None:
    named = schema["components"]["schemas"]
    checked = 0
    for each in named.values():
        whole = {**each, "components": schema["components"]}
        for example in each.get("examples", ()):
            jsonschema_rs.Draft202012Validator(whole).validate(example)
            checked += 1
    assert checked >= 15


def test_bodies_and_answers_have_examples(schema: dict[str, Any]) -> None:
    named = schema["components"]["schemas"]

    def has_example(place: dict[str, Any]) -> bool:
        if place.get("examples") or place.get("example"):
            return True
        if "$ref" in place:
            return has_example(named[place["$ref"].rpartition("/")[2]])
        return any(has_example(each) for each in place.get("anyOf", ()))

    for path, _, operation in operations(schema):
        ok = next(operation["responses"][s] for s in ("200",))
        for kind, content in ok.get("content", {}).items():
            if kind == "application/json":
                assert has_example(content["schema"]), path
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                assert has_example(content) or has_example(content["schema"]), path


def test_examples_of_bodies_run(client: TestClient, schema: dict[str, Any]) -> None:
    named = schema["components"]["schemas"]
    ran = 0
    for name, method, path in (
        ("AskBody", "POST", "/v1/recommendations"),
        ("ExplainBody", "POST", "/v1/explanations"),
        ("EventBody", "POST", "/v1/events"),
        ("EventsBody", "POST", "/v1/events"),
        ("ItemBody", "PUT", "/v1/items/lamp-8"),
    ):
        for example in named[name]["examples"]:
            names = json.dumps(example).replace("rug-3", "a/b c")
            sent = {"Content-Type": "application/json"}
            got = client.request(method, path, content=names, headers=sent)
            assert got.is_success, (name, got.text)
            ran += 1
    assert ran >= 8


SERVICE = FakeService(page=False, rate_read=1e9, rate_write=1e9, trusted_hosts="*")
KEY = {"Authorization": f"Bearer {SERVICE.database.add_key('all', ('read', 'write', 'admin'))}"}
GENERATED = openapi.from_asgi("/v1/openapi.json", create_app(SERVICE))
QUICK = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong keys cost no wait, of which there are many here."""
    monkeypatch.setattr(attempts, "FREE", 10**9)


@GENERATED.parametrize()
@QUICK
@pytest.mark.usefixtures("patient")
def test_generated_requests(case: Any) -> None:
    # Neither a query string nor a form can tell null from "null", or a list of one from its only
    # element.
    texts = case.method == "GET" or case.path == "/v1/search"
    unsure = [negative_data_rejection] if texts else []
    case.call_and_validate(headers=KEY, excluded_checks=unsure)
