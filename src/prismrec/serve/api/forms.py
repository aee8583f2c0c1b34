"""Forms: multipart bodies of routes that take files, few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from prismrec.serve.api.multipart import Form, boundary_of, read_form
from prismrec.serve.api.problems import Problem

__all__ = ["Forms", "errors_of", "form_schema", "validated"]

M = TypeVar("M", bound=BaseModel)
AT_ONCE = 8  # forms that are in memory, since each may be as large as two uploads
PATIENCE = 10.0  # seconds that a form waits for its turn
MEDIA = ("image", "audio")
TYPES = {
    "image": "image/png, image/jpeg, image/webp, image/gif",
    "audio": "audio/wav, audio/ogg, audio/flac, audio/mpeg",
}


class Forms:
    """Reads forms; lets a few into memory at once."""

    def __init__(self, upload_bytes: int) -> None:
        self.upload_bytes = upload_bytes
        self.turns = asyncio.Semaphore(AT_ONCE)

    async def read(self, request: Request, texts: Sequence[str]) -> Form:
        """The form of a request, with files called image and audio.

        Raises:
            Problem: where it cannot be taken.
        """
        boundary = boundary_of(request.headers.get("content-type", ""))
        kinds = {**dict.fromkeys(texts, 0), **dict.fromkeys(MEDIA, self.upload_bytes)}
        try:
            async with asyncio.timeout(PATIENCE):
                await self.turns.acquire()
        except TimeoutError:
            raise Problem(
                503, "Too many files are being sent.", headers={"Retry-After": "5"}
            ) from None
        try:
            raw = await request.body()
            return await run_in_threadpool(read_form, raw, boundary, kinds)
        finally:
            self.turns.release()


def validated(model: type[M], fields: dict[str, Any]) -> M:
    """The fields of a form as a model.

    Raises:
        Problem: 422 with the places that are wrong.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Problem(
            422, "The request is not as it should be.", errors=errors_of(error.errors(), "body")
        ) from None


def errors_of(errors: Sequence[Any], root: str = "") -> list[dict[str, str]]:
    """Where a request is wrong and why, without what was sent."""
    told = []
    for error in errors[:20]:
        where = ".".join(str(part)[:64] for part in (*([root] if root else ()), *error["loc"]))
        told.append({"where": where, "message": str(error["msg"])[:300]})
    return told


def form_schema(
    model: type[BaseModel], *, files: Sequence[str] = (), as_json: Sequence[str] = ()
) -> dict[str, Any]:
    """What OpenAPI says of a form whose texts are the fields of a model."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    properties = dict(schema.get("properties", {}))
    encoding: dict[str, Any] = {name: {"contentType": "application/json"} for name in as_json}
    for name in files:
        properties[name] = {
            "type": "string",
            "format": "binary",
            "description": f"A file: {TYPES[name]}.",
        }
        encoding[name] = {"contentType": TYPES[name]}
    body = {
        "type": "object",
        "properties": properties,
        "required": schema.get("required", []),
        "additionalProperties": False,
    }
    content = {"multipart/form-data": {"schema": body, "encoding": encoding}}
    return {"requestBody": {"required": True, "content": content}}
