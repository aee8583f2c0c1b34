"""Problems: refusals as application/problem+json (RFC 9457), none of which tells of the inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.responses import Response

__all__ = ["PROBLEM_JSON", "Problem", "problem"]

PROBLEM_JSON = "application/problem+json"
TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}  # older Pythons know older names


class Problem(HTTPException):
    """A refusal that is on its way to the client."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(status, detail, headers)
        self.errors = errors  # where the request is wrong, and how


def problem(raised: Problem, request_id: str) -> Response:
    """The answer that tells of a refusal."""
    status = raised.status_code
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": raised.detail,
        "request_id": request_id,
    }
    if raised.errors:
        body["errors"] = list(raised.errors)
    return Response(
        to_json(body), status, headers=dict(raised.headers or {}), media_type=PROBLEM_JSON
    )
