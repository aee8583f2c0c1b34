"""OpenAPI: the schema with what every route may refuse, and the keys it asks for."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from prismrec.serve.api.guarding import Administering, Guarded, Reading, Writing
from prismrec.serve.api.problems import PROBLEM_JSON
from prismrec.serve.api.schemas.answers import ProblemBody
from prismrec.serve.api.schemas.writing import ItemBody

__all__ = ["described"]

ALWAYS = {400: "Malformed.", 429: "Too much at once.", 500: "Failed.", 503: "Not now."}
KEYED = {401: "No key, or a wrong one.", 403: "Not with this key."}
NAMED = {404: "There is none of that name."}
ASKED = {422: "Not as it should be."}
BODIED = {
    408: "It did not arrive in time.",
    413: "Too large.",
    415: "Another type is needed.",
    404: "A name in it is unknown.",
}
WRITTEN = {409: "The Idempotency-Key was used for another request.", 507: "There is no room."}
ABOUT = """Recommendations from what is seen, read and heard.

Writes are stored when they are answered, and the very next answer knows of them. Send an
`Idempotency-Key` to repeat a write safely. Refusals are problems (RFC 9457)."""


def described(app: FastAPI) -> None:
    """Let the app describe itself with everything that the layers around its routes may answer."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _made(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _made(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, description=ABOUT, routes=app.router.routes
    )
    guarded = {
        (route.path_format, method.lower()): type(route)
        for route in app.router.routes
        if isinstance(route, Guarded)
        for method in route.methods or ()
    }
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(operation, path, guarded.get((path, method)))
    components = schema["components"]
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    template = "#/components/schemas/{model}"
    for model, name in ((ProblemBody, "Problem"), (ItemBody, "ItemBody")):
        made = model.model_json_schema(ref_template=template)
        components["schemas"] |= made.pop("$defs", {})
        components["schemas"][name] = made
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "prk_..., by `prismrec keys`."}
    }
    return schema


def _complete(operation: dict[str, Any], path: str, kind: type[Guarded] | None) -> None:
    """Add what a route refuses, which follows from what it takes."""
    refused = dict(ALWAYS)
    if kind is not None or path == "/metrics":
        refused |= KEYED
        operation["security"] = [{"key": []}]
    if kind is not None:
        scope = {Reading: "read", Writing: "write", Administering: "admin"}[kind]
        operation["description"] = (
            f"{operation.get('description', '')}\n\nNeeds a key with the scope `{scope}`."
        ).strip()
        refused |= ASKED | NAMED
        if kind is not Reading:
            refused |= WRITTEN
        if "requestBody" in operation or kind is not Reading:
            refused |= BODIED
    responses = operation["responses"]
    responses.pop("422", None)
    for status, description in sorted(refused.items()):
        responses.setdefault(str(status), _problem(description))


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_JSON: {"schema": schema}}}
